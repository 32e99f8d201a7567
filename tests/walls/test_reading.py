"""Reading changes nothing: every GET in each of its places, answered as to those who may, and what it wrote on the way.

Counted by the database for each transaction, so that what its functions write is counted too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.walls.fields import Spot, spots
from tests.walls.test_routes import may, path, sent
from tests.walls.test_trail import a_connector, reads_the_trail
from tests.walls.world import Side
from webtest import TestResponse

from portico.identity.permissions import OPERATOR, PUBLIC, SEEING
from portico.settings import Allowance
from portico.testing.portal import Portal
from portico.web.limits import CLASSES

BAD_REQUEST = 400
CEREMONY = frozenset({"ceremony"})
TRAIL = frozenset({"audit_entry"})
WRITES: dict[str, tuple[frozenset[str], str]] = {
    "identity.passkey": (CEREMONY, "keeps for minutes what the key has to sign"),
    "identity.passkey_sign_in": (CEREMONY, "keeps for minutes what the key has to sign"),
    "identity.reauthenticate": (CEREMONY, "keeps for minutes what the key has to sign"),
    "identity.recovery_codes": (CEREMONY, "keeps for minutes the codes that it shows, until they are taken"),
    "identity.data_file": (TRAIL, "gives out all that is known of somebody, and says so in the trail"),
    **dict.fromkeys(
        ("quotes.pdf", "quotes.version_pdf", "quotes.api.quote_pdf", "quotes.api.version_pdf", "orders.confirmation", "orders.api.order_confirmation",
         "signatures.document", "contracts.document", "contracts.api.contract_pdf", "invoices.document", "invoices.api.invoice_document",
         "payments.receipt", "payments.api.payment_receipt", "payments.statement_pdf",
         "einvoices.ubl", "einvoices.api.einvoice_ubl", "einvoices.facturx", "einvoices.api.einvoice_facturx"),
        (TRAIL, "gives out a document, and says so in the trail"),
    ),
    "identity.sso_start": (TRAIL, "leads to a provider that does not answer here, and says so in the trail"),
    "identity.sso_callback": (TRAIL, "refuses what nobody asked a provider for, and says so in the trail"),
}
"""Routes that write though they are read → (all the tables, why)."""
IN_ITS_OWN_TEST = {
    "identity.sso_callback": "tests/functional/identity/test_sso.py::test_a_new_colleague_comes_in_and_the_deep_link_survives",
}
"""What changes something by a GET when it succeeds, as it has to: the test that it is in the trail."""
OF_A_KIND = ("admin.connection_new", "operator.connection_new")
"""Pages whose address names the kind of connection."""
WRITTEN = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"


@contextmanager
def noted(portal: Portal) -> Iterator[set[str]]:
    """Names of the tables that the application's transactions wrote to within the block."""
    found: set[str] = set()

    def counted(connection: sa.Connection) -> dict[str, int]:
        with connection.connection.cursor() as cursor:
            cursor.execute(WRITTEN)
            return dict(cursor.fetchall())

    def begins(connection: sa.Connection) -> None:  # with what the database has not yet added up of transactions before
        connection.info["before"] = counted(connection)

    def ends(connection: sa.Connection) -> None:
        before = connection.info.pop("before", {})
        found.update(name for name, rows in counted(connection).items() if rows != before.get(name, 0))

    listeners = (("begin", begins), ("commit", ends))
    for event, listener in listeners:
        sa.event.listen(portal.parts.engine, event, listener)
    try:
        yield found
    finally:
        for event, listener in listeners:
            sa.event.remove(portal.parts.engine, event, listener)


def reading() -> list[Any]:
    return [pytest.param(one, id=str(one)) for one in spots() if one.spec.method == "GET" and one.spec.permission != SEEING]


@pytest.fixture(autouse=True)
def _without_limits(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast machine asks more within a minute than a person may."""
    monkeypatch.setattr(portal.parts.limits, "allowed", dict.fromkeys(CLASSES, Allowance(0, 0, 0)))


def asking(spot: Spot, side: Side, portal: Portal) -> Callable[[], TestResponse]:
    """The request, with all that it needs made before: sessions, and links that it takes."""
    spec, url, content = spot.spec, path(spot.spec, side.samples), sent(side, spot.spec)
    if spec.name in OF_A_KIND:
        content = {"connector": a_connector(portal)}
    if spec.permission == OPERATOR:
        client = portal.operator()
    else:
        who = next(one for one in ("owner", "agent", "admin", "stranger", "anonymous") if may(side, one, spec))
        client, person = side.clients[who], side.clients[who].person
        if spot.apex:
            client = portal.client(person)
        elif spec.kind == "api":
            client = side.company.api(person) if person is not None and spec.permission != PUBLIC else side.company.anonymous()
            client.prefix = side.company.prefix
    return lambda: client.get(url, content, status="*")


def just_seen(portal: Portal) -> None:
    """Whoever asks a minute after they were last seen is noted as being here: not in these requests."""
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE web_session SET last_seen_at = now()"))


@pytest.mark.parametrize("spot", reading())
def test_reading_changes_nothing(spot: Spot, shared_left: Side, portal: Portal) -> None:
    ask = asking(spot, shared_left, portal)
    just_seen(portal)
    with noted(portal) as written:
        answer = ask()
    assert answer.status_int < BAD_REQUEST, answer.status
    tables, _reason = WRITES.get(spot.spec.name, (frozenset(), ""))
    assert written == tables


def test_what_writes_is_noticed(portal: Portal) -> None:
    """By statements and by functions of the database."""
    customer = portal.company(plugins=[]).customer()
    customer.get("/account", status=200)
    with noted(portal) as written:
        customer.post("/sign-out", status=303)
    assert written >= {"web_session", "audit_entry"}


def test_what_may_write_exists() -> None:
    names = {one.spec.name for one in spots() if one.spec.method == "GET"}
    assert all(tables == TRAIL for name, (tables, _reason) in WRITES.items() if name in IN_ITS_OWN_TEST)
    assert WRITES.keys() | IN_ITS_OWN_TEST.keys() | set(OF_A_KIND) <= names
    for named in IN_ITS_OWN_TEST.values():
        file, _, test = named.partition("::")
        assert reads_the_trail(file, test), named
