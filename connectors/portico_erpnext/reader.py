"""The reads: records with their parts, changed since a time. ERPNext's own dictionaries, and no values.

A record's `modified` tells of the record alone: a price or a delivery changes without its item's or order's own. So a pass asks
one source after the other: the records themselves, then the parts that name them. Each is read in the order of the names, as
ERPNext's database sorts them, and handed on unless it is what it was: a digest of the record with its parts is kept for as long
as it may be read again. A record that changed with one of its parts longer ago than the overlap may come twice in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from portico_erp.cursors import Cursor, digest, stamp
from portico_erp.errors import ConnectorRejectedError
from portico_erpnext.i18n import _
from portico_erpnext.rest import Record, Rest

ITEM, ITEM_PRICE, CUSTOMER, QUOTATION, ORDER, DELIVERY, INVOICE, PAYMENT = (
    "Item", "Item Price", "Customer", "Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "Payment Entry",
)  # fmt: skip
REFERENCE, NOTE, PO_NUMBER, ANSWER, CLAIM = (
    "custom_portico_reference", "custom_portico_note", "custom_portico_po", "custom_portico_answer", "custom_portico_claim",
)  # fmt: skip
"""Fields of the portal's own; `setup` makes them."""
ITEM_FIELDS = (
    "name", "item_code", "item_name", "item_group", "stock_uom", "description", "is_stock_item", "is_sales_item", "disabled",
    "standard_rate", "modified",
)  # fmt: skip
PRICE_FIELDS = (
    "name", "item_code", "price_list", "price_list_rate", "currency", "uom", "customer", "valid_from", "valid_upto", "modified",
)  # fmt: skip
CUSTOMER_FIELDS = (
    "name", "customer_name", "customer_group", "email_id", "default_currency", "default_price_list", "disabled", "modified",
    CLAIM,
)  # fmt: skip
_DOCUMENT = ("name", "docstatus", "status", "company", "currency", "net_total", "total_taxes_and_charges", "grand_total",
             "rounded_total", "creation", "modified")  # fmt: skip
QUOTATION_FIELDS = (
    *_DOCUMENT, "party_name", "transaction_date", "valid_till", "order_lost_reason", REFERENCE, NOTE, PO_NUMBER, ANSWER,
)  # fmt: skip
ORDER_FIELDS = (*_DOCUMENT, "customer", "transaction_date", "delivery_date", "po_no", "per_delivered")
INVOICE_FIELDS = (
    *_DOCUMENT, "customer", "posting_date", "due_date", "is_return", "return_against", "outstanding_amount",
    "party_account_currency", "conversion_rate", "po_no",
)  # fmt: skip
_LINE = ("name", "parent", "idx", "item_code", "item_name", "qty", "uom", "net_rate", "net_amount", "item_tax_rate")
TAX_FIELDS = ("parent", "idx", "charge_type", "account_head", "description", "rate", "included_in_print_rate")
DELIVERY_FIELDS = (
    "name", "docstatus", "is_return", "posting_date", "posting_time", "transporter_name", "lr_no", "instructions", "modified",
)  # fmt: skip
PAYMENT_FIELDS = (
    "name", "docstatus", "payment_type", "party", "posting_date", "mode_of_payment", "paid_amount", "received_amount",
    "paid_from_account_currency", "paid_to_account_currency", "modified",
)  # fmt: skip
ADDRESS_FIELDS = (
    "name", "address_title", "address_type", "address_line1", "address_line2", "city", "state", "pincode", "country", "phone",
    "email_id", "is_primary_address", "is_shipping_address",
)  # fmt: skip
MOST_NAMES_AT_ONCE = 500
"""Records that are asked for by a condition in one question."""
ISSUED = ["docstatus", "in", [1, 2]]
"""Submitted, or cancelled after that. What is still a draft is the company's own business."""


@dataclass(frozen=True)
class Source:
    """Whose changes to ask for, and which of its fields names the record. always: of each pass, at_first: of the first."""

    doctype: str
    key: str = "name"
    parent: str = ""
    always: Sequence[Any] = ()
    at_first: Sequence[Any] = ()


