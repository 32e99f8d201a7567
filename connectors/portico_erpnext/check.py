"""The test of a connection: tries each capability on a few records and says in a sentence what works and what does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.records import split
from portico_erp.values import CapabilityReport
from portico_erp.words import WORDS
from portico_erpnext import mapping, setup
from portico_erpnext.i18n import _
from portico_erpnext.reader import CUSTOMER, DELIVERY, INVOICE, ISSUED, ORDER, PAYMENT, QUOTATION, Reader

_SAMPLE = 50
_OF_QUOTATIONS = (QUOTATION, "Quotation Item")


class _Site:
    """A reader, and what its site lacks, looked for once for all capabilities that need it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @cached_property
    def missing(self) -> Sequence[tuple[str, str, Any]]:
        return setup.missing(self.reader.rest)


Probe = Callable[[_Site], tuple[Any, int]]


def reports(reader: Reader) -> list[CapabilityReport]:
    """One report per capability. A site that cannot be reached, or refuses the key, raises instead, as does one without the
    company that was named.
    """
    if not isinstance(user := reader.rest.method("frappe.auth.get_logged_user"), str) or user == "Guest":
        raise ConnectorUnauthorisedError(_("ERPNext refused the key."))
    reader.company()
    reader.rest.zone()
    site = _Site(reader)
    return [_report(site, capability, probe) for capability, probe in _PROBES.items()]


def _report(site: _Site, capability: str, probe: Probe) -> CapabilityReport:
    title = WORDS[capability].title if capability in WORDS else _("Set-up")
    try:
        detail, rows = probe(site)
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        return CapabilityReport(capability, False, error.message, title=title)
    return CapabilityReport(capability, True, detail, rows, title)


def _setup(site: _Site) -> tuple[Any, int]:
    _has_fields(site)
    return _("The portal's fields are there."), 0


def _has_fields(site: _Site, *doctypes: str) -> None:
    """Raises ConnectorRejectedError where one of the portal's own is missing: on these kinds of documents, or on any."""
    lacking = [f"{doctype}.{name}" for doctype, name, _values in site.missing if doctype in (doctypes or [doctype])]
    if lacking:
        said = _("ERPNext lacks fields of the portal's own: ${names}", mapping={"names": ", ".join(lacking)})
        raise ConnectorRejectedError(None, said, code="schema")


def _catalogue(site: _Site) -> tuple[Any, int]:
    reader = site.reader
    currency, taxes, zone = reader.price_list_currency(reader.price_list), reader.usual_taxes(), reader.rest.zone()
    read = reader.changed_items(Cursor(), _SAMPLE)
    today = reader.rest.clock.astimezone(zone).date()
    _good, problems = split(mapping.item(one, taxes, currency, today, zone) for one in read.records)
    total = _count(reader, "Item", [["disabled", "=", 0], ["is_sales_item", "=", 1], ["has_variants", "=", 0]])
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


def _prices(site: _Site) -> tuple[Any, int]:
    total = _count(site.reader, "Price List", [["selling", "=", 1], ["enabled", "=", 1]])
    return _("Prices can be read; there are ${count} price lists.", mapping={"count": Decimal(total)}), total


def _stock(site: _Site) -> tuple[Any, int]:
    total = _count(site.reader, "Bin", [])
    return _("${count} stock levels can be read.", mapping={"count": Decimal(total)}), total


def _submission(site: _Site) -> tuple[Any, int]:
    _has_fields(site, *_OF_QUOTATIONS)
    _may(site.reader, "create")
    return _("Quotes can be written."), 0


def _decisions(site: _Site) -> tuple[Any, int]:
    _has_fields(site, *_OF_QUOTATIONS)
    _may(site.reader, "write")
    return _("Answers to quotes can be written."), 0


def _counted(doctype: str, filters: Sequence[Any], sentence: Any, *of: str) -> Probe:
    """of: kinds of documents on which the portal has fields that it reads."""

    def probe(site: _Site) -> tuple[Any, int]:
        if of:
            _has_fields(site, *of)
        total = _count(site.reader, doctype, filters)
        return _(sentence, mapping={"count": Decimal(total)}), total

    return probe


def _addresses(site: _Site) -> tuple[Any, int]:
    total = _count(site.reader, "Address", [["Dynamic Link", "link_doctype", "=", CUSTOMER]])
    return _("${count} addresses can be read.", mapping={"count": Decimal(total)}), total


def _documents(site: _Site) -> tuple[Any, int]:
    _may(site.reader, "print", INVOICE)
    return _("Documents of invoices can be read."), 0


def _count(reader: Reader, doctype: str, filters: Sequence[Any]) -> int:
    """Reading one first, as counting asks for no right."""
    reader.rest.some(doctype, ["name"], filters, limit=1)
    said = reader.rest.method("frappe.client.get_count", doctype=doctype, filters=list(filters))
    return said if isinstance(said, int) else 0


def _may(reader: Reader, what: str, doctype: str = QUOTATION) -> None:
    said = reader.rest.method("frappe.client.has_permission", doctype=doctype, docname="", perm_type=what)
    if not (isinstance(said, dict) and said.get("has_permission")):
        words = {"words": f"{doctype}: {what}"}
        raise ConnectorUnauthorisedError(_("The portal's user lacks a right in ERPNext: ${words}", mapping=words))


_PROBES: dict[str, Probe] = {
    "setup": _setup,
    "catalogue": _catalogue,
    "prices": _prices,
    "stock": _stock,
    "quote_submission": _submission,
    "quotes": _counted(QUOTATION, [["quotation_to", "=", "Customer"]], _("${count} quotes can be read."), *_OF_QUOTATIONS),
    "quote_decisions": _decisions,
    "orders": _counted(ORDER, [ISSUED], _("${count} orders can be read.")),
    "deliveries": _counted(DELIVERY, [ISSUED], _("${count} deliveries can be read.")),
    "invoices": _counted(INVOICE, [ISSUED], _("${count} invoices can be read.")),
    "invoice_documents": _documents,
    "payments": _counted(PAYMENT, [ISSUED, ["party_type", "=", CUSTOMER]], _("${count} payments can be read.")),
    "customers": _counted(CUSTOMER, [["disabled", "=", 0]], _("${count} customers can be read."), CUSTOMER),
    "addresses": _addresses,
}
