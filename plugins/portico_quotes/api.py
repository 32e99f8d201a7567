"""The API of quotes: the same services as the pages, as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import money
from portico.documents import giving as documents_giving
from portico.files import giving, showing
from portico.web.params import uuid_param
from portico_quotes import (
    accounts,
    attachments,
    building,
    catalogue,
    decisions,
    documents,
    drafts,
    former,
    grouping,
    live,
    reading,
    revisions,
    versions,
)
from portico_quotes.catalogue import Browse
from portico_quotes.reading import Wanted
from portico_quotes.repricing import asked, summed
from portico_quotes.states import State
from portico_quotes.totals import line_total, total


def list_items(context: None, request: Request) -> dict[str, Any]:
    data = request.query_data
    page = catalogue.browse(request.db, Browse.read(data), cursor=data["cursor"], limit=data["limit"])
    return {"items": [_item(row) for row in page.rows], "next_cursor": page.next}


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "kind": row.kind,
        "category": row.category,
        "unit": row.unit,
        "list_price": money(row.price, row.currency),
        "currency": row.currency,
        "tax_rate": row.tax_rate,
        "as_of": row.synced_at,
    }


def prices(context: None, request: Request) -> dict[str, Any]:
    data = request.query_data
    ids, quantities = data["item"], list(data["quantity"])
    pairs = list(zip(ids, [*quantities, *[Decimal(1)] * len(ids)], strict=False))
    known = catalogue.items(request.db, ids)
    account_id = (
        accounts.choose(request.db, data["account_id"], "quotes:view")
        if data["account_id"]
        else live.own_account(request)
    )
    wanted = [(known[one], quantity) for one, quantity in pairs if one in known]
    currency = request.tenant.currency
    answer = live.ask(request, account_id, wanted, currency)
    found = []
    for item_id, quantity in pairs:
        price = answer.prices.get((item_id, quantity))
        missing = "unusable" if item_id in answer.unusable else "gone"
        found.append(
            {
                "item": item_id,
                "quantity": quantity,
                "unit_price": money(price.unit_price, price.currency) if price else None,
                "tax_rate": price and price.tax_rate,
                "currency": currency,
                "price_list": price and price.price_list,
                "source": price.source if price else missing,
                "as_of": price and price.as_of,
            }
        )
    return {"prices": found, "away": answer.away}


def list_quotes(context: None, request: Request) -> dict[str, Any]:
    data = request.query_data
    given = {"state": data["state"], "q": data["q"], "account": str(data["account_id"] or "")}
    page = reading.listing(
        request.db,
        Wanted.read(given, hidden=data["hidden"]),
        cursor=data["cursor"],
        limit=data["limit"],
        whole=True,
    )
    return {"items": [summary(row) for row in page.rows], "next_cursor": page.next}


def summary(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "delivery": row.delivery,
        "version": row.version,
        "account_id": row.account_id,
        "account": row.account,
        "site_id": row.site_id,
        "author": row.author,
        "po_number": row.po_number,
        "line_count": row.line_count,
        "currency": row.currency,
        "net": money(row.net, row.currency),
        "tax": money(row.tax, row.currency),
        "gross": money(row.gross, row.currency),
        "valid_until": row.valid_until,
        "created_at": row.created_at,
        "changed_at": row.moved_at,
        "submitted_at": row.submitted_at,
        "approval_id": row.approval_id,
        "answer_due_at": row.answer_due_at,
        "requested_at": row.requested_at,
    }


def whole(request: Request, quote_id: Any) -> dict[str, Any]:
    """Of a draft all that stands in it, of any other quote what was sent: options that were left are no part of that."""
    row = reading.one(request.db, quote_id)
    rows = reading.rows(request.db, row)
    if row.state != State.DRAFT:
        rows = grouping.binding(rows)
    lines = grouping.lines(rows)
    sums = total(summed(lines), row.currency)
    return summary(row) | {
        "note": row.note,
        "delivery_address": row.delivery_address,
        "wanted_on": row.wanted_on,
        "reason": row.reason,
        "confirmed": row.confirmed,
        "lines": [_line(line, row.currency) for line in lines],
        "sections": _sections(rows, row.currency),
        "optional_gross": money(grouping.addition(rows, row.currency), row.currency),
        "taxes": [
            {"rate": tax.rate, "base": money(tax.base, row.currency), "amount": money(tax.amount, row.currency)}
            for tax in sums.taxes
        ],
    }


def _sections(rows: Any, currency: str) -> list[dict[str, Any]]:
    sums = grouping.subtotals(rows, currency).values()
    return [
        {"title": one.title, "text": one.text, "lines_before": one.before, "subtotal": money(subtotal, currency)}
        for one, subtotal in zip(grouping.headings(rows), sums, strict=True)
    ]


def _line(line: Any, currency: str) -> dict[str, Any]:
    price, rate = asked(line)
    priced = None if price is None else line_total(line.quantity, price, currency)
    return {
        "id": line.id,
        "item_ref": line.item_ref,
        "code": line.code,
        "name": line.name,
        "unit": line.unit,
        "quantity": line.quantity,
        "unit_price": money(price, currency),
        "tax_rate": rate,
        "agreed_price": None if line.offered_price is None else money(line.unit_price, currency),
        "agreed_tax_rate": None if line.offered_price is None else line.tax_rate,
        "total": money(priced, currency),
        "note": line.note,
        "optional": line.optional,
        "chosen": line.chosen,
        "price_list": line.price_list,
        "price_source": line.price_source,
        "price_as_of": line.price_as_of,
    }


def list_versions(context: Any, request: Request) -> dict[str, Any]:
    return {"items": [_version(one) for one in versions.of(request.db, context.account_id, context.id)]}


def _version(one: versions.Side) -> dict[str, Any]:
    currency = one.currency
    lines = [
        {
            "item_ref": line.ref,
            "code": line.code,
            "name": line.name,
            "unit": line.unit,
            "quantity": line.quantity,
            "unit_price": money(line.price, currency),
            "tax_rate": line.tax_rate,
            "total": money(line.total(currency), currency),
            "note": line.note,
            "section": section,
        }
        for line, section in versions.placed(one.lines)
    ]
    return {
        "number": one.number,
        "side": "company" if one.offered else "customer",
        "actor": one.actor,
        "made_at": one.at,
        "currency": currency,
        "net": money(one.net, currency),
        "tax": money(one.tax, currency),
        "gross": money(one.gross, currency),
        "valid_until": one.valid_until,
        "reason": one.reason,
        "delivery_address": one.delivery_address,
        "wanted_on": one.wanted_on,
        "lines": lines,
    }


def create(context: None, request: Request) -> dict[str, Any]:
    """A new draft with what was sent. The company is asked for prices before anything is written."""
    data = request.body_data
    account_id = accounts.choose(request.db, data["account_id"])
    quote = drafts.start(request.db, account_id)
    if any(data[name] for name in ("lines", "sections", "note", "po_number", "site", "delivery_address", "wanted_on")):
        building.write_whole(request, quote, data)
    return whole(request, quote.id)


def get_quote(context: Any, request: Request) -> dict[str, Any]:
    return whole(request, context.id)


def get_pdf(context: Any, request: Request) -> Response:
    return documents_giving.send(request, documents.KIND, context)


def get_version_pdf(context: Any, request: Request) -> Response:
    number = former.read_number(request.matchdict["quote_version"])
    return documents_giving.send(request, former.KIND, former.of(request.db, context, number))


def put_quote(context: Any, request: Request) -> dict[str, Any]:
    building.write_whole(request, context, request.body_data)
    return whole(request, context.id)


def delete_quote(context: Any, request: Request) -> None:
    drafts.hide(request.db, drafts.open_draft(request.db, context.id))


def restore_quote(context: Any, request: Request) -> dict[str, Any]:
    drafts.unhide(request.db, drafts.open_draft(request.db, context.id))
    return whole(request, context.id)


def submit(context: Any, request: Request) -> dict[str, Any]:
    building.submit(request, context, request.body_data)
    return whole(request, context.id)


def take_back(context: Any, request: Request) -> dict[str, Any]:
    from portico_quotes import submission

    submission.take_back(request.db, context)
    return whole(request, context.id)


def accept(context: Any, request: Request) -> dict[str, Any]:
    data = request.body_data
    decisions.decide(request.db, context, "accept", seen=data["version"], po_number=data["po_number"])
    return whole(request, context.id)


def ask_submit(context: Any, request: Request) -> dict[str, Any]:
    building.ask_approval(request, context, request.body_data)
    return whole(request, context.id)


def ask_accept(context: Any, request: Request) -> dict[str, Any]:
    data = request.body_data
    decisions.ask_approval(
        request.db,
        request.registry.portico,
        context.id,
        seen=data["version"],
        note=data["note"],
        po_number=data["po_number"],
    )
    return whole(request, context.id)


def decline(context: Any, request: Request) -> dict[str, Any]:
    decisions.decide(request.db, context, "decline", reason=request.body_data["reason"])
    return whole(request, context.id)


def ask_revision(context: Any, request: Request) -> dict[str, Any]:
    data = request.body_data
    revisions.ask(request.db, context.id, seen=data["version"], message=data["message"], wishes=data["wishes"])
    return whole(request, context.id)


def withdraw_revision(context: Any, request: Request) -> dict[str, Any]:
    revisions.withdraw(request.db, context.id)
    return whole(request, context.id)


def refuse_revision(context: Any, request: Request) -> dict[str, Any]:
    revisions.refuse(request.db, context.id, request.body_data["reply"])
    return whole(request, context.id)


def undo(context: Any, request: Request) -> dict[str, Any]:
    decisions.undo(request.db, context)
    return whole(request, context.id)


def list_files(context: Any, request: Request) -> dict[str, Any]:
    return {"items": [_file(row) for row in attachments.of(request.db, context)]}


def _file(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "state": row.state,
        "uploaded_by": row.owner,
        "created_at": row.created_at,
    }


def add_file(context: Any, request: Request) -> dict[str, Any]:
    file_id = attachments.add(request.db, context, request.upload.name, request.upload.source)
    return _file(attachments.one(request.db, context, file_id))


def get_file(context: Any, request: Request) -> dict[str, Any]:
    return giving.told(request, attachments.KIND, context.id, uuid_param(request, "quote_file_id"))


def get_preview(context: Any, request: Request) -> dict[str, Any]:
    return showing.told(request, attachments.KIND, context.id, uuid_param(request, "quote_file_id"))


def remove_file(context: Any, request: Request) -> None:
    attachments.remove(request.db, context, uuid_param(request, "quote_file_id"))
