"""The test of a connection: tries each capability on a few rows and says in a sentence what works and what
does not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection, Executable, false, func, insert, select, update

from portico_companydb import billing, contracts, mapping, reader, setup
from portico_companydb import tables as t
from portico_companydb.cursors import Cursor
from portico_companydb.database import Database
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.values import CapabilityReport

_SAMPLE = 200
_NO_OVERLAP = timedelta(0)

Probe = Callable[[Connection, str], tuple[str, int]]


def reports(database: Database, currency: str) -> list[CapabilityReport]:
    """One report per capability. A database that cannot be reached or logged into raises instead."""
    with database.transaction() as connection:
        reader.clock(connection)
    return [_report(database, capability, probe, currency) for capability, probe in _PROBES.items()]


def _report(database: Database, capability: str, probe: Probe, currency: str) -> CapabilityReport:
    try:
        with database.transaction(read_only=capability not in _WRITES) as connection:
            detail, rows = probe(connection, currency)
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        return CapabilityReport(capability, False, error.message, title=TITLES[capability])
    return CapabilityReport(capability, True, detail, rows, TITLES[capability])


_WRITES = {
    "quote_submission", "quote_destinations", "quote_decisions", "address_updates", "contact_updates", "payment_posting",
    "contract_answers",
}  # fmt: skip


def _may(connection: Connection, *needed: tuple[str, str, str]) -> bool:
    """needed: (INSERT or UPDATE, table, one of its columns). PostgreSQL tells; the others are asked for a write of nothing."""
    for right, table, column in needed:
        if connection.dialect.name == "postgresql":
            # A list of privileges in one call would ask whether ANY of them is held.
            if not connection.execute(select(func.has_table_privilege(table, right))).scalar_one():
                return False
            continue
        of = t.metadata.tables[table] if column in t.metadata.tables[table].c else t.contacts
        given = [one for one in of.c if one.name != "id"]
        made: Executable = insert(of).from_select(given, select(*given).where(false()), include_defaults=False)
        connection.execute(made if right == "INSERT" else update(of).values({column: of.c[column]}).where(false()))
    return True


def _catalogue(connection: Connection, currency: str) -> tuple[str, int]:
    rows = reader.changed_items(connection, Cursor(), _SAMPLE, _NO_OVERLAP).rows
    _good, problems = mapping.split([mapping.item(row, currency) for row in rows])
    total = sum(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in t.ITEMS.values()
    )
    if problems:
        return _(
            "${count} items; ${bad} of the first ${sample} cannot be used, for example ${ref}: ${why}",
            mapping={
                "count": Decimal(total),
                "bad": Decimal(len(problems)),
                "sample": Decimal(len(rows)),
                "ref": problems[0].ref,
                "why": problems[0].message,
            },
        ), total
    return _("${count} items can be read.", mapping={"count": Decimal(total)}), total


def _prices(connection: Connection, currency: str) -> tuple[str, int]:
    reader.own_prices(connection, "", [("material", "")])
    rows = connection.execute(select(func.count()).select_from(t.price_list_item)).scalar_one()
    return _("Prices can be read; ${count} are agreed with customers.", mapping={"count": Decimal(rows)}), rows


def _submission(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(reader.quotes().limit(1))
    if not _may(connection, ("INSERT", "quotes", "currency"), ("INSERT", "quote_lines", "name")):
        raise ConnectorUnauthorisedError(_("The database user may not write quotes."))
    rows = connection.execute(
        select(func.count()).select_from(t.quotes).where(t.quotes.c.portal_reference.is_not(None))
    ).scalar_one()
    return _("Quotes can be written."), rows


def _destinations(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.quote_destinations.c.quote_id).limit(1))
    if not _may(connection, ("INSERT", "quote_destinations", "city")):
        raise ConnectorUnauthorisedError(_("The database user may not write where quotes are to be delivered."))
    rows = connection.execute(select(func.count()).select_from(t.quote_destinations)).scalar_one()
    return _("Where and when to deliver a quote can be written."), rows


def _quotes(connection: Connection, currency: str) -> tuple[str, int]:
    read = reader.changed_quotes(connection, Cursor(), 5, _NO_OVERLAP)
    reader.quote_lines(connection, [row["id"] for row in read.rows] or [0])
    rows = connection.execute(select(func.count()).select_from(t.quotes)).scalar_one()
    return _("${count} quotes can be read.", mapping={"count": Decimal(rows)}), rows


def _decisions(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(reader.quotes().limit(1))
    if not _may(connection, ("UPDATE", "quotes", "status")):
        raise ConnectorUnauthorisedError(_("The database user may not change quotes."))
    return _("Answers to quotes can be written."), 0


def _orders(connection: Connection, currency: str) -> tuple[str, int]:
    read = reader.changed_orders(connection, Cursor(), 5, _NO_OVERLAP)
    reader.order_parts(connection, [row["id"] for row in read.rows] or [0])
    rows = connection.execute(select(func.count()).select_from(t.orders)).scalar_one()
    return _("${count} orders can be read.", mapping={"count": Decimal(rows)}), rows


def _deliveries(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.delivery_lines.c.id).limit(1))
    rows = connection.execute(select(func.count()).select_from(t.deliveries)).scalar_one()
    return _("${count} deliveries can be read.", mapping={"count": Decimal(rows)}), rows


def _customers(connection: Connection, currency: str) -> tuple[str, int]:
    reader.changed_customers(connection, Cursor(), 5, _NO_OVERLAP)
    rows = connection.execute(select(func.count()).select_from(t.customers)).scalar_one()
    return _("${count} customers can be read.", mapping={"count": Decimal(rows)}), rows


def _addresses(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.customer_addresses.c.id).limit(1))
    rows = connection.execute(select(func.count()).select_from(t.customer_addresses)).scalar_one()
    return _("${count} addresses can be read.", mapping={"count": Decimal(rows)}), rows


def _address_updates(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.customer_addresses.c.id).limit(1))
    if not _may(connection, ("INSERT", "customer_addresses", "name"), ("UPDATE", "customer_addresses", "name")):
        raise ConnectorUnauthorisedError(_("The database user may not write addresses."))
    return _("Addresses can be written."), 0


def _contact_updates(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.contacts).limit(1))
    if not _may(connection, ("UPDATE", "customers", "contact_name")):
        raise ConnectorUnauthorisedError(_("The database user may not change customers."))
    return _("Contact details of customers can be written."), 0


def _stock(connection: Connection, currency: str) -> tuple[str, int]:
    reader.stock_levels(connection, [("material", "")])
    rows = connection.execute(select(func.count()).select_from(t.stock_levels)).scalar_one()
    return _("${count} stock levels can be read.", mapping={"count": Decimal(rows)}), rows


def _invoices(connection: Connection, currency: str) -> tuple[str, int]:
    read = billing.changed_invoices(connection, Cursor(), 5, _NO_OVERLAP)
    billing.lines(connection, [row["id"] for row in read.rows] or [0])
    rows = connection.execute(select(func.count()).select_from(t.invoices)).scalar_one()
    return _("${count} invoices can be read.", mapping={"count": Decimal(rows)}), rows


def _documents(connection: Connection, currency: str) -> tuple[str, int]:
    rows = connection.execute(select(func.count()).select_from(t.invoice_documents)).scalar_one()
    return _("${count} documents of invoices can be read.", mapping={"count": Decimal(rows)}), rows


def _payments(connection: Connection, currency: str) -> tuple[str, int]:
    read = billing.changed_payments(connection, Cursor(), 5, _NO_OVERLAP)
    billing.allocations(connection, [row["id"] for row in read.rows] or [0])
    rows = connection.execute(select(func.count()).select_from(t.payments)).scalar_one()
    return _("${count} payments can be read.", mapping={"count": Decimal(rows)}), rows


def _payment_posting(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.payment_allocations.c.id).limit(1))
    # The invoices are locked, and settled by a trigger that runs with the user's own rights.
    needed = (("INSERT", "payments", "currency"), ("INSERT", "payment_allocations", "amount"), ("UPDATE", "payments", "method"),
              ("UPDATE", "invoices", "status"))  # fmt: skip
    if not _may(connection, *needed):
        raise ConnectorUnauthorisedError(_("The database user may not book payments."))
    return _("Payments can be booked."), 0


def _contracts(connection: Connection, currency: str) -> tuple[str, int]:
    read = contracts.changed(connection, Cursor(), 5, _NO_OVERLAP)
    contracts.lines(connection, [row["id"] for row in read.rows] or [0])
    rows = connection.execute(select(func.count()).select_from(t.contracts)).scalar_one()
    return _("${count} contracts can be read.", mapping={"count": Decimal(rows)}), rows


def _contract_answers(connection: Connection, currency: str) -> tuple[str, int]:
    connection.execute(select(t.contracts.c.id).limit(1))
    if not _may(connection, ("UPDATE", "contracts", "status")):
        raise ConnectorUnauthorisedError(_("The database user may not change contracts."))
    return _("Answers to contracts can be written."), 0


def _setup(connection: Connection, currency: str) -> tuple[str, int]:
    found = setup.version(connection)
    if found is None:
        raise ConnectorRejectedError(
            "database", _("The tables are not there. On an empty database, run the set-up."), code="schema"
        )
    if found < setup.VERSION:
        raise ConnectorRejectedError(
            "database",
            _(
                "The tables are those of version ${version}; version ${newest} has more, such as addresses, stock, documents "
                "of invoices, contracts and where to deliver a quote. Run the set-up: it adds what is missing and changes "
                "nothing else.",
                mapping={"version": found, "newest": setup.VERSION},
            ),
            code="schema",
        )
    return _("Standard schema, version ${version}.", mapping={"version": found}), 1


_PROBES: dict[str, Probe] = {
    "setup": _setup,
    "catalogue": _catalogue,
    "prices": _prices,
    "quote_submission": _submission,
    "quote_destinations": _destinations,
    "quotes": _quotes,
    "quote_decisions": _decisions,
    "orders": _orders,
    "deliveries": _deliveries,
    "customers": _customers,
    "addresses": _addresses,
    "address_updates": _address_updates,
    "contact_updates": _contact_updates,
    "stock": _stock,
    "invoices": _invoices,
    "invoice_documents": _documents,
    "payments": _payments,
    "payment_posting": _payment_posting,
    "contracts": _contracts,
    "contract_answers": _contract_answers,
}

TITLES = {
    "setup": _("Tables"),
    "catalogue": _("Catalogue"),
    "prices": _("Prices"),
    "quote_submission": _("Sending quotes"),
    "quote_destinations": _("Destinations of quotes"),
    "quotes": _("Reading quotes"),
    "quote_decisions": _("Sending answers to offers"),
    "orders": _("Orders"),
    "deliveries": _("Deliveries"),
    "customers": _("Customers"),
    "addresses": _("Addresses"),
    "address_updates": _("Sending addresses"),
    "contact_updates": _("Contact details"),
    "stock": _("Stock"),
    "invoices": _("Invoices"),
    "invoice_documents": _("Documents of invoices"),
    "payments": _("Payments"),
    "payment_posting": _("Sending payments"),
    "contracts": _("Contracts"),
    "contract_answers": _("Sending answers to contracts"),
}
