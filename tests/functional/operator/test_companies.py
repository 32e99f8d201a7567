"""Operators: adding, changing, suspending companies; their connections; who may not."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico.testing.portal import Portal


@pytest.fixture
def operator(portal: Portal) -> Client:
    return portal.operator()


def slug() -> str:
    return "o" + secrets.token_hex(5)


def company(
    short: str, plugins: tuple[str, ...] = (), locales: tuple[str, ...] = ("en",), **given: str
) -> list[tuple[str, str]]:
    values = {
        "name": "Fourth",
        "slug": short,
        "currency": "EUR",
        "locale": "en",
        "time_zone": "UTC",
        "theme": "portico_clear",
        "signup": "approval",
        "admin_name": "",
        "email": "",
        **given,
    }
    pairs = [("__formid__", "form"), *values.items()]
    for name, chosen in (("locales", locales), ("plugins", plugins)):
        pairs += [
            ("__start__", f"{name}:sequence"),
            *(("checkbox", one) for one in chosen),
            ("__end__", f"{name}:sequence"),
        ]
    return pairs


def edited(version: str, **given: str) -> list[tuple[str, str]]:
    return [
        ("version", version),
        *(pair for pair in company("x", **given) if pair[0] not in ("slug", "admin_name", "email")),
    ][:-2]


def record(portal: Portal, short: str) -> Any:
    with portal.superuser() as db:
        return db.execute(sa.text("SELECT * FROM tenant WHERE slug = :s"), {"s": short}).one_or_none()


def add(operator: Client, portal: Portal, **given: Any) -> Any:
    short = slug()
    operator.post("/operator/companies/new", company(short, **given), status=303)
    return record(portal, short)


def test_a_company_is_added_and_its_first_administrator_gets_in(portal: Portal, operator: Client) -> None:
    email = f"{slug()}@example.com"
    made = add(
        operator,
        portal,
        admin_name="Fay First",
        email=email,
        locales=("fr", "ar"),
        currency="EGP",
        theme="portico_ledger",
    )
    assert (made.currency, made.locales, made.theme, made.status) == (
        "EGP",
        ["ar", "en", "fr"],
        "portico_ledger",
        "active",
    )
    [text] = [one.text for one in portal.mails(email)]
    with portal.superuser() as db:
        row = db.execute(
            sa.text("SELECT actor, tenant_id FROM audit_entry WHERE action = 'membership.added' AND tenant_id = :t"),
            {"t": made.id},
        ).one()
    assert row.actor == portal._operator.email  # in the company's own trail, under the operator's name
    link = re.search(r"http://\S+/c/(\S+)/reset\?token=(\S+)", text)
    assert link
    assert link[1] == made.slug
    guest = portal.client(None, f"/c/{made.slug}")
    guest.post("/reset", {"__formid__": "form", "token": link[2], "password": "a quiet green river"}, status=303)
    guest.get("/admin/brand", status=200)


def test_plugins_come_with_what_they_need(portal: Portal, operator: Client) -> None:
    features = [one for one in portal.parts.plugins.in_order() if one.kind == "feature"]
    made = add(operator, portal, plugins=tuple(one.name for one in features[-1:]))
    on = portal.parts.tenant(made.id).plugins
    for one in features[-1:]:
        assert {one.name, *one.requires} <= on


@pytest.mark.parametrize(
    "given",
    [
        {"slug": "UPPER"},
        {"slug": "a b"},
        {"slug": "admin"},
        {"slug": "x" * 41},
        {"slug": "-a"},
        {"slug": ""},
        {"currency": "XXX"},
        {"currency": "eur"},
        {"currency": "BTC"},
        {"locale": "xx"},
        {"time_zone": "Mars/Base"},
        {"theme": "portico_nothing"},
        {"signup": "maybe"},
        {"name": ""},
        {"name": "x" * 121},
        {"extra": "1"},
    ],
)
def test_values_that_cannot_be_meant_add_nothing(portal: Portal, operator: Client, given: dict[str, str]) -> None:
    short = given.pop("slug", slug())
    with portal.superuser() as db:
        before = db.scalar(sa.text("SELECT count(*) FROM tenant"))
    operator.post("/operator/companies/new", company(short, **given), status=422)
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM tenant")) == before


def test_an_address_is_given_once(portal: Portal, operator: Client) -> None:
    made = add(operator, portal)
    refused = operator.post("/operator/companies/new", company(made.slug), status=409)
    assert "Another company has this short name" in refused
    assert 'value="Fourth"' in refused


def test_a_bad_address_of_the_administrator_is_refused_before_anything_is_made(
    portal: Portal, operator: Client
) -> None:
    short = slug()
    operator.post("/operator/companies/new", company(short, email="nobody"), status=422)
    assert record(portal, short) is None


def test_a_suspended_company_is_gone_at_once_and_back_as_it_was(portal: Portal, operator: Client) -> None:
    made = portal.company(plugins=[])
    customer, admin = made.customer(), made.admin()
    customer.get("/", status=200)
    assert "Suspend Company" in operator.get(f"/operator/companies/{made.id}")
    operator.post(f"/operator/companies/{made.id}/suspend", status=303)
    for client in (customer, admin, made.anonymous()):
        client.get("/", status=404)
        client.get("/admin", status=404)
    assert made.slug not in portal.client().get("/companies")
    operator.post(f"/operator/companies/{made.id}/suspend", status=409)
    operator.post(
        f"/operator/companies/{made.id}/invite",
        {"__formid__": "form", "name": "N", "email": "n@example.com"},
        status=409,
    )
    operator.post(f"/operator/companies/{made.id}/activate", status=303)
    customer.get("/", status=200)
    trail = operator.get("/operator/audit?action=company.")
    assert "company.suspended" in trail
    assert "company.activated" in trail


def version(page: Any) -> str:
    return re.search(r'name="version" value="(\d+)"', page.text)[1]  # type: ignore[index]


def test_a_change_is_there_with_the_next_page_and_the_second_operator_is_told(portal: Portal, operator: Client) -> None:
    made = add(operator, portal)
    seen = version(operator.get(f"/operator/companies/{made.id}/edit"))
    operator.post(f"/operator/companies/{made.id}/edit", edited(seen, name="Fifth", currency="GBP"), status=303)
    assert "Fifth" in portal.client(None, f"/c/{made.slug}").get("/sign-in")
    told = portal.operator().post(f"/operator/companies/{made.id}/edit", edited(seen, name="Sixth"), status=409)
    assert "Somebody else changed the settings" in told
    assert record(portal, made.slug).name == "Fifth"


def test_companies_are_listed_with_their_numbers(portal: Portal, operator: Client) -> None:
    made = portal.company(plugins=[])
    made.customer()
    made.admin()
    page = operator.get(f"/operator/companies?q={made.slug}")
    row = page.html.find("a", string=f"Company {made.slug}").find_parent("tr")
    assert [cell.text.strip() for cell in row.select("td.numeric")] == ["1", "1", "0"]
    assert "No company found" in operator.get("/operator/companies?q=%25%25nothing")
    operator.get("/operator/companies?status=suspended", status=200)


def test_the_pages_cost_no_more_queries_with_more_companies(portal: Portal, operator: Client) -> None:
    portal.company(plugins=[])
    counts = []
    for _again in range(2):
        made = []
        for path in ("/operator", "/operator/companies", "/operator/plugins"):
            operator.get(path)
            made.append(len(operator.queries))
        counts.append(made)
        portal.company(plugins=[])
        portal.company(plugins=[])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


@pytest.mark.parametrize(
    "path",
    [
        "/operator",
        "/operator/companies",
        "/operator/companies/new",
        "/operator/jobs",
        "/operator/plugins",
        "/operator/audit",
    ],
)
def test_only_operators_see_these_pages_and_only_at_the_apex(portal: Portal, operator: Client, path: str) -> None:
    operator.get(path, status=200)
    made = portal.company(plugins=[])
    portal.client().get(path, status=303)  # to sign-in
    portal.client(made.admin().person).get(path, status=403)
    made.admin().get(path, status=404)
    portal.client(portal._operator, made.prefix).get(path, status=404)


def test_an_operator_is_nobody_inside_a_company(portal: Portal, operator: Client) -> None:
    made = portal.company(plugins=[])
    answer = portal.client(portal._operator, made.prefix).get("/admin", status=303)
    assert "/join" in answer.location
    assert "/operator" in portal.operator().get("/account")


def test_a_company_that_does_not_exist(operator: Client) -> None:
    for path in ("", "/edit", "/invite"):
        operator.get(f"/operator/companies/00000000-0000-0000-0000-000000000001{path}", status=404)
    operator.get("/operator/companies/none", status=404)
    operator.post("/operator/companies/00000000-0000-0000-0000-000000000001/suspend", status=404)


def dead_job(portal: Portal, reason: str = "550 no such user") -> Any:
    with portal.superuser() as db:
        return db.scalar(
            sa.text(
                "INSERT INTO job_dead (id, queue, actor, args, priority, request_id, attempts, created_at, reason, detail) VALUES (uuidv7(), "
                "'mail', 'notify.send_apex_mail', '{}', 5, '', 12, now(), :r, 'trace') RETURNING id"
            ),
            {"r": reason},
        )


def test_jobs_that_gave_up_are_tried_again_or_discarded(portal: Portal, operator: Client) -> None:
    first, second = dead_job(portal), dead_job(portal, "a second reason")
    page = operator.get("/operator/jobs")
    assert "550 no such user" in page
    assert "a second reason" in page
    operator.post(f"/operator/jobs/{first}/retry", status=303)
    operator.post(f"/operator/jobs/{second}/discard", status=303)
    operator.post(f"/operator/jobs/{second}/discard", status=404)
    with portal.superuser() as db:
        # Taken back as it is looked at: it has no mail, and a worker that a later test starts would stumble over it.
        assert db.scalar(sa.text("DELETE FROM job WHERE id = :i RETURNING state"), {"i": first}) == "queued"
        assert db.scalar(sa.text("SELECT count(*) FROM job_dead WHERE id in (:a, :b)"), {"a": first, "b": second}) == 0
    trail = operator.get("/operator/audit?action=jobs.")
    assert "jobs.retry" in trail
    assert "jobs.discard" in trail


def test_an_operator_finds_the_way_from_where_signing_in_leads(portal: Portal) -> None:
    chooser = portal.operator().get("/")
    assert chooser.html.select_one("a.operator-way")["href"] == "/operator"
    portal.operator().get("/operator", status=200)
    assert portal.client(portal.person()).get("/").html.select_one("a.operator-way") is None
    assert portal.client().get("/").html.select_one("a.operator-way") is None


def test_a_company_can_be_given_another_space_for_files(portal: Portal, operator: Client) -> None:
    made = add(operator, portal)
    usual = portal.settings.files_quota_mb << 20
    files, address = portal.parts.files, f"/operator/companies/{made.id}/edit"
    assert files.quota(portal.parts.tenant(made.id)) == usual
    operator.post(address, edited(version(operator.get(address)), files_quota_mb="10"), status=303)
    assert files.quota(portal.parts.tenant(made.id)) == 10 << 20
    assert operator.get(address).html.find("input", {"name": "files_quota_mb"})["value"] == "10"
    operator.post(address, edited(version(operator.get(address)), files_quota_mb="0"), status=422)
    operator.post(address, edited(version(operator.get(address)), files_quota_mb=""), status=303)
    assert files.quota(portal.parts.tenant(made.id)) == usual


def test_a_companys_page_stays_at_its_own_address(portal: Portal, operator: Client) -> None:
    """What is shown of the company must not become the address that the browser shows and opens again."""
    made = add(operator, portal)
    page = operator.get(f"/operator/companies/{made.id}")
    assert f'/c/{made.slug}/"' in page
    assert "data-address" not in page


def test_a_name_in_another_script_stands_apart_in_recent_activity(portal: Portal, operator: Client) -> None:
    add(operator, portal, name="متجر النيل", email=f"{slug()}@example.com", admin_name="Fay First")
    assert "<bdi>متجر النيل</bdi>" in operator.get("/operator")


def test_french_puts_a_space_before_the_colon_of_what_is_wrong(operator: Client) -> None:
    page = operator.post("/operator/companies/new?lang=fr", company(slug(), name=""), status=422)
    assert re.search(r'<li><a href="#[^"]+">[^<:]+\u00a0: ', page.text)


def test_a_company_gets_a_host_of_its_own_and_is_there_at_once(portal: Portal, operator: Client) -> None:
    made = portal.company(plugins=[])
    address, host = f"/operator/companies/{made.id}/edit", f"{slug()}.example.com"
    assert portal.client(None).web.get("/sign-in", headers={"Host": host}, status="*").status_int == 404
    operator.post(address, edited(version(operator.get(address)), host=f" {host.upper()}. "), status=303)
    assert record(portal, made.slug).host == host
    assert host in operator.get(f"/operator/companies/{made.id}")
    assert portal.client(None).web.get("/sign-in", headers={"Host": host}).status_int == 303
    with portal.superuser() as db:
        noted = db.execute(
            sa.text("SELECT before, after FROM audit_entry WHERE action = 'company.changed' AND subject_id = :c "
                    "ORDER BY id DESC LIMIT 1"), {"c": str(made.id)}).one()
    assert (noted.before["host"], noted.after["host"]) == (None, host)

    other = portal.company(plugins=[])
    second = f"/operator/companies/{other.id}/edit"
    told = operator.post(second, edited(version(operator.get(second)), host=host), status=422)
    assert "has this host already" in told
    assert record(portal, other.slug).host is None

    operator.post(address, edited(version(operator.get(address)), host=""), status=303)
    assert record(portal, made.slug).host is None
    assert portal.client(None).web.get("/sign-in", headers={"Host": host}, status="*").status_int == 404


@pytest.mark.parametrize("host", ["https://a.example", "a.example/x", "a.example:443", "example", "10.0.0.1", "a..b", "-a.example",
                                  "a_b.example", "localhost", "127.0.0.1", "x" * 64 + ".example", "a b.example", "*.example", "\u202ea.example"])
def test_what_is_no_host_of_a_company_is_refused(portal: Portal, operator: Client, host: str) -> None:
    made = portal.company(plugins=[])
    address = f"/operator/companies/{made.id}/edit"
    told = operator.post(address, edited(version(operator.get(address)), host=host), status=422)
    assert record(portal, made.slug).host is None
    assert 'name="host"' in told


def test_a_host_in_other_letters_is_kept_as_dns_has_it(portal: Portal, operator: Client) -> None:
    made = portal.company(plugins=[])
    address, short = f"/operator/companies/{made.id}/edit", slug()
    operator.post(address, edited(version(operator.get(address)), host=f"{short}.müller.example"), status=303)
    assert record(portal, made.slug).host == f"{short}.xn--mller-kva.example"
