"""Templates in the API."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.api.schema import money
from portico_quotes import quote_templates, reading


def listing(context: None, request: Request) -> dict[str, Any]:
    data = request.query_data
    page = quote_templates.listing(request.db, reading.cleaned(data["q"]), cursor=data["cursor"], limit=data["limit"])
    return {"items": [_summary(row) for row in page.rows], "next_cursor": page.next}


def get(context: Any, request: Request) -> dict[str, Any]:
    return _whole(context)


def save(context: Any, request: Request) -> dict[str, Any]:
    data = request.body_data
    template_id = quote_templates.save(request.db, context, data["name"], shared=data["shared"])
    return _whole(quote_templates.one(request.db, template_id))


def change(context: Any, request: Request) -> dict[str, Any]:
    data = request.body_data
    quote_templates.change(request.db, context.id, data["name"], shared=data["shared"])
    return _whole(quote_templates.one(request.db, context.id))


def delete(context: Any, request: Request) -> None:
    quote_templates.delete(request.db, context.id)


def start(context: Any, request: Request) -> dict[str, Any]:
    started, answer = quote_templates.start(request, context)
    draft = started.draft
    lines = [
        {
            "item_ref": line.item_ref,
            "name": line.name,
            "unit": line.unit,
            "quantity": line.quantity,
            "price_then": money(line.unit_price, context.currency),
            "price_now": money(price, draft.currency),
            "outcome": outcome,
        }
        for line, (outcome, price) in zip(quote_templates.wishes(context), started.outcomes, strict=True)
    ]
    return {
        "draft_id": draft.id,
        "currency": draft.currency,
        "currency_then": context.currency,
        "away": answer.away,
        "lines": lines,
    }


def _summary(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "shared": row.shared,
        "account_id": row.account_id,
        "account": row.account,
        "author": row.author,
        "line_count": row.line_count,
        "created_at": row.created_at,
        "changed_at": row.updated_at,
    }


def _whole(row: Any) -> dict[str, Any]:
    lines = [
        {
            "item_ref": line.item_ref,
            "name": line.name,
            "unit": line.unit,
            "quantity": line.quantity,
            "unit_price": money(line.unit_price, row.currency),
            "note": line.note,
            "optional": line.optional,
            "chosen": line.chosen,
            "section": line.section,
            "section_text": line.section_text,
        }
        for line in quote_templates.wishes(row)
    ]
    return _summary(row) | {"currency": row.currency, "note": row.note, "lines": lines}
