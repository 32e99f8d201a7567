"""The questions that read: pages of changed records with their parts, products for prices, parties. Records only, no values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portico_tryton.cursors import Cursor
from portico_tryton.rpc import Rpc

Record = Mapping[str, Any]

EVERYTHING = {"active_test": False}
"""A context in which records that were deactivated are found too."""

LARGEST_ID = 2**31 - 1
MOST_PARTS = 5000
"""Shipments read for one page of orders."""

PRODUCT = (
    "code", "name", "description", "type", "active", "salable", "sale_price_uom", "sale_uom.symbol", "sale_uom.digits",
    "categories.name", "account_category.customer_taxes_used", "template.active", "write_date", "create_date",
    "template.write_date", "template.create_date",
)  # fmt: skip
STOCKED = (
    "type", "consumable", "quantity", "default_uom.factor", "sale_uom.factor", "sale_uom.symbol", "sale_uom.digits",
)  # fmt: skip
PARTY = (
    "code", "name", "email", "active", "identifiers.code", "identifiers.type", "identifiers.write_date",
    "contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms.write_date", "customer_currency.code",
    "customer_tax_rule", "write_date", "create_date",
)  # fmt: skip
SALE = (
    "number", "reference", "description", "comment", "state", "shipment_state", "party.code", "currency.code",
    "untaxed_amount", "tax_amount", "total_amount", "quotation_expire", "sale_date", "shipping_date", "create_date",
    "write_date", "create_uid", "shipments", "lines.type", "lines.product", "lines.product.name", "lines.description",
    "lines.quantity", "lines.unit.symbol", "lines.unit_price", "lines.amount", "lines.taxes", "lines.note",
    "lines.sequence", "lines.write_date", "lines.moves.write_date",
)  # fmt: skip
HEAD = ("number", "state", "party.code")
"""What a receipt of a sale needs."""
SHIPMENT = (
    "number", "reference", "state", "planned_date", "effective_date", "write_date", "create_date",
    "outgoing_moves.product", "outgoing_moves.product.name", "outgoing_moves.quantity", "outgoing_moves.origin",
    "outgoing_moves.state",
)  # fmt: skip

INVOICE = (
    "number", "state", "party.code", "currency.code", "invoice_date", "untaxed_amount", "tax_amount", "total_amount",
    "amount_to_pay", "lines_to_pay.maturity_date", "reference", "comment", "sales", "sales.reference", "origin_invoices",
    "write_date", "create_date", "lines.type", "lines.product", "lines.product.name", "lines.description", "lines.quantity",
    "lines.unit.symbol", "lines.unit_price", "lines.amount", "lines.taxes", "lines.sequence", "move.lines.write_date",
    "payment_lines.write_date", "payment_lines.create_date",
)  # fmt: skip
ADDRESS = (
    "party_name", "street", "postal_code", "city", "subdivision.name", "country.code", "invoice", "delivery",
)  # fmt: skip


@dataclass(frozen=True)
class Read:
    """Records of one page, those seen before left out, and where to go on."""

    records: Sequence[Record]
    cursor: Cursor
    more: bool


def changed_at(record: Record, *parts: str) -> datetime:
    """The newest change of the record or of its parts ("lines", "lines.moves"); a record that was never written has none."""
    moments = [moment for moment in _moments(record, [part.split(".") for part in parts]) if isinstance(moment, datetime)]
    return max(moments, default=datetime(1970, 1, 1, tzinfo=UTC))


def _moments(record: Record, paths: Sequence[Sequence[str]]) -> list[Any]:
    found = [record.get("write_date"), record.get("create_date")]
    for first in {path[0] for path in paths}:
        inner = record.get(f"{first}.")
        below = [path[1:] for path in paths if path[0] == first and len(path) > 1]
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict):
                found += _moments(one, below)
    return found


def _page(
    rpc: Rpc,
    model: str,
    domain: Sequence[Any],
    changes: Sequence[Sequence[Any]],
    fields: Sequence[str],
    changed: Callable[[Record], datetime],
    cursor: Cursor,
    limit: int,
    overlap: timedelta,
    context: Record | None = None,
) -> Read:
    """`changes`: paths to times of change, each with what a condition on it needs at its end."""
    cursor = cursor.begin(rpc.now())
    conditions = [*domain, ["id", ">", cursor.after]]
    if cursor.since_moment is not None:
        conditions.append(["OR", *([path, ">=", cursor.since_moment, *rest] for path, *rest in changes)])
    found = rpc.call(
        f"model.{model}.search_read", conditions, 0, limit + 1, [["id", "ASC"]], list(fields), context=context
    )
    rows = found[:limit]
    following = cursor.advance(
        [(row["id"], changed(row)) for row in rows], more=len(found) > limit, overlap=overlap
    )
    return Read([row for row in rows if cursor.is_new(row["id"], changed(row))], following, len(found) > limit)


# -- what is sold


def product_changed(record: Record) -> datetime:
    return changed_at(record, "template")


def changed_products(rpc: Rpc, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    """The first pass brings what is on sale; later ones whatever changed, as it may have been on sale before."""
    changes = [["write_date"], ["create_date"], ["template.write_date"], ["template.create_date"]]
    on_sale = [["salable", "=", True], ["active", "=", True]] if cursor.since is None else []
    return _page(
        rpc, "product.product", on_sale, changes, PRODUCT, product_changed, cursor, limit, overlap, EVERYTHING
    )


def products(rpc: Rpc, ids: Sequence[int], context: Record) -> dict[int, Record]:
    """Those of the products that are on sale, by id, with the prices of that context (price_list, quantity, currency)."""
    if not ids:
        return {}
    domain = [["id", "in", sorted(set(ids))], ["salable", "=", True]]
    rows = rpc.call("model.product.product.search_read", domain, 0, None, None, list(PRODUCT), context=context)
    return {row["id"]: row for row in rows}


def in_stock(rpc: Rpc, ids: Sequence[int]) -> dict[int, Record]:
    """Those of the products that are on sale, by id, with what lies in all warehouses today."""
    if not ids:
        return {}
    places = rpc.call("model.stock.location.search", [["type", "=", "warehouse"]])
    context = {"locations": places, "with_childs": True, "stock_date_end": rpc.now().date(), "forecast": False}
    domain = [["id", "in", sorted(set(ids))], ["salable", "=", True]]
    rows = rpc.call("model.product.product.search_read", domain, 0, None, None, list(STOCKED), context=context)
    return {row["id"]: row for row in rows}


def moves(rpc: Rpc, ids: Sequence[int]) -> Sequence[Record]:
    """What is planned of these products: promised to customers, or awaited from suppliers and production."""
    ways = [
        "OR",
        ["to_location.type", "=", "customer"],
        [["from_location.type", "in", ["supplier", "production"]], ["to_location.type", "in", ["storage", "view"]]],
    ]
    domain = [["product", "in", sorted(ids)], ["state", "in", ["draft", "assigned"]], ways]
    fields = ["product", "internal_quantity", "planned_date", "to_location.type"]
    rows: Sequence[Record] = rpc.call("model.stock.move.search_read", domain, 0, None, [["id", "ASC"]], fields)
    return rows


def taxes(rpc: Rpc) -> dict[int, Record]:
    fields = ["type", "rate", "childs"]
    return {row["id"]: row for row in rpc.call("model.account.tax.search_read", [], 0, None, None, fields, context=EVERYTHING)}


# -- customers


def party_changed(record: Record) -> datetime:
    return changed_at(record, "identifiers", "contact_mechanisms")


def party_fields(price_lists: bool) -> list[str]:
    return [*PARTY, *(["sale_price_list.rec_name"] if price_lists else [])]


def changed_parties(rpc: Rpc, cursor: Cursor, limit: int, overlap: timedelta, price_lists: bool) -> Read:
    places = ("", "identifiers.", "contact_mechanisms.")
    changes = [[f"{place}{name}"] for place in places for name in ("write_date", "create_date")]
    fields = party_fields(price_lists)
    return _page(rpc, "party.party", [], changes, fields, party_changed, cursor, limit, overlap, EVERYTHING)


def parties(rpc: Rpc, domain: Sequence[Any], price_lists: bool) -> Sequence[Record]:
    """Active ones only; at most 50, as a pattern may fit more than is meant."""
    rows: Sequence[Record] = rpc.call(
        "model.party.party.search_read", list(domain), 0, 50, [["id", "ASC"]], party_fields(price_lists)
    )
    return rows


# -- quotes and orders, which are one record in Tryton


def sale_changed(record: Record) -> datetime:
    return changed_at(record, "lines")


def order_changed(record: Record) -> datetime:
    return changed_at(record, "lines", "lines.moves")


def changed_quotes(rpc: Rpc, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    """The portal's own from the start, others once they were offered, which gives them a number: what staff are still
    writing is nobody's business.
    """
    domain = [_company(rpc), ["OR", ["create_uid", "=", rpc.session().user_id], ["number", "!=", None]]]
    changes = [["write_date"], ["create_date"], ["lines.write_date"]]
    return _page(rpc, "sale.sale", domain, changes, SALE, sale_changed, cursor, limit, overlap)


def changed_orders(rpc: Rpc, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    """A sale is an order from when it is confirmed, which dates it; one that was taken back stays dated."""
    changes: list[list[Any]] = [["write_date"], ["create_date"], ["lines.write_date"], ["lines.moves.write_date"]]
    domain = [_company(rpc), ["sale_date", "!=", None]]
    return _page(rpc, "sale.sale", domain, changes, SALE, order_changed, cursor, limit, overlap)


def stuck(rpc: Rpc, before: datetime, limit: int) -> Sequence[Record]:
    """Sales that were confirmed before that moment and that Tryton's queue has not processed."""
    domain = [_company(rpc), ["state", "=", "confirmed"], ["write_date", "<", before]]
    rows: Sequence[Record] = rpc.call(
        "model.sale.sale.search_read", domain, 0, limit, [["id", "ASC"]], ["number", "write_date"]
    )
    return rows


