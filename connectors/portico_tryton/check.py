"""The test of a connection: asks which rights the user has and how much there is, and says it in a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.values import CapabilityReport
from portico_tryton import reader
from portico_tryton.billing import no_pdf
from portico_tryton.i18n import _
from portico_tryton.rpc import Rpc
from portico_tryton.settings import TrytonSettings

_NEEDED = frozenset({"sale", "stock", "product", "party", "account_product"})


@dataclass(frozen=True)
class Probe:
    """What a capability needs. `rights`: (model, right); `count`: how much of what there is, and the sentence for it."""

    title: Any
    rights: Sequence[tuple[str, str]]
    model: str
    domain: Sequence[Any]
    sentence: Any


_SALES = ("sale.sale", "read")
_PROBES: dict[str, Probe] = {
    "catalogue": Probe(
        _("Catalogue"),
        [("product.product", "read"), ("account.tax", "read")],
        "product.product",
        [["salable", "=", True]],
        _("${count} salable products can be read."),
    ),
    "prices": Probe(
        _("Prices"),
        [("product.product", "read"), ("party.party", "read"), _SALES],
        "party.party",
        [],
        _("Tryton computes the prices of ${count} parties."),
    ),
    "stock": Probe(
        _("Stock"),
        [("product.product", "read"), ("stock.location", "read"), ("stock.move", "read")],
        "product.product",
        [["salable", "=", True], ["type", "=", "goods"], ["consumable", "=", False]],
        _("${count} products are kept in stock."),
    ),
    "quote_submission": Probe(
        _("Sending quotes"),
        [("sale.sale", "create"), ("sale.line", "create"), ("sale.sale", "delete")],
        "sale.sale",
        [["state", "=", "draft"]],
        _("Quotes can be written; ${count} sales are drafts."),
    ),
    "quote_destinations": Probe(
        _("Destinations of quotes"),
        [("sale.sale", "create"), ("party.address", "read")],
        "party.address",
        [],
        _("Quotes go to one of ${count} addresses; another one, and the day, stand in the note."),
    ),
    "quotes": Probe(
        _("Reading quotes"),
        [_SALES, ("sale.line", "read")],
        "sale.sale",
        [["state", "=", "quotation"]],
        _("${count} quotations can be read."),
    ),
    "quote_decisions": Probe(
        _("Sending answers to offers"),
        [("sale.sale", "write"), ("ir.note", "create")],
        "sale.sale",
        [["state", "=", "quotation"]],
        _("${count} quotations can be confirmed or cancelled."),
    ),
    "orders": Probe(
        _("Orders"),
        [_SALES, ("sale.line", "read")],
        "sale.sale",
        [["sale_date", "!=", None]],
        _("${count} orders can be read."),
    ),
    "deliveries": Probe(
        _("Deliveries"),
        [("stock.shipment.out", "read"), ("stock.move", "read")],
        "stock.shipment.out",
        [],
        _("${count} customer shipments can be read."),
    ),
    "invoices": Probe(
        _("Invoices"),
        [("account.invoice", "read"), ("account.invoice.line", "read"), ("account.move.line", "read")],
        "account.invoice",
        [["type", "=", "out"], ["number", "!=", None]],
        _("${count} invoices can be read."),
    ),
    "invoice_documents": Probe(
        _("Documents of invoices"),
        [("account.invoice", "read")],
        "ir.action.report",
        [["report_name", "=", "account.invoice"], ["extension", "=", "pdf"]],
        _("Tryton makes invoices as PDF."),
    ),
    "customers": Probe(
        _("Customers"),
        [("party.party", "read"), ("party.contact_mechanism", "read"), ("party.identifier", "read")],
        "party.party",
        [],
        _("${count} parties can be read."),
    ),
    "addresses": Probe(
        _("Addresses"),
        [("party.address", "read"), ("country.country", "read")],
        "party.address",
        [],
        _("${count} addresses can be read."),
    ),
}


def modules(rpc: Rpc) -> frozenset[str]:
    """Names of those that are activated."""
    rows = rpc.call("model.ir.module.search_read", [["state", "=", "activated"]], 0, None, None, ["name"])
    return frozenset(row["name"] for row in rows)


def currency(rpc: Rpc) -> str:
    company = rpc.session().context.get("company")
    if company is None:
        raise ConnectorUnauthorisedError(_("Tryton's user works for no company. Choose one in the user's preferences."))
    (row,) = rpc.call("model.company.company.read", [company], ["currency.code"])
    code: str = row["currency."]["code"]
    return code


def reports(rpc: Rpc, settings: TrytonSettings) -> list[CapabilityReport]:
    """One report per capability. A server that cannot be reached or logged into raises instead."""
    missing = sorted(_NEEDED - modules(rpc))
    if missing:
        raise ConnectorRejectedError(
            None, _("Tryton lacks the modules ${names}.", mapping={"names": ", ".join(missing)}), code="schema"
        )
    currency(rpc)
    access = rpc.access(sorted({model for probe in _PROBES.values() for model, _right in probe.rights}))
    return [_report(rpc, settings, name, probe, access) for name, probe in _PROBES.items()]


def _report(rpc: Rpc, settings: TrytonSettings, name: str, probe: Probe, access: Any) -> CapabilityReport:
    lacking = [(model, right) for model, right in probe.rights if not access[model].get(right)]
    if lacking:
        words = ", ".join(f"{model} ({right})" for model, right in lacking)
        return CapabilityReport(
            name, False, _("Tryton's user lacks rights: ${rights}.", mapping={"rights": words}), title=probe.title
        )
    try:
        count = rpc.call(f"model.{probe.model}.search_count", list(probe.domain))
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        return CapabilityReport(name, False, error.message, title=probe.title)
    if name == "invoice_documents" and not count:
        return CapabilityReport(name, False, no_pdf("odt").message, title=probe.title)
    detail = _EXTRA.get(name, _no_more)(rpc, settings) or _(probe.sentence, mapping={"count": Decimal(count)})
    return CapabilityReport(name, True, detail, count, probe.title)


def _no_more(rpc: Rpc, settings: TrytonSettings) -> Any:
    return None


def _orders(rpc: Rpc, settings: TrytonSettings) -> Any:
    waiting = reader.stuck(rpc, rpc.now() - timedelta(seconds=settings.patience_s), 1)
    return stuck_words(str(waiting[0].get("number") or waiting[0]["id"])) if waiting else None


def stuck_words(number: str) -> Any:
    return _(
        "Sale ${number} is confirmed, and Tryton has not processed it. Look whether trytond-worker runs, and for what it logs.",
        mapping={"number": number},
    )


_EXTRA: dict[str, Callable[[Rpc, TrytonSettings], Any]] = {"orders": _orders}
