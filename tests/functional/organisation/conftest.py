"""A company with a customer organisation: its owner, and what its people are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


@dataclass
class Organisation:
    """account: its id. people: those that a test made, by name."""

    company: Company
    account: UUID
    owner: Client
    people: dict[str, Client] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/organisations/{self.account}"

    @property
    def api(self) -> Client:
        assert self.owner.person is not None
        return self.company.api(self.owner.person)

    def join(self, name: str, role: str, **place: Any) -> Client:
        """A colleague, signed in."""
        client = self.company.client(self.company.customer_person(self.account, name, role=role, **place))
        self.people[name] = client
        return client

    def member_id(self, client: Client) -> UUID:
        return self.member(client.person).id

    def member(self, person: Person | None) -> Any:
        assert person is not None
        with self.company.portal.superuser() as db:
            query = "SELECT * FROM account_member WHERE account_id = :a AND user_id = :u"
            return db.execute(sa.text(query), {"a": self.account, "u": person.id}).one_or_none()

    def site(self, name: str) -> UUID:
        return UUID(self.api.json("post", f"{self.path}/sites", {"name": name}, status=201).json["id"])

    def audited(self, action: str) -> Any:
        with self.company.portal.superuser() as db:
            query = "SELECT * FROM audit_entry WHERE tenant_id = :t AND action = :a ORDER BY id DESC LIMIT 1"
            return db.execute(sa.text(query), {"t": self.company.id, "a": action}).one()

    def link(self, email: str) -> str:
        """The path of the last link that was mailed there."""
        found = re.search(r"/invitation\?token=[\w-]+", self.company.portal.mails(email)[-1].text)
        assert found
        return found[0]

    def invite(self, email: str, role: str = "purchaser", **values: Any) -> str:
        self.api.json("post", f"{self.path}/invitations", {"email": email, "role": role, **values}, status=201)
        return self.link(email)


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=[])


@pytest.fixture
def organisation(company: Company) -> Organisation:
    account = company.account("Acme")
    return Organisation(company, account, company.client(company.customer_person(account, "Olive Owner")))