def sales(rpc: Rpc, domain: Sequence[Any], fields: Sequence[str] = SALE) -> Sequence[Record]:
    """The first two, by rising id."""
    rows: Sequence[Record] = rpc.call(
        "model.sale.sale.search_read", [_company(rpc), *domain], 0, 2, [["id", "ASC"]], list(fields)
    )
    return rows


def shipments(rpc: Rpc, records: Sequence[Record]) -> dict[int, Record]:
    """Those of these sales, by id."""
    ids = sorted({one for record in records for one in record.get("shipments") or ()})
    if not ids:
        return {}
    rows = rpc.call(
        "model.stock.shipment.out.search_read", [["id", "in", ids]], 0, MOST_PARTS, [["id", "ASC"]], list(SHIPMENT)
    )
    return {row["id"]: row for row in rows}


# -- invoices


def invoice_changed(record: Record) -> datetime:
    return changed_at(record, "move.lines", "payment_lines")


def _issued(rpc: Rpc) -> list[Any]:
    """Customers' invoices and credit notes that have a number; one that was cancelled before it had one never existed."""
    return [_company(rpc), ["type", "=", "out"], ["state", "in", ["posted", "paid", "cancelled"]], ["number", "!=", None]]


def changed_invoices(rpc: Rpc, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    places = ("", "move.lines.", "payment_lines.")
    changes = [[f"{place}{name}"] for place in places for name in ("write_date", "create_date")]
    return _page(rpc, "account.invoice", _issued(rpc), changes, INVOICE, invoice_changed, cursor, limit, overlap)


def invoices(rpc: Rpc, invoice_id: int) -> Sequence[Record]:
    rows: Sequence[Record] = rpc.call(
        "model.account.invoice.search_read", [*_issued(rpc), ["id", "=", invoice_id]], 0, 1, None, list(INVOICE)
    )
    return rows


def report(rpc: Rpc, invoice_id: int) -> Any:
    """[extension, content, whether to print at once, name], as Tryton makes it."""
    data = {"model": "account.invoice", "id": invoice_id, "ids": [invoice_id]}
    return rpc.call("report.account.invoice.execute", [invoice_id], data)


def addresses(rpc: Rpc, party_id: int) -> Sequence[Record]:
    rows: Sequence[Record] = rpc.call(
        "model.party.address.search_read", [["party", "=", party_id]], 0, MOST_PARTS, [["id", "ASC"]], list(ADDRESS)
    )
    return rows


def notes(rpc: Rpc, records: Sequence[Record]) -> dict[int, str]:
    """What the portal noted on cancelled sales, by the id of the sale: why the customer declined."""
    names = {f"sale.sale,{record['id']}": record["id"] for record in records if record["state"] == "cancelled"}
    if not names:
        return {}
    domain = [["resource", "in", sorted(names)], ["create_uid", "=", rpc.session().user_id]]
    rows = rpc.call("model.ir.note.search_read", domain, 0, MOST_PARTS, [["id", "ASC"]], ["resource", "message"])
    return {names[row["resource"]]: row["message"] or "" for row in rows if row["resource"] in names}


def _company(rpc: Rpc) -> list[Any]:
    return ["company", "=", rpc.session().context.get("company")]


def record_id(ref: str) -> int | None:
    """The id that a ref of ours stands for; None: it is no ref of ours."""
    if not (ref.isascii() and ref.isdigit() and len(ref) < 11):
        return None
    found = int(ref)
    return found if 0 < found <= LARGEST_ID and str(found) == ref else None
