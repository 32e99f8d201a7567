"""The test of a mapped connection: reads the first rows of everything that is mapped, and says what is wrong, row and field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from portico_companydb.foreign import writing
from portico_companydb.foreign.document import MappingError
from portico_companydb.foreign.entities import ENTITIES
from portico_companydb.foreign.values import plain
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.values import CapabilityReport, Problem

if TYPE_CHECKING:
    from portico_companydb.foreign.client import ForeignClient

SAMPLE = 200
_BY_CAPABILITY = {
    "catalogue": "items",
    "customers": "customers",
    "quotes": "quotes",
    "orders": "orders",
    "deliveries": "orders",
    "invoices": "invoices",
    "payments": "payments",
}


def reports(client: ForeignClient) -> Sequence[CapabilityReport]:
    """One per capability that the mapping declares. A database that cannot be reached or logged into raises instead."""
    from portico_companydb.check import TITLES

    with client.database.transaction() as connection:
        connection.execute(sa.select(sa.literal(1)))
    found = []
    for capability in sorted(client.document.capabilities):
        try:
            detail, rows = _probe(client, capability)
            found.append(CapabilityReport(capability, True, detail, rows, TITLES.get(capability, "")))
        except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
            found.append(CapabilityReport(capability, False, error.message, title=TITLES.get(capability, "")))
    return found


def _probe(client: ForeignClient, capability: str) -> tuple[Any, int]:
    if capability in _BY_CAPABILITY:
        return _sample(client, _BY_CAPABILITY[capability])
    if capability == "prices":
        return _prices(client)
    return _submission(client)


def _sample(client: ForeignClient, path: str) -> tuple[Any, int]:
    page = getattr(client, {"items": "items"}.get(path, f"changed_{path}"))(None, SAMPLE)
    count = len(page.items) + len(page.problems)
    title = ENTITIES[path].title
    if not page.problems:
        return _("${what}: the first ${count} can be read.", mapping={"what": title, "count": Decimal(count)}), count
    if not page.items:
        raise ConnectorRejectedError(None, _worst(page.problems), code="schema")
    return _(
        "${what}: ${bad} of the first ${count} cannot be used. ${why}",
        mapping={
            "what": title,
            "bad": Decimal(len(page.problems)),
            "count": Decimal(count),
            "why": _worst(page.problems),
        },
    ), count


def _worst(problems: Sequence[Problem]) -> Any:
    """The sentence that most of them have."""
    said = {plain(one.message): one.message for one in problems}
    return said[Counter(plain(one.message) for one in problems).most_common(1)[0][0]]


def _prices(client: ForeignClient) -> tuple[Any, int]:
    page = client.items(None, 5)
    client.prices(None, [(item.ref, Decimal(1)) for item in page.items])
    if "prices" not in client.document.sources:
        return _("List prices can be read, with the discounts of customers."), len(page.items)
    with client.reading("prices") as reading:
        source = reading.builder.source("prices")
        rows = reading.rows.first(source, SAMPLE)
        for row in rows:
            problem = reading.builder.attempt("prices", "?", row, partial(reading.builder.fields, "prices", row))
            if isinstance(problem, Problem):
                raise ConnectorRejectedError(None, problem.message, code="schema")
    return _("Prices can be read; the first ${count} agreed ones as well.", mapping={"count": Decimal(len(rows))}), len(rows)


def _submission(client: ForeignClient) -> tuple[Any, int]:
    target = client.document.submission
    if target is None:
        raise MappingError("submission", _("is not mapped"))
    with client.reading("quotes") as reading:
        for one in (target, target.lines):
            if one is not None and one.table:
                relation = client.catalogue.relation(reading.connection, one.table)
                for name in one.values:
                    relation.column(name)
                _may_insert(reading.connection, relation)
        writing.check_undoable(reading.connection, client.catalogue, target)
        client.find_quote("-")
    return _("Quotes can be written."), 0


def _may_insert(connection: Any, relation: Any) -> None:
    """PostgreSQL can be asked; elsewhere it shows with the first quote."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    name = ".".join(quote(part) for part in (relation.clause.schema, relation.clause.name) if part)
    if not connection.execute(sa.text("SELECT has_table_privilege(:name, 'INSERT')"), {"name": name}).scalar_one():
        raise ConnectorUnauthorisedError(_("The database user may not write quotes."))
