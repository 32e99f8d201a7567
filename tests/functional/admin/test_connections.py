"""Connections in the administration: forms of the connector's own schema, tested before use, secrets never shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import colander
import pytest
import sqlalchemy as sa

from portico.connections import service
from portico.connections.models import Connection, ConnectionRun, ConnectionSync, ConnectionSyncProblem
from portico.connections.sync import Counts, SyncEntity
from portico.db.types import now
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.values import CapabilityReport, Page, SetupReport

SECRET = "s3cret-of-the-company"


@dataclass
class Item:
    ref: str
    name: str


@dataclass
class FakeConnector:
    """A system that lives in memory. `error`: what its test raises; `empty`: its tables are not there yet."""

    name: str = "fake"
    title: str = "Fake system"
    capabilities: frozenset[str] = frozenset({"things", "setup"})
    secret_fields: tuple[str, ...] = ("password",)
    error: Exception | None = None
    empty: bool = False
    full: bool = False
    passwords: list[str] = field(default_factory=list)

    def settings_schema(self) -> Any:
        schema = colander.MappingSchema(unknown="raise")
        for name in ("host", "password"):
            schema.add(
                colander.SchemaNode(colander.String(), name=name, title=name.title(), validator=colander.Length(max=99))
            )
        schema.add(
            colander.SchemaNode(
                colander.String(),
                name="mode",
                title="Mode",
                validator=colander.OneOf(["plain", "safe"]),
                default="safe",
                missing="safe",
            )
        )
        return schema

    def open(self, config: Any, secrets: Any, *, egress: Any) -> Any:
        self.passwords.append(secrets.get("password", ""))
        return FakeClient(self)


@dataclass
class FakeClient:
    system: FakeConnector

    def test(self) -> Sequence[CapabilityReport]:
        if self.system.error:
            raise self.system.error
        works = not self.system.empty
        return [
            CapabilityReport("things", works, "12 things can be read." if works else "No table of things.", 12),
            CapabilityReport("setup", works, "The tables are there." if works else "The tables are not there."),
        ]

    def changed(self, cursor: str | None) -> Page[Item]:
        return Page([Item("T-1", "First thing"), Item("T-2", "Second thing")], "2")

    def set_up(self) -> SetupReport:
        if self.system.full:
            raise ConnectorRejectedError("database", "The database is not empty: nothing was changed.")
        self.system.empty = False
        return SetupReport(True, 1, "The tables were created.")

    def close(self) -> None:
        pass


@pytest.fixture
def system(portal: Portal) -> Iterator[FakeConnector]:
    host = portal.parts.connections
    made = FakeConnector()
    host.connectors["fake"], host.titles["fake"] = made, made.title  # type: ignore[assignment]
    host.entities["fake.things"] = (
        None,
        SyncEntity(
            "fake.things", "things", lambda client, cursor: client.changed(cursor), lambda db, target, items: Counts(),
            columns={"ref": "Number of the thing", "name": "Its name"},
        ),
    )
    yield made
    del host.connectors["fake"], host.titles["fake"], host.entities["fake.things"]


@pytest.fixture
def company(portal: Portal, system: FakeConnector) -> Company:
    return portal.company(plugins=[])


def values(**given: str) -> list[tuple[str, str]]:
    settings = {"host": "db.example", "password": SECRET, "mode": "safe", **given}
    name = settings.pop("name", "Books")
    extra = [(key, settings.pop(key)) for key in ("connector", "version") if key in settings]
    return [
        ("__formid__", "form"),
        *extra,
        ("name", name),
        ("__start__", "settings:mapping"),
        *settings.items(),
        ("__end__", "settings:mapping"),
    ]


def propose(admin: Client, **given: str) -> str:
    answer = admin.post("/admin/connections/new", values(connector="fake", **given), status=303)
    found = re.search(r"/admin/connections/([0-9a-f-]+)/test$", answer.location)
    assert found, answer.location
    return found[1]


def connect(admin: Client) -> str:
    connection_id = propose(admin)
    admin.post(f"/admin/connections/{connection_id}/test", status=200)
    return connection_id


def row(company: Company, connection_id: str) -> Connection:
    with company.system() as db:
        return db.scalars(sa.select(Connection).where(Connection.id == connection_id)).one()


def test_a_connection_is_tested_shown_and_put_to_use(company: Company, system: FakeConnector) -> None:
    admin = company.admin()
    form = admin.get("/admin/connections/new?connector=fake")
    assert "Fake system" in form
    assert '<option value="plain"' in form
    connection_id = propose(admin)
    assert row(company, connection_id).status == "draft"
    assert "Asking your system" in admin.get(f"/admin/connections/{connection_id}/test")
    assert system.passwords == []  # nothing was asked on the page's own account
    result = admin.post(f"/admin/connections/{connection_id}/test", headers={"HX-Request": "true"})
    assert all(text in result for text in ("It works, and is in use", "12 things can be read.", "First thing", "T-2", "Its name"))
    assert "<html" not in result
    assert system.passwords == [SECRET]
    assert row(company, connection_id).status == "active"
    assert "Works" in admin.get("/admin/connections")


def test_its_page_says_what_it_cannot_do(company: Company, system: FakeConnector) -> None:
    admin, system.capabilities = company.admin(), frozenset({"things", "setup", "orders"})
    connection_id = propose(admin)
    lacking = "Customers do not see what is in stock."
    assert lacking not in admin.get(f"/admin/connections/{connection_id}/test")
    assert lacking in admin.post(f"/admin/connections/{connection_id}/test")
    page = admin.get(f"/admin/connections/{connection_id}")
    assert all(text in page for text in ("What it cannot do", lacking, "Orders are shown without their deliveries."))
    assert "Orders are not shown." not in page
    assert "ما هو متوفر في المخزون" in admin.get(f"/admin/connections/{connection_id}?lang=ar")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectorUnavailableError("Nobody answers at this address."), "Nobody answers at this address."),
        (ConnectorUnauthorisedError("The password is wrong."), "The password is wrong."),
        (ConnectorRejectedError("host", "This address is not allowed."), "This address is not allowed."),
        (ZeroDivisionError("a bug"), "The connection to the company"),
    ],
)
def test_a_connection_that_fails_its_test_is_not_used_unless_kept_switched_off(
    company: Company, system: FakeConnector, error: Exception, words: str
) -> None:
    admin, system.error = company.admin(), error
    connection_id = propose(admin)
    result = admin.post(f"/admin/connections/{connection_id}/test")
    assert "It does not work yet" in result
    assert words in result
    assert row(company, connection_id).status == "draft"
    shown = admin.get("/admin/connections")
    assert "Test failed" in shown
    assert words in shown
    assert "Not tested" not in shown
    admin.post(f"/admin/connections/{connection_id}/sync", status=409)
    admin.post(f"/admin/connections/{connection_id}/keep", status=303)
    kept = row(company, connection_id)
    assert (kept.status, kept.last_ok_at) == ("paused", None)
    for page in ("/admin/connections", f"/admin/connections/{connection_id}"):
        shown = admin.get(page)
        assert "Test failed" in shown
        assert words in shown
        assert shown.html.find("time", attrs={"datetime": kept.last_error_at.isoformat()})
    assert "Settings kept although their test failed" in admin.get("/admin/audit")
    admin.post(f"/admin/connections/{connection_id}/resume", status=409)
    system.error = None
    admin.post(f"/admin/connections/{connection_id}/test", status=200)
    admin.post(f"/admin/connections/{connection_id}/resume", status=303)
    assert row(company, connection_id).status == "active"


@pytest.mark.parametrize(
    "given",
    [
        {"host": ""},
        {"host": "x" * 100},
        {"password": ""},
        {"mode": "wild"},
        {"name": ""},
        {"name": "x" * 201},
        {"extra": "1"},
    ],
)
def test_settings_that_do_not_fit_are_refused_with_what_was_typed(
    company: Company, system: FakeConnector, given: dict[str, str]
) -> None:
    admin = company.admin()
    refused = admin.post("/admin/connections/new", values(connector="fake", **given), status=422)
    assert SECRET not in refused
    with company.system() as db:
        assert service.listing(db) == []


def test_settings_kept_although_they_failed_do_not_look_like_the_old_ones_that_worked(
    company: Company, system: FakeConnector, version_of: Callable[[Any], str]
) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    worked_at = row(company, connection_id).last_ok_at
    system.error = ConnectorUnavailableError("Nobody answers at this address.")
    version = version_of(admin.get(f"/admin/connections/{connection_id}/edit"))
    proposed = admin.post(f"/admin/connections/{connection_id}/edit", values(version=version), status=303)
    draft = proposed.location.split("/")[-2]
    admin.post(f"/admin/connections/{draft}/test")
    shown = admin.get(f"/admin/connections/{connection_id}")
    assert "New settings failed their test and are not in use" in shown
    assert "Nobody answers at this address." in shown
    admin.post(f"/admin/connections/{draft}/keep", status=303)
    kept = row(company, connection_id)
    assert (kept.status, kept.last_ok_at) == ("paused", worked_at)
    assert "Test failed" in admin.get(f"/admin/connections/{connection_id}")
    admin.post(f"/admin/connections/{connection_id}/resume", status=409)


def test_what_works_in_part_does_not_look_fine(company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    with company.system() as db:
        found = service.get(db, UUID(connection_id))
        found.reports = [*found.reports, {"capability": "prices", "title": "", "ok": False, "detail": "No.", "rows": None}]
    assert "Works in part" in admin.get("/admin/connections")


def test_what_failed_since_the_test_does_not_look_as_if_it_worked(company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    page = f"/admin/connections/{connection_id}"
    with company.system() as db:
        db.add(ConnectionSync(connection_id=connection_id, entity="fake.things", error="There is no table of things."))
    shown = admin.get(page).html.select("ul.reports > li")
    assert [one.select_one(".pill").text.strip() for one in shown] == ["Fails", "Worked at the test"]
    assert "There is no table of things." in shown[0].text
    assert "12 things can be read." not in shown[0].text
    with company.system() as db:
        db.execute(sa.update(ConnectionSync).values(error=None))
    shown = admin.get(page).html.select("ul.reports > li")
    assert [one.select_one(".pill").text.strip() for one in shown] == ["Works", "Works"]


def test_a_kind_that_is_not_installed_does_not_exist(company: Company) -> None:
    company.admin().get("/admin/connections/new?connector=nothing", status=404)


def version(page: Any) -> str:
    return re.search(r'name="version" value="(\d+)"', page.text)[1]  # type: ignore[index]


def test_a_secret_left_empty_is_kept_and_a_new_one_replaces_it(company: Company, system: FakeConnector) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    form = admin.get(f"/admin/connections/{connection_id}/edit")
    assert "leave it empty to keep it" in form.text.lower()
    answer = admin.post(
        f"/admin/connections/{connection_id}/edit",
        values(version=version(form), password="", name="Renamed"),
        status=303,
    )
    admin.post(answer.location.replace("http://localhost:6543", ""), status=200)
    assert row(company, connection_id).name == "Renamed"
    assert system.passwords[-1] == SECRET
    form = admin.get(f"/admin/connections/{connection_id}/edit")
    answer = admin.post(
        f"/admin/connections/{connection_id}/edit", values(version=version(form), password="another"), status=303
    )
    admin.post(answer.location.replace("http://localhost:6543", ""), status=200)
    assert system.passwords[-1] == "another"


def test_a_stored_secret_is_never_sent_to_another_host(company: Company, system: FakeConnector) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    form = admin.get(f"/admin/connections/{connection_id}/edit")
    refused = admin.post(
        f"/admin/connections/{connection_id}/edit",
        values(version=version(form), password="", host="evil.example"),
        status=422,
    )
    assert "the address has changed" in refused
    assert len(system.passwords) == 1


def test_a_connector_says_which_of_its_settings_lead_elsewhere(
    company: Company, system: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kind of database without a port: the kind decides where the password goes."""
    monkeypatch.setattr(system, "address_fields", ("host", "mode"), raising=False)
    admin = company.admin()
    connection_id = connect(admin)
    form = admin.get(f"/admin/connections/{connection_id}/edit")
    refused = admin.post(
        f"/admin/connections/{connection_id}/edit", values(version=version(form), password="", mode="plain"), status=422
    )
    assert "the address has changed" in refused
    assert len(system.passwords) == 1


