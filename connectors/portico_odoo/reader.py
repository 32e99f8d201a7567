"""The reads: records with their parts, changed since a time. Odoo's own dictionaries, and no values.

`write_date` has whole seconds, and a product's price or an order's delivery changes without the record's own. So a pass takes all
records of which any part changed since the pass before (less an overlap), in the order of their ids, and hands on those that
are not what they were: a digest of the record with its parts is kept for as long as it may be read again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portico_erp.cursors import Cursor, digest, stamp
from portico_odoo.rpc import Record, Rpc

PRODUCTS, PARTNERS, ORDERS, LINES, PICKINGS, INVOICES, INVOICE_LINES = (
    "product.product", "res.partner", "sale.order", "sale.order.line", "stock.picking", "account.move", "account.move.line",
)  # fmt: skip
PROBE = "Portico: price"
"""`origin` of the drafts that are made to learn a price, and deleted at once."""
PRODUCT_FIELDS = (
    "default_code", "name", "lst_price", "uom_id", "categ_id", "type", "active", "sale_ok", "taxes_id", "description_sale",
    "write_date", "product_tmpl_id",
)  # fmt: skip
PARTNER_FIELDS = ("name", "ref", "email", "active", "property_product_pricelist", "write_date")
ORDER_FIELDS = (
    "name", "state", "partner_id", "client_order_ref", "origin", "currency_id", "amount_untaxed", "amount_tax", "amount_total",
    "validity_date", "date_order", "commitment_date", "note", "write_date", "create_date", "picking_ids",
)  # fmt: skip
LINE_FIELDS = (
    "order_id", "sequence", "display_type", "name", "product_id", "product_uom_qty", "product_uom", "product_uom_id",
    "price_unit", "discount", "tax_id", "tax_ids", "price_subtotal", "write_date",
)  # fmt: skip
PICKING_FIELDS = ("name", "state", "date_done", "carrier_id", "carrier_tracking_ref", "carrier_tracking_url", "write_date")
INVOICE_FIELDS = (
    "name", "move_type", "state", "commercial_partner_id", "currency_id", "amount_untaxed", "amount_tax", "amount_total",
    "amount_residual", "invoice_date", "invoice_date_due", "ref", "narration", "reversed_entry_id", "invoice_line_ids",
    "write_date",
)  # fmt: skip
INVOICE_LINE_FIELDS = (
    "move_id", "sequence", "display_type", "name", "product_id", "quantity", "product_uom_id", "price_unit", "discount",
    "tax_ids", "price_subtotal", "sale_line_ids", "write_date",
)  # fmt: skip
MOVE_FIELDS = ("picking_id", "product_id", "product_uom_qty", "quantity_done", "quantity", "state")


@dataclass(frozen=True)
class Read:
    """Records of one page, those that are as they were left out, and where to go on."""

    records: Sequence[Record]
    cursor: Cursor
    more: bool


class Reader:
    def __init__(self, rpc: Rpc, overlap: timedelta) -> None:
        self.rpc, self.overlap = rpc, overlap
        self._fields: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def known(self, model: str) -> frozenset[str]:
        """The fields of a model in this Odoo: apps add some, versions rename some. Asked once."""
        with self._lock:
            found = self._fields.get(model)
        if found is None:
            found = frozenset(self.rpc.call(model, "fields_get", first={"allfields": []}, attributes=["type"]))
            with self._lock:
                self._fields[model] = found
        return found

    def forget(self) -> None:
        with self._lock:
            self._fields.clear()

    def has_stock(self) -> bool:
        return "picking_ids" in self.known(ORDERS)

    def read(self, model: str, ids: Iterable[int], wanted: Sequence[str]) -> dict[int, Record]:
        """By id; archived ones too, those that are gone left out."""
        some = sorted(set(ids))
        if not some:
            return {}
        return {one["id"]: one for one in self.find(model, [["id", "in", some]], wanted)}

    def find(self, model: str, domain: Sequence[Any], wanted: Sequence[str], **options: Any) -> list[Record]:
        fields = [name for name in wanted if name in self.known(model)]
        context = {"active_test": False, "lang": False}
        return self.rpc.search_read(model, domain, fields, context=context, **{"order": "id", **options})

    # -- products

    def currency(self) -> str:
        """Of the company that the portal's user belongs to: list prices are in it."""
        if (kept := getattr(self, "_currency", None)) is not None:
            return str(kept)
        (user,) = self.find("res.users", [["id", "=", self.rpc.user()]], ["company_id"])
        (company,) = self.find("res.company", [["id", "=", user["company_id"][0]]], ["currency_id"])
        self._currency = str(company["currency_id"][1])
        return self._currency

    def products(self, ids: Iterable[int]) -> dict[int, Record]:
        return {one["id"]: one for one in self._whole_products(self.read(PRODUCTS, ids, PRODUCT_FIELDS).values())}

    def changed_products(self, cursor: Cursor, limit: int) -> Read:
        # What was never for sale is not handed on; what is not any more is, and says so.
        base: list[Any] = [] if cursor.since else [["sale_ok", "=", True], ["active", "=", True]]
        return self._changed(PRODUCTS, base, ("write_date", "product_tmpl_id.write_date"), cursor, limit)

    def _whole_products(self, found: Iterable[Record]) -> list[Record]:
        products = list(found)
        of_templates = self.read("product.template", [one["product_tmpl_id"][0] for one in products], ["write_date"])
        taxes = self.taxes(tax for one in products for tax in one["taxes_id"])
        return [
            {
                **one,
                "taxes": [taxes[tax] for tax in one["taxes_id"] if tax in taxes],
                "written": _latest([one, of_templates.get(one["product_tmpl_id"][0], {})]),
            }
            for one in products
        ]

    def taxes(self, ids: Iterable[int]) -> dict[int, Record]:
        return self.read("account.tax", ids, ["amount", "amount_type", "price_include"])

    # -- customers

    def changed_partners(self, cursor: Cursor, limit: int) -> Read:
        base = [["parent_id", "=", False], ["customer_rank", ">", 0]]
        return self._changed(PARTNERS, base, ("write_date",), cursor, limit)

    def partners(self, domain: Sequence[Any], claim_field: str) -> list[Record]:
        """Active ones that are no contact of another."""
        wanted = [*PARTNER_FIELDS, *([claim_field] if claim_field else [])]
        found = self.find(PARTNERS, [["parent_id", "=", False], ["active", "=", True], *domain], wanted, limit=2)
        return self._whole_partners(found)

    def _whole_partners(self, found: Sequence[Record]) -> list[Record]:
        lists = self.pricelists(one["property_product_pricelist"][0] for one in found if one.get("property_product_pricelist"))
        return [
            {**one, "pricelist": lists.get((one.get("property_product_pricelist") or [0])[0]), "written": _latest([one])}
            for one in found
        ]

    def pricelists(self, ids: Iterable[int]) -> dict[int, Record]:
        return self.read("product.pricelist", ids, ["name", "currency_id"])

    # -- quotations and orders

    def changed_orders(self, domain: Sequence[Any], cursor: Cursor, limit: int) -> Read:
        times = ["write_date", "order_line.write_date"]
        if self.has_stock():
            times += ["picking_ids.write_date"]
        return self._changed(ORDERS, [*domain, ["origin", "!=", PROBE]], times, cursor, limit)

    def orders(self, domain: Sequence[Any], **options: Any) -> list[Record]:
        return self._whole_orders(self.find(ORDERS, domain, ORDER_FIELDS, **options))

    def _whole_orders(self, found: Sequence[Record]) -> list[Record]:
        """With lines (and their taxes), and deliveries with their moves."""
        ids = [one["id"] for one in found]
        lines = self.find(LINES, [["order_id", "in", ids]], LINE_FIELDS, order="sequence, id") if ids else []
        taxes = self.taxes(tax for line in lines for tax in line.get("tax_ids", line.get("tax_id")) or ())
        pickings = self.read(PICKINGS, [one for order in found for one in order.get("picking_ids") or ()], PICKING_FIELDS)
        outgoing = {
            one["id"]
            for one in (self.find(PICKINGS, [["id", "in", list(pickings)], ["picking_type_code", "=", "outgoing"]], ["name"])
                        if pickings else [])
        }
        moves = self.find("stock.move", [["picking_id", "in", list(outgoing)]], MOVE_FIELDS) if outgoing else []
        of_order: dict[int, list[Record]] = {}
        for line in lines:
            held = line.get("tax_ids", line.get("tax_id")) or ()
            whole = {**line, "taxes": [taxes[tax] for tax in held if tax in taxes]}
            of_order.setdefault(line["order_id"][0], []).append(whole)
        made: list[Record] = []
        for order in found:
            sent = [
                {**pickings[one], "moves": [move for move in moves if move["picking_id"][0] == one]}
                for one in sorted(order.get("picking_ids") or ())
                if one in outgoing
            ]
            own = of_order.get(order["id"], [])
            made.append({**order, "lines": own, "pickings": sent, "written": _latest([order, *own, *sent])})
        return made

    # -- invoices

    def issued(self) -> list[Any]:
        """Customers' invoices and credit notes that were issued, and those that were cancelled afterwards."""
        kinds = ["move_type", "in", ["out_invoice", "out_refund"]]
        posted = ["state", "=", "posted"]
        if "posted_before" not in self.known(INVOICES):
            return [kinds, posted]
        return [kinds, "|", posted, "&", ["state", "=", "cancel"], ["posted_before", "=", True]]

    def changed_invoices(self, cursor: Cursor, limit: int) -> Read:
        # A payment changes the line on which the sum is due.
        return self._changed(INVOICES, self.issued(), ("write_date", "line_ids.write_date"), cursor, limit)

    def invoices(self, invoice_id: int) -> list[Record]:
        return self._whole_invoices(self.find(INVOICES, [["id", "=", invoice_id], *self.issued()], INVOICE_FIELDS))

    def _whole_invoices(self, found: Sequence[Record]) -> list[Record]:
        """With lines of what was billed (and their taxes), and the ids of the orders that these bill."""
        ids = [one["id"] for one in found]
        entries = self.find(INVOICE_LINES, [["move_id", "in", ids]], INVOICE_LINE_FIELDS, order="sequence, id") if ids else []
        taxes = self.taxes(tax for line in entries for tax in line["tax_ids"])
        # Whole, though the order alone is wanted: then the shape that is recorded of them stays one.
        billed = self.read(LINES, (one for line in entries for one in line.get("sale_line_ids") or ()), LINE_FIELDS)
        made: list[Record] = []
        for invoice in found:
            own = [line for line in entries if line["move_id"][0] == invoice["id"]]
            shown = [
                {**line, "taxes": [taxes[tax] for tax in line["tax_ids"] if tax in taxes]}
                for line in own
                if line["id"] in invoice["invoice_line_ids"] and line["display_type"] in (False, "product")
            ]
            of = (billed.get(one) for line in shown for one in line.get("sale_line_ids") or ())
            orders = sorted({one["order_id"][0] for one in of if one})
            made.append({**invoice, "lines": shown, "orders": orders, "written": _latest([invoice, *own])})
        return made

    # -- changes

    _WHOLE: Mapping[str, tuple[str, tuple[str, ...]]] = {
        PRODUCTS: ("_whole_products", PRODUCT_FIELDS),
        PARTNERS: ("_whole_partners", PARTNER_FIELDS),
        ORDERS: ("_whole_orders", ORDER_FIELDS),
        INVOICES: ("_whole_invoices", INVOICE_FIELDS),
    }

    def _changed(self, model: str, base: Sequence[Any], times: Sequence[str], cursor: Cursor, limit: int) -> Read:
        begun = cursor
        domain = [*base]
        if cursor.since is not None:
            since = cursor.since[:19].replace("T", " ")
            domain += ["|"] * (len(times) - 1) + [[name, ">=", since] for name in times]
        if cursor.after is not None:
            domain.append(["id", ">", int(cursor.after[2])])
        assemble, wanted = self._WHOLE[model]
        found = self.find(model, domain, wanted, limit=limit + 1)
        begun = cursor.begin(self.rpc.clock)
        more, page = len(found) > limit, getattr(self, assemble)(found[:limit])
        marks = [(one, stamp(_aware(one["written"])), digest(one)) for one in page]
        following = begun.advance(
            [(str(one["id"]), f"{at}{mark}", at, "", str(one["id"])) for one, at, mark in marks], more=more, overlap=self.overlap
        )
        fresh = [one for one, _at, mark in marks if not begun.seen.get(str(one["id"]), "").endswith(mark)]
        return Read(fresh, following, more)


def _latest(records: Iterable[Record]) -> str:
    """The newest time of a change, in Odoo's own form, which sorts."""
    return max((str(one.get("write_date") or "") for one in records), default="")


def _aware(written: str) -> Any:
    """Odoo's times are UTC and do not say so."""
    try:
        return datetime.fromisoformat(f"{written}+00:00")
    except ValueError:
        return written