@dataclass(frozen=True)
class Read:
    """Records of one page, those that are as they were left out, and where to go on."""

    records: Sequence[Record]
    cursor: Cursor
    more: bool


class Reader:
    def __init__(self, rest: Rest, overlap: timedelta, company: str, price_list: str) -> None:
        self.rest, self.overlap = rest, overlap
        self.price_list = price_list
        self._named_company = company
        self._company: Record | None = None

    def company(self) -> Record:
        """`name` and `default_currency` of the company that sells."""
        if self._company is None:
            chosen = [["name", "=", self._named_company]] if self._named_company else []
            found = self.rest.some("Company", ["name", "default_currency"], chosen, limit=2)
            if len(found) != 1:
                raise _which_company(bool(found))
            self._company = found[0]
        return self._company

    def forget(self) -> None:
        self._company = None

    def _of_company(self) -> list[Any]:
        return ["company", "=", self.company()["name"]]

    # -- what is sold

    def changed_items(self, cursor: Cursor, limit: int) -> Read:
        # What was never for sale is not handed on; what is not any more is, and says so. A template has variants that are sold.
        on_sale = [["disabled", "=", 0], ["is_sales_item", "=", 1]]
        sources = (
            Source(ITEM, always=[["has_variants", "=", 0]], at_first=on_sale),
            Source(ITEM_PRICE, "item_code", always=[["price_list", "=", self.price_list]]),
        )
        return self._changed(sources, cursor, limit, self.items)

    def items(self, names: Iterable[str]) -> list[Record]:
        """With `prices` of the usual list."""
        found = self.rest.named(ITEM, ITEM_FIELDS, names, filters=[["has_variants", "=", 0]])
        prices = self.prices([one["name"] for one in found], [self.price_list])
        return [_whole(one, prices=prices.get(one["name"], [])) for one in found]

    def prices(self, items: Iterable[str], lists: Sequence[str]) -> dict[str, list[Record]]:
        """By item; those of all customers and days."""
        chosen = [["price_list", "in", sorted(set(lists))], ["selling", "=", 1]]
        found: dict[str, list[Record]] = {}
        for one in self.rest.named(ITEM_PRICE, PRICE_FIELDS, items, by="item_code", filters=chosen):
            found.setdefault(one["item_code"], []).append(one)
        return found

    def price_list_currency(self, name: str) -> str:
        found = self.rest.some("Price List", ["name", "currency"], [["name", "=", name]], limit=1)
        return str(found[0]["currency"]) if found else str(self.company()["default_currency"])

    def usual_taxes(self) -> list[Record]:
        """The rows of the company's usual sales taxes; none where it has no such template."""
        chosen = [["is_default", "=", 1], ["disabled", "=", 0], self._of_company()]
        found = self.rest.some("Sales Taxes and Charges Template", ["name"], chosen, limit=1)
        return self._taxes("Sales Taxes and Charges Template", [found[0]["name"]]).get(found[0]["name"], []) if found else []

    # -- customers

    def changed_customers(self, cursor: Cursor, limit: int) -> Read:
        source = Source(CUSTOMER, at_first=[["disabled", "=", 0]])
        return self._changed((source,), cursor, limit, lambda names: self.customers([["name", "in", list(names)]]))

    def customers(self, filters: Sequence[Any], limit: int = MOST_NAMES_AT_ONCE) -> list[Record]:
        """With `price_list`: their own or that of their group, None = the usual one."""
        found = self.rest.some(CUSTOMER, CUSTOMER_FIELDS, filters, limit=limit)
        groups = {
            one["name"]: one["default_price_list"]
            for one in self.rest.named(
                "Customer Group",
                ["name", "default_price_list"],
                [one["customer_group"] for one in found if one["customer_group"]],
            )
        }
        lists = [one["default_price_list"] or groups.get(one["customer_group"]) or None for one in found]
        return [_whole(one, price_list=name) for one, name in zip(found, lists, strict=True)]

    def addresses(self, customer: str) -> list[Record]:
        links = {"link_doctype": CUSTOMER, "link_name": customer}
        linked = [["disabled", "=", 0], *(["Dynamic Link", field, "=", value] for field, value in links.items())]
        return self.rest.some("Address", ADDRESS_FIELDS, linked)

    def countries(self, names: Iterable[str]) -> dict[str, str]:
        """ISO codes in capitals by ERPNext's names."""
        found = self.rest.named("Country", ["name", "code"], [one for one in names if one])
        return {one["name"]: str(one["code"] or "").upper() for one in found}

    # -- quotations, orders, invoices, payments

    def changed_quotations(self, cursor: Cursor, limit: int) -> Read:
        source = Source(QUOTATION, always=[["quotation_to", "=", "Customer"], self._of_company()])
        read = self._changed((source,), cursor, limit, lambda names: self.quotations([["name", "in", list(names)]]))
        # A draft that did not come from the portal is not said to the customer yet.
        return replace(read, records=[one for one in read.records if one["docstatus"] or one[REFERENCE]])

    def quotations(self, filters: Sequence[Any]) -> list[Record]:
        found = self.rest.some(QUOTATION, QUOTATION_FIELDS, filters, limit=MOST_NAMES_AT_ONCE)
        return self._documents(QUOTATION, "Quotation Item", (*_LINE, NOTE), found)

    def changed_orders(self, cursor: Cursor, limit: int) -> Read:
        sources = (
            Source(ORDER, always=[ISSUED, self._of_company()]),
            Source("Delivery Note Item", "against_sales_order", DELIVERY, always=[["docstatus", "in", [1, 2]]]),
        )
        return self._changed(sources, cursor, limit, self.orders)

    def orders(self, names: Iterable[str]) -> list[Record]:
        """With `deliveries`, each with the lines that belong to the order."""
        found = self.rest.named(ORDER, ORDER_FIELDS, names, filters=[ISSUED, self._of_company()])
        lines = self.rest.named(
            "Delivery Note Item", ["name", "parent", "idx", "item_code", "item_name", "qty", "against_sales_order"],
            [one["name"] for one in found], by="against_sales_order", parent=DELIVERY, filters=[["docstatus", "=", 1]],
        )  # fmt: skip
        notes = {
            one["name"]: one
            for one in self.rest.named(
                DELIVERY, DELIVERY_FIELDS, [one["parent"] for one in lines], filters=[["is_return", "=", 0]]
            )
        }
        whole = []
        for one in self._documents(ORDER, "Sales Order Item", (*_LINE, "prevdoc_docname"), found):
            own = sorted(
                (line for line in lines if line["against_sales_order"] == one["name"] and line["parent"] in notes),
                key=lambda line: (line["parent"], line["idx"]),
            )
            sent = [
                {**notes[name], "lines": [line for line in own if line["parent"] == name]}
                for name in dict.fromkeys(line["parent"] for line in own)
            ]
            whole.append(_whole(one, deliveries=sent))
        return whole

    def changed_invoices(self, cursor: Cursor, limit: int) -> Read:
        sources = (
            Source(INVOICE, always=[ISSUED, self._of_company()]),
            Source("Payment Entry Reference", "reference_name", PAYMENT, always=[["reference_doctype", "=", INVOICE], ISSUED]),
        )
        return self._changed(sources, cursor, limit, self.invoices)

    def invoices(self, names: Iterable[str]) -> list[Record]:
        found = self.rest.named(INVOICE, INVOICE_FIELDS, names, filters=[ISSUED, self._of_company()])
        return self._documents(INVOICE, "Sales Invoice Item", (*_LINE, "sales_order"), found)

    def changed_payments(self, cursor: Cursor, limit: int) -> Read:
        always = [["party_type", "=", CUSTOMER], ["payment_type", "in", ["Receive", "Pay"]], ISSUED, self._of_company()]
        source = Source(PAYMENT, always=always)
        return self._changed((source,), cursor, limit, self.payments)

    def payments(self, names: Iterable[str]) -> list[Record]:
        """With `references` to what they settle."""
        found = self.rest.named(PAYMENT, PAYMENT_FIELDS, names)
        fields = ["name", "parent", "idx", "reference_doctype", "reference_name", "allocated_amount"]
        parts = self._parts("Payment Entry Reference", fields, PAYMENT, [one["name"] for one in found])
        return [_whole(one, references=parts.get(one["name"], [])) for one in found]

    def _documents(self, doctype: str, line: str, fields: Sequence[str], found: Sequence[Record]) -> list[Record]:
        names = [one["name"] for one in found]
        lines, taxes = self._parts(line, fields, doctype, names), self._taxes(doctype, names)
        return [_whole(one, lines=lines.get(one["name"], []), taxes=taxes.get(one["name"], [])) for one in found]

    def _taxes(self, doctype: str, names: Sequence[str]) -> dict[str, list[Record]]:
        return self._parts("Sales Taxes and Charges", TAX_FIELDS, doctype, names)

    def _parts(self, table: str, fields: Sequence[str], parent: str, names: Sequence[str]) -> dict[str, list[Record]]:
        """The rows of a table of parts, by the document that they belong to, in their order."""
        found: dict[str, list[Record]] = {}
        of_kind = [["parenttype", "=", parent]]
        order = "parent asc, idx asc"
        for one in self.rest.named(table, fields, names, by="parent", parent=parent, filters=of_kind, order=order):
            found.setdefault(one["parent"], []).append(one)
        return found

    # -- changes

    def _changed(
        self, sources: Sequence[Source], cursor: Cursor, limit: int, assemble: Callable[[Sequence[str]], list[Record]]
    ) -> Read:
        begun, now = cursor, cursor.after
        at = int(now[1] or 0) if now and now[1].isdecimal() else 0
        after = now[2] if now else ""
        asked = sources if cursor.since else sources[:1]
        rows: list[Record] = []
        while at < len(asked):
            rows = self._names(asked[at], cursor, after, limit + 1)
            begun = begun.begin(self.rest.clock)
            if rows:
                break
            at, after = at + 1, ""
        key = asked[min(at, len(asked) - 1)].key
        names = list(dict.fromkeys(str(one[key]) for one in rows[:limit]))
        page = assemble(names) if names else []
        marks = [(one, self._stamped(one["written"]), digest(one)) for one in page]
        read = [(str(one["name"]), f"{when}{mark}", when, str(at), str(one["name"])) for one, when, mark in marks]
        fresh = [one for one, _at, mark in marks if not begun.seen.get(str(one["name"]), "").endswith(mark)]
        more = len(rows) > limit or at + 1 < len(asked)
        following = begun.advance(read, more=more, overlap=self.overlap)
        if more:  # by the last name that was read, also of a record that could not be assembled
            place = (str(at), str(rows[limit - 1][key])) if len(rows) > limit else (str(at + 1), "")
            following = replace(begun, seen=following.seen, after=("", *place))
        return Read(fresh, following, more)

    def _names(self, source: Source, cursor: Cursor, after: str, limit: int) -> list[Record]:
        filters = [*source.always]
        if cursor.since is None:
            filters += source.at_first
        else:
            filters.append(["modified", ">=", self.rest.local_since(datetime.fromisoformat(cursor.since))])
        filters.append([source.key, ">", after])
        return self.rest.some(source.doctype, [source.key], filters, parent=source.parent, order=f"{source.key} asc", limit=limit)

    def _stamped(self, written: str) -> str:
        try:
            return stamp(datetime.fromisoformat(written).replace(tzinfo=self.rest.zone()).astimezone(UTC))
        except (ValueError, OverflowError):
            return stamp(written)


def _which_company(several: bool) -> ConnectorRejectedError:
    if several:
        said = _("There are several companies in this ERPNext: name the one that sells.")
        return ConnectorRejectedError("company", said, code="company")
    return ConnectorRejectedError("company", _("ERPNext has no company of that name."), code="company")


def _whole(record: Record, **parts: Any) -> Record:
    """With its parts, and `written`: the newest time of a change among them."""
    times = [str(record.get("modified") or ""), str(record.get("written") or "")]
    for value in parts.values():
        held = value if isinstance(value, list) else []
        times += [str(one.get("modified") or "") for one in held]
    return {**record, **parts, "written": max(times)}