def test_the_second_of_two_administrators_is_told(company: Company, system: FakeConnector) -> None:
    first, second = company.admin(), company.admin()
    connection_id = connect(first)
    old = version(second.get(f"/admin/connections/{connection_id}/edit"))
    answer = first.post(f"/admin/connections/{connection_id}/edit", values(version=old, name="First"), status=303)
    first.post(answer.location.replace("http://localhost:6543", ""), status=200)
    told = second.post(f"/admin/connections/{connection_id}/edit", values(version=old, name="Second"), status=409)
    assert "Somebody else changed the settings" in told
    assert row(company, connection_id).name == "First"


def test_an_empty_system_is_set_up_and_a_full_one_left_alone(company: Company, system: FakeConnector) -> None:
    admin, system.empty, system.full = company.admin(), True, True
    connection_id = propose(admin)
    result = admin.post(f"/admin/connections/{connection_id}/test")
    assert "Set it up for the portal" in result
    assert row(company, connection_id).status == "draft"
    refused = admin.post(f"/admin/connections/{connection_id}/set-up", status=303).follow()
    assert "The database is not empty" in refused
    system.full = False
    assert "The tables were created." in admin.post(f"/admin/connections/{connection_id}/set-up", status=303).follow()
    assert "It works, and is in use" in admin.post(f"/admin/connections/{connection_id}/test")


