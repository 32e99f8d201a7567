"""The test of a connection: tries each capability on a few records and says in a sentence what works and what does not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.records import split
from portico_erp.values import CapabilityReport
from portico_erp.words import WORDS
from portico_odoo import billing, mapping
from portico_odoo.i18n import _
from portico_odoo.reader import INVOICES, ORDERS, PARTNERS, PICKINGS, PRODUCTS, Reader
from portico_odoo.submission import DELIVERY_DATE

_SAMPLE = 50
Probe = Callable[[Reader], tuple[Any, int]]


def reports(reader: Reader) -> list[CapabilityReport]:
    """One report per capability. An Odoo that cannot be reached, or refuses the key, raises instead."""
    if not reader.rpc.user():
        raise ConnectorUnauthorisedError(_("Odoo refused the login or the key."))
    return [_report(reader, capability, probe) for capability, probe in _PROBES.items()]


def _report(reader: Reader, capability: str, probe: Probe) -> CapabilityReport:
    try:
        detail, rows = probe(reader)
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        return CapabilityReport(capability, False, error.message, title=WORDS[capability].title)
    return CapabilityReport(capability, True, detail, rows, WORDS[capability].title)


def _catalogue(reader: Reader) -> tuple[Any, int]:
    currency = reader.currency()
    read = reader.changed_products(Cursor(), _SAMPLE)
    _good, problems = split(mapping.item(one, currency) for one in read.records)
    total = _count(reader, PRODUCTS, [["sale_ok", "=", True]])
    if problems:
        return _(
            "${count} items; ${bad} of the first ${sample} cannot be used, for example ${ref}: ${why}",
            mapping={
                "count": Decimal(total),
                "bad": Decimal(len(problems)),
                "sample": Decimal(len(read.records)),
                "ref": problems[0].ref,
                "why": problems[0].message,
            },
        ), total
    return _("${count} items can be read.", mapping={"count": Decimal(total)}), total


def _prices(reader: Reader) -> tuple[Any, int]:
    total = _count(reader, "product.pricelist", [])
    if "price" in reader.known(PRODUCTS):
        return _("Prices can be read; there are ${count} price lists.", mapping={"count": Decimal(total)}), total
    _may(reader, ORDERS, "unlink")
    return _("Own prices are learned by drafts of orders, which are deleted at once."), total


def _submission(reader: Reader) -> tuple[Any, int]:
    _may(reader, ORDERS, "create")
    return _("Quotes can be written."), 0


def _destinations(reader: Reader) -> tuple[Any, int]:
    if DELIVERY_DATE not in reader.known(ORDERS):
        return _("This Odoo has no delivery date for quotes: the day stands in the note."), 0
    return _("The day on which a quote is wanted can be written; an address stands in the note."), 0


def _quotes(reader: Reader) -> tuple[Any, int]:
    reader.orders([], limit=1)
    total = _count(reader, ORDERS, [["state", "in", ["draft", "sent"]]])
    return _("${count} quotes can be read.", mapping={"count": Decimal(total)}), total


def _decisions(reader: Reader) -> tuple[Any, int]:
    _may(reader, ORDERS, "write")
    return _("Answers to quotes can be written."), 0


def _orders(reader: Reader) -> tuple[Any, int]:
    total = _count(reader, ORDERS, [["state", "in", ["sale", "done"]]])
    return _("${count} orders can be read.", mapping={"count": Decimal(total)}), total


def _deliveries(reader: Reader) -> tuple[Any, int]:
    total = _count(reader, PICKINGS, [["picking_type_code", "=", "outgoing"]])
    return _("${count} deliveries can be read.", mapping={"count": Decimal(total)}), total


def _invoices(reader: Reader) -> tuple[Any, int]:
    total = _count(reader, INVOICES, reader.issued())
    return _("${count} invoices can be read.", mapping={"count": Decimal(total)}), total


def _documents(reader: Reader) -> tuple[Any, int]:
    _may(reader, INVOICES, "read")
    if billing.by_template(reader):
        if billing.template(reader) is None:
            raise billing.no_pdf(billing.TEMPLATES)
        state = str(reader.rpc.call(billing.REPORTS, "get_wkhtmltopdf_state"))
        if state in ("install", "broken"):
            raise billing.no_pdf(f"wkhtmltopdf: {state}")
    return _("Odoo prints invoices as PDF."), 0


def _customers(reader: Reader) -> tuple[Any, int]:
    total = _count(reader, PARTNERS, [["parent_id", "=", False], ["customer_rank", ">", 0]])
    return _("${count} customers can be read.", mapping={"count": Decimal(total)}), total


def _count(reader: Reader, model: str, domain: list[Any]) -> int:
    return int(reader.rpc.call(model, "search_count", first={"domain": domain}))


def _may(reader: Reader, model: str, what: str) -> None:
    reader.rpc.call(model, "check_access_rights", first={"operation": what}) if reader.rpc.version() < 18 else reader.rpc.call(
        model, "has_access", [], {"operation": what}
    )


_PROBES: dict[str, Probe] = {
    "catalogue": _catalogue,
    "prices": _prices,
    "quote_submission": _submission,
    "quote_destinations": _destinations,
    "quotes": _quotes,
    "quote_decisions": _decisions,
    "orders": _orders,
    "deliveries": _deliveries,
    "invoices": _invoices,
    "invoice_documents": _documents,
    "customers": _customers,
}
