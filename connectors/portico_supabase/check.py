"""The test of a connection: tries each capability on a few rows and says in a sentence what works and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.records import split
from portico_erp.values import CapabilityReport
from portico_erp.words import WORDS
from portico_supabase import keys, mapping
from portico_supabase.i18n import _
from portico_supabase.reader import Reader
from portico_supabase.settings import RestSettings

_SAMPLE = 200
WHO = "portico_who"
Probe = Callable[[Reader, RestSettings], tuple[Any, int]]


def reports(reader: Reader, settings: RestSettings) -> list[CapabilityReport]:
    """One report per capability. An interface that cannot be reached, or refuses the key, raises instead; so does a role that
    stands above row-level security, where that can be seen.
    """
    _refuse_almighty(reader)
    return [_report(reader, settings, capability, probe) for capability, probe in _PROBES.items()]


def _refuse_almighty(reader: Reader) -> None:
    """The first call of a test: whoever the database says we are must be bound by its policies."""
    try:
        who = reader.rest.function(WHO, {})
    except ConnectorRejectedError as error:
        if error.code != "function":
            raise
        return  # the database does not say
    except ConnectorUnauthorisedError:
        reader.rest.rows("materials", ["name"], limit=0)  # whether it is the key or the function that is refused
        return
    if isinstance(who, dict) and (who.get("bypasses") or who.get("superuser")):
        raise ConnectorRejectedError("token", keys.REFUSED, code="settings")


def _report(reader: Reader, settings: RestSettings, capability: str, probe: Probe) -> CapabilityReport:
    try:
        detail, rows = probe(reader, settings)
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        if isinstance(error, ConnectorRejectedError) and error.code in ("url", "not-json", "host", "tls"):
            raise
        return CapabilityReport(capability, False, error.message, title=WORDS[capability].title)
    return CapabilityReport(capability, True, detail, rows, WORDS[capability].title)


def _catalogue(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    read = reader.changed_items(Cursor(), _SAMPLE)
    kinds = reader.shape.kinds()
    now = datetime.now(UTC)
    _good, problems = split(
        mapping.item(row, reader.shape.key(kinds[row["kind"]]), settings.currency, now) for row in read.rows
    )
    total = sum(_count(reader, table) for table in kinds.values())
    if problems:
        return _(
            "${count} items; ${bad} of the first ${sample} cannot be used, for example ${ref}: ${why}",
            mapping={
                "count": Decimal(total),
                "bad": Decimal(len(problems)),
                "sample": Decimal(len(read.rows)),
                "ref": problems[0].ref,
                "why": problems[0].message,
            },
        ), total
    if not total:
        # A table without rows and one whose rows no policy shows look the same.
        return _("No item can be seen: the tables are empty, or no policy shows their rows to the key's role."), 0
    return _("${count} items can be read.", mapping={"count": Decimal(total)}), total


def _prices(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.shape.kinds()
    if not reader.shape.has("price_list_item"):
        return _("List prices can be read; there are no price lists of customers."), 0
    rows = _count(reader, "price_list_item")
    return _("Prices can be read; ${count} are agreed with customers.", mapping={"count": Decimal(rows)}), rows


def _submission(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.shape.columns("quotes")
    if reader.shape.documents:
        reader.rest.insert("quotes", [], conflict="id")
        return _("Quotes can be written."), 0
    reader.shape.columns("quote_lines")
    if not reader.shape.has("quotes", "portal_reference"):
        raise ConnectorRejectedError(
            None,
            _(
                "The database is not in a schema that the portal knows: there is no column “${name}”.",
                mapping={"name": "portal_reference"},
            ),
            code="schema",
        )
    # Nothing is what these make; the rights to make something are asked for nonetheless.
    reader.rest.insert("quotes", [], conflict="portal_reference")
    reader.rest.insert("quote_lines", [], conflict="quote_id,position")
    return _("Quotes can be written."), 0


def _quotes(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    read = reader.changed("quotes", Cursor(), 5)
    if not reader.shape.documents:
        reader.quote_lines([row["id"] for row in read.rows])
    rows = _count(reader, "quotes")
    return _("${count} quotes can be read.", mapping={"count": Decimal(rows)}), rows


def _decisions(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.rest.update("quotes", {"status": "accepted"}, [("id", "is.null")])
    return _("Answers to quotes can be written."), 0


def _orders(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    read = reader.changed("orders", Cursor(), 5)
    reader.order_parts([row["id"] for row in read.rows])
    rows = _count(reader, "orders")
    return _("${count} orders can be read.", mapping={"count": Decimal(rows)}), rows


def _deliveries(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.shape.columns("deliveries")
    reader.shape.columns("delivery_lines")
    rows = _count(reader, "deliveries")
    return _("${count} deliveries can be read.", mapping={"count": Decimal(rows)}), rows


def _invoices(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    read = reader.changed("invoices", Cursor(), 5)
    reader.parts("invoice_lines", "invoice_id", [row["id"] for row in read.rows], "id")
    reader.shape.columns("invoice_lines")
    rows = _count(reader, "invoices")
    return _("${count} invoices can be read.", mapping={"count": Decimal(rows)}), rows


def _payments(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.changed("payments", Cursor(), 5)
    rows = _count(reader, "payments")
    return _("${count} payments can be read.", mapping={"count": Decimal(rows)}), rows


def _customers(reader: Reader, settings: RestSettings) -> tuple[Any, int]:
    reader.changed("customers", Cursor(), 5)
    rows = _count(reader, "customers")
    return _("${count} customers can be read.", mapping={"count": Decimal(rows)}), rows


def _count(reader: Reader, table: str) -> int:
    return reader.rest.rows(table, reader.shape.columns(table)[:1], limit=1).total or 0


_PROBES: dict[str, Probe] = {
    "catalogue": _catalogue,
    "prices": _prices,
    "price_breaks": _prices,
    "quote_submission": _submission,
    "quotes": _quotes,
    "quote_decisions": _decisions,
    "orders": _orders,
    "deliveries": _deliveries,
    "invoices": _invoices,
    "payments": _payments,
    "customers": _customers,
}