def test_secrets_are_in_no_page_log_or_audit_row(
    portal: Portal, company: Company, system: FakeConnector, caplog: Any
) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    system.error = ConnectorUnauthorisedError("refused")
    admin.post(f"/admin/connections/{connection_id}/test")
    pages = [
        admin.get(path).text
        for path in (
            "/admin",
            "/admin/connections",
            f"/admin/connections/{connection_id}",
            "/admin/audit",
            f"/admin/connections/{connection_id}/edit",
            f"/admin/connections/{connection_id}/test",
        )
    ]
    pages.append(admin.post("/admin/audit/export").text)
    with portal.superuser() as db:
        pages += [
            str(one)
            for one in db.execute(
                sa.text("SELECT before, after FROM audit_entry WHERE tenant_id = :t"), {"t": company.id}
            )
        ]
        pages += [
            str(one) for one in db.execute(sa.text("SELECT * FROM connection WHERE tenant_id = :t"), {"t": company.id})
        ]
        pages += [
            str(bytes(one.sealed))
            for one in db.execute(
                sa.text("SELECT sealed FROM connection_secret WHERE tenant_id = :t"), {"t": company.id}
            )
        ]
    assert any("connections.create" in page for page in pages)
    assert not any(SECRET in text for text in [*pages, caplog.text])


