"""One browser at the portal's host and at a company's own, and the way from one to the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from webtest import TestResponse

from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

AT_HOME = "localhost:6543"
CODES = "SELECT 1 FROM ceremony WHERE user_id = :u AND purpose = 'handoff'"
OURS = "SELECT id FROM web_session WHERE user_id = :u"
IDLED = "UPDATE web_session SET last_seen_at = now() - interval '31 minutes' WHERE user_id = :u"


@dataclass
class Way:
    """One browser: `home` has its cookies at the portal's host, `there` those at the company's own."""

    portal: Portal
    company: Company
    person: Person
    home: Client
    there: Client

    @property
    def host(self) -> str:
        return f"{self.company.slug}.example"

    @property
    def own(self) -> str:
        return f"http://{self.host}:6543"

    @property
    def onward(self) -> str:
        return f"/c/{self.company.slug}/sign-in/continue"

    def begun(self, **query: str) -> str:
        """Where the company sends the browser: the path at home."""
        answer = self.there.get("/sign-in", query, status=303)
        assert answer.location.startswith(f"http://{AT_HOME}{self.onward}?challenge=")
        return path_of(answer.location)

    def coded(self, at: str = "") -> str:
        """The path at the company with a code, of somebody who was signed in at home already."""
        answer = self.home.post(at or self.begun(), status=303)
        assert answer.location.startswith(f"{self.own}/sign-in/arrive?code=")
        return path_of(answer.location)

    def arrived(self) -> TestResponse:
        return came(self.there, self.coded())

    def sql(self, statement: str, **values: object) -> list[sa.Row]:
        with self.portal.superuser() as connection:
            done = connection.execute(sa.text(statement), {"u": self.person.id, "t": self.company.id, **values})
            return list(done) if done.returns_rows else []


def came(browser: Client, path: str) -> TestResponse:
    """With a code in the address."""
    answer = browser.get(path, status=303)
    assert "/problem" not in answer.location
    return answer


def path_of(location: str) -> str:
    split = urlsplit(location)
    return f"{split.path}?{split.query}" if split.query else split.path


def own_host(portal: Portal, company: Company) -> Client:
    """A browser at the company's own host."""
    statement = "UPDATE tenant SET host = :h, config_version = config_version + 1 WHERE id = :t"
    with portal.superuser() as connection:
        connection.execute(sa.text(statement), {"h": f"{company.slug}.example", "t": company.id})
    client = portal.client()
    client.web.extra_environ["HTTP_HOST"] = f"{company.slug}.example:6543"
    return client


def refused(way: Way, path: str, words: str = "This way in is closed", *, noted: bool = False) -> None:
    """Nobody is signed in by it, and the page says why and what to do. noted: the company's trail has it, for there was a code to
    refuse."""

    def entries() -> int:
        return way.sql("SELECT count(*) FROM audit_entry WHERE tenant_id = :t AND action = 'identity.handoff-refused'")[0][0]

    before = entries()
    sent = way.there.get(path, status=303)
    page = way.there.get(path_of(sent.location))
    assert words in page.html.h1.text
    assert page.html.select(".cluster a")
    assert entries() == before + noted
    assert way.person.email not in way.there.get("/", status="*").text
    assert way.there.get("/notices", status="*").status_int == 303


def changed(way: Way, **settings: object) -> None:
    rule = "UPDATE tenant SET settings = settings || cast(:s AS jsonb), config_version = config_version + 1 WHERE id = :t"
    way.sql(rule, s=json.dumps(settings))


def signs_in(way: Way, at: str, **more: str) -> TestResponse:
    """Somebody who is nobody at home yet, with their password; the answer to it."""
    asked = way.home.get(at, status=303)
    assert asked.location.startswith(f"http://{AT_HOME}{way.company.prefix}/sign-in?next=")
    form = {"email": way.person.email, "password": Person.PASSWORD, **more}
    return way.home.post(path_of(asked.location), form, status=303)


def secret_of(browser: Client, path: str) -> tuple[str, str]:
    """The cookie that the code of this path is good with."""
    name = f"portico_handoff_{parse_qs(urlsplit(path).query)['state'][0]}"
    return name, browser.web.cookies[name]
