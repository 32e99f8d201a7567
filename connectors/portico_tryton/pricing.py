"""What a customer pays, by the server's own computation: the party's price list, and the tax rule on the line's taxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portico_erp.errors import ConnectorRejectedError
from portico_tryton import fields, mapping, reader
from portico_tryton.i18n import _
from portico_tryton.reader import Record
from portico_tryton.rpc import Rpc

_HEAD = ("company", "currency", "invoice_method", "shipment_method", "warehouse", "quotation_validity")
_OF_SALE = ("party", "company", "currency", "warehouse", "price_list", "invoice_party", "sale_date")


@dataclass
class Terms:
    """What Tryton fills in for a sale to this party. `price_list`: the name of the party's own, None: it has none."""

    head: dict[str, Any]
    price_list: str | None = None
    tax_rule: bool = False
    _rules: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    @property
    def sale(self) -> dict[str, Any]:
        """As a line sees its sale."""
        return {name: self.head.get(name) for name in _OF_SALE}

    def context(self, quantity: Decimal) -> dict[str, Any]:
        found = {"quantity": float(quantity), "currency": self.head.get("currency")}
        if self.head.get("price_list") is not None:
            found["price_list"] = self.head["price_list"]
        return found | {"customer": self.head["party"], "company": self.head.get("company")}

    def taxes(self, rpc: Rpc, product: Record) -> tuple[int, ...]:
        """Of a line of this product. A tax rule goes by the taxes, so it is asked once for each set of them."""
        own = fields.product_taxes(product)
        if not self.tax_rule:
            return own
        if own not in self._rules:
            self._rules[own] = line_taxes(line(rpc, self, product["id"], Decimal(1)))
        return self._rules[own]


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the names of records that Tryton adds for its own client ("party.")."""
    return {name: value for name, value in values.items() if not name.endswith(".")}


def terms(rpc: Rpc, party: Record) -> Terms:
    head = plain(rpc.call("model.sale.sale.default_get", list(_HEAD), False))
    head["party"] = party["id"]
    head |= plain(rpc.call("model.sale.sale.on_change", head, ["party"]))
    return Terms(head, mapping.own_list(party), bool(party.get("customer_tax_rule")))


def line(rpc: Rpc, found: Terms, product_id: int, quantity: Decimal) -> dict[str, Any]:
    """A line as Tryton's own client would have it after the product and the quantity were chosen."""
    values = {"type": "line", "product": product_id, "quantity": float(quantity), "sale": found.sale}
    return plain(rpc.call("model.sale.line.on_change", values, ["product", "quantity"]))


def line_taxes(values: Mapping[str, Any]) -> tuple[int, ...]:
    taxes = values.get("taxes") or {}
    if isinstance(taxes, dict):
        return tuple(one[1]["id"] for one in taxes.get("add", ()))
    return tuple(taxes)


def party(rpc: Rpc, code: str, *, price_lists: bool) -> Record | None:
    """The active party of that code."""
    if not code.strip() or "\x00" in code:
        return None
    rows = reader.parties(rpc, [["code", "=", code]], price_lists)
    return rows[0] if len(rows) == 1 else None


def known_party(rpc: Rpc, code: str, *, price_lists: bool) -> Record:
    found = party(rpc, code, price_lists=price_lists)
    if found is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    return found


def by_quantity(wanted: Sequence[tuple[str, Decimal]]) -> dict[Decimal, list[int]]:
    """Ids of products by the quantity asked for: Tryton computes prices for one quantity at a time."""
    found: dict[Decimal, list[int]] = {}
    for ref, quantity in wanted:
        if (product_id := reader.record_id(ref)) is not None:
            found.setdefault(quantity, []).append(product_id)
    return found