def test_synchronise_now_is_one_job_however_often_it_is_pressed(portal: Portal, company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    for _again in range(3):
        admin.post(f"/admin/connections/{connection_id}/sync", status=303)
    with portal.superuser() as db:
        assert (
            db.scalar(
                sa.text("SELECT count(*) FROM job WHERE tenant_id = :t AND actor = 'connections.sync'"),
                {"t": company.id},
            )
            == 1
        )


def test_all_that_is_left_over_is_read_again_or_dismissed_at_once(portal: Portal, company: Company) -> None:
    admin, agent = company.admin(), company.agent()
    connection_id = connect(admin)
    with company.system() as db:
        db.add(ConnectionSync(connection_id=connection_id, entity="fake.things", cursor="2"))
        for ref in ("T-7", "T-8"):
            db.add(ConnectionSyncProblem(connection_id=connection_id, entity="fake.things", record_ref=ref, message="No price."))
    agent.post("/admin/sync-problems/retry", status=303)
    with company.system() as db:
        assert db.scalar(sa.select(ConnectionSync.cursor).where(ConnectionSync.connection_id == connection_id)) is None
    agent.post("/admin/sync-problems/dismiss", status=303)
    assert "Nothing is left over" in agent.get("/admin/sync-problems")
    company.customer().post("/admin/sync-problems/dismiss", status=403)


def test_runs_are_listed_and_a_comparison_that_was_not_believed_can_be_confirmed(portal: Portal, company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    assert "No run yet" in admin.get(f"/admin/connections/{connection_id}/runs")
    moments = {"started_at": now(), "ended_at": now()}
    with company.system() as db:
        for number in range(60):
            db.add(ConnectionRun(connection_id=connection_id, entity="fake.things", kind="changes", outcome="done", created=number,
                                 **moments))
        db.flush()
        db.add(ConnectionRun(connection_id=connection_id, entity="fake.things", kind="everything", outcome="refused", times=3,
                             message="40 records are gone.", **moments))
    page = admin.get(f"/admin/connections/{connection_id}/runs")
    assert "40 records are gone." in page
    assert "3 times in a row" in page
    assert "It is right: compare again and remove them" in page
    older = page.html.select_one(".pagination a[rel=next], a[rel=next]")
    assert older is not None
    assert "It is right" not in admin.get(older["href"])
    admin.post(f"/admin/connections/{connection_id}/compare", {"force": "yes"}, status=303)
    admin.post(f"/admin/connections/{connection_id}/trial", status=303)
    with portal.superuser() as db:
        jobs = dict(db.execute(sa.text("SELECT actor, args FROM job WHERE tenant_id = :t AND actor IN "
                                       "('connections.compare', 'connections.trial')"), {"t": company.id}).all())  # fmt: skip
    assert jobs["connections.compare"]["force"] is True
    assert set(jobs) == {"connections.compare", "connections.trial"}
    company.agent().get(f"/admin/connections/{connection_id}/runs", status=403)


def test_problems_are_shown_retried_and_dismissed(portal: Portal, company: Company) -> None:
    admin, agent = company.admin(), company.agent()
    connection_id = connect(admin)
    with company.system() as db:
        sync = ConnectionSync(connection_id=connection_id, entity="fake.things", cursor="2")
        first, second = (
            ConnectionSyncProblem(
                connection_id=connection_id, entity="fake.things", record_ref=ref, message="No price."
            )
            for ref in ("T-7", "T-8")
        )
        db.add_all([sync, first, second])
    assert "T-7" in agent.get("/admin/sync-problems")
    assert "2 records left over" in admin.get("/admin/connections")
    agent.post(f"/admin/sync-problems/{first.id}/retry", status=303)
    with portal.superuser() as db:
        (told,) = db.scalars(sa.text("SELECT args FROM job WHERE tenant_id = :t AND args ->> 'ref' = 'T-7'"), {"t": company.id})
    assert (told["entity"], told["connection_id"]) == ("fake.things", str(connection_id))
    agent.post(f"/admin/sync-problems/{second.id}/dismiss", status=303)
    assert "T-8" not in agent.get("/admin/sync-problems")
    company.customer().get("/admin/sync-problems", status=403)


def test_the_list_takes_as_many_queries_for_one_connection_as_for_three(company: Company) -> None:
    admin = company.admin()
    connect(admin)
    admin.get("/admin/connections")
    few = len(admin.queries)
    connect(admin)
    connect(admin)
    admin.get("/admin/connections")
    assert len(admin.queries) == few <= 5


def test_a_deleted_connection_is_gone_with_its_secret(portal: Portal, company: Company) -> None:
    admin = company.admin()
    connection_id = connect(admin)
    admin.post(f"/admin/connections/{connection_id}/delete", status=303)
    admin.get(f"/admin/connections/{connection_id}", status=404)
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM connection_secret WHERE tenant_id = :t"), {"t": company.id}) == 0


def test_only_those_who_may_set_up_connections(company: Company) -> None:
    connection_id = connect(company.admin())
    for client in (company.agent(), company.customer()):
        client.get("/admin/connections", status=403)
        for action in ("test", "sync", "pause", "resume", "keep", "delete", "set-up", "edit"):
            client.post(f"/admin/connections/{connection_id}/{action}", status=403)


def test_tries_that_failed_leave_one_connection_and_say_so(company: Company, system: FakeConnector) -> None:
    admin = company.admin()
    in_use = connect(admin)
    system.error = ConnectorUnavailableError("The database does not answer.")
    for number in range(4):
        tried = propose(admin, name=f"Second {number}")
        admin.post(f"/admin/connections/{tried}/test", status=200)
    again = propose(admin, name="Second 3")
    admin.post(f"/admin/connections/{again}/edit", values(version="1", name="Second 4"), status=303)
    with company.system() as db:
        kept = db.scalars(sa.select(Connection.id).where(Connection.replaces_id.is_(None))).all()
        assert {str(one) for one in kept} == {in_use, again}
    admin.post(f"/admin/connections/{again}/test", status=200)
    page = admin.get("/admin/connections").text
    assert "Test failed" in page
    assert "Not tested" not in page
    assert "Second 2" not in page
    system.error = None
    passed = propose(admin, name="Third")
    admin.post(f"/admin/connections/{passed}/test", status=200)
    assert row(company, passed).status == "active"
    assert "Test failed" not in admin.get("/admin/connections").text


def test_what_is_synchronised_is_named_in_the_readers_language(company: Company, portal: Portal) -> None:
    """Its capabilities, its entities and its errors too, as the connector of the company's database gives them."""
    from portico_companydb.check import TITLES
    from portico_companydb.database import contract_error

    class MissingTableError(Exception):
        sqlstate = "42P01"

    admin = company.admin()
    connection_id = connect(admin)
    error = contract_error(MissingTableError('relation "orders" does not exist'))
    reports = [CapabilityReport("quote_submission", True, "x", 1, TITLES["quote_submission"])]
    with company.system() as db:
        service.record_test(db, portal.parts.cipher, UUID(connection_id), reports=reports)
        db.execute(sa.update(Connection).values(last_error=error.message))  # type: ignore[attr-defined]
        entity = ConnectionSync(connection_id=UUID(connection_id), entity="orders.orders", error=error.message)  # type: ignore[attr-defined]
        problem = ConnectionSyncProblem(connection_id=UUID(connection_id), entity="orders.orders", record_ref="O-1", message=error.message)  # type: ignore[attr-defined]
        db.add_all([entity, problem])
    said = "لا يوجد جدول باسم «orders»"
    for address in (f"/admin/connections/{connection_id}", "/admin/connections", "/admin/sync-problems"):
        page = admin.get(f"{address}?lang=ar").text
        assert said in page, address
        assert "does not exist" not in page
        assert "quote_submission" not in page
        assert "orders.orders" not in page
    assert "إرسال عروض الأسعار" in admin.get(f"/admin/connections/{connection_id}?lang=ar").text


def test_another_kind_takes_a_connection_over_once_its_test_passed_and_no_secret_goes_along(
    company: Company, system: FakeConnector, portal: Portal
) -> None:
    host, other = portal.parts.connections, FakeConnector("other", "Other system")
    host.connectors["other"], host.titles["other"] = other, other.title  # type: ignore[assignment]
    host.unproven["other"] = "By documentation, and never tried."
    try:
        admin = company.admin()
        connection_id = connect(admin)
        page = f"/admin/connections/{connection_id}"
        with company.system() as db:
            db.add(ConnectionSync(connection_id=connection_id, entity="fake.things", cursor="2"))
        assert "By documentation" not in admin.get(page)
        form = admin.get(f"{page}/edit?connector=other")
        assert all(text in form for text in ("takes this connection over", "By documentation, and never tried."))
        assert "db.example" not in form
        given = {"connector": "other", "version": version(form)}
        admin.post(f"{page}/edit", values(**given, password=""), status=422)  # the stored one is not for this system
        other.error = ConnectorUnavailableError("gone")
        answer = admin.post(f"{page}/edit", values(**given, password="another"), status=303)
        admin.post(answer.location.replace("http://localhost:6543", ""), status=200)
        assert row(company, connection_id).connector == "fake"
        other.error = None
        answer = admin.post(f"{page}/edit", values(**given, password="another"), status=303)
        admin.post(answer.location.replace("http://localhost:6543", ""), status=200)
        assert row(company, connection_id).connector == "other"
        assert set(other.passwords) == {"another"}
        assert "By documentation, and never tried." in admin.get(page)
        with company.system() as db:
            assert db.scalars(sa.select(ConnectionSync.cursor)).one() is None
        admin.get(f"{page}/edit?connector=nothing", status=404)
    finally:
        host.forget(UUID(connection_id))
        del host.connectors["other"], host.titles["other"], host.unproven["other"]
