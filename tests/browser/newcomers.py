"""People of a test's own on the running site: made in the database, as `portico.testing` makes them, so that no test waits for
a mail, a form or the hash of a password. What they change is nobody else's."""

from __future__ import annotations

import email
import email.policy
import re
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from tests.browser.site import Site, wait_for

from portico.db.types import new_id
from portico.identity import service
from portico.tenancy.models import AccountMember, Membership
from portico.tenancy.scope import Scope
from portico.tenancy.service import add_member
from portico.testing.person import Person

PASSWORD = Person.PASSWORD


def newcomer(site: Site, name: str = "Fatima Factor") -> Person:
    """Somebody with a confirmed address, and a member of nothing."""
    address = f"newcomer-{secrets.token_hex(5)}@example.com"
    with site.superuser() as admin:
        made = admin.execute("SELECT user_create_verified(%s, %s, %s, false, NULL)", [address, name, Person.HASH]).fetchone()
    assert made
    return Person(made[0], address, name)


def colleague(site: Site, slug: str, name: str, **place: Any) -> Person:
    """Somebody who acts for the organisation of the company's customer. place: columns of AccountMember."""
    person = newcomer(site, name)
    with site.system(slug) as db:
        add_member(db, email=person.email, name=name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=organisation(db, slug), user_id=person.id, **place))
    return person


def organisation(db: Any, slug: str) -> UUID:
    same = sa.and_(Membership.tenant_id == AccountMember.tenant_id, Membership.user_id == AccountMember.user_id)
    query = sa.select(AccountMember.account_id).join(Membership, same).where(Membership.email == f"customer@{slug}.example")
    found: UUID = db.scalars(query.order_by(AccountMember.created_at)).first()
    return found


def session(site: Site, person: Person) -> dict[str, Any]:
    """A browser's state in which the person has just signed in with their password."""
    with site.parts.sessions.scoped(Scope(address="127.0.0.1", request_id=new_id().hex)) as db:
        someone = service.Person(person.id, person.email, person.name, None)
        _id, token = service.open_session(db, someone, kind="browser", tenant_id=None, agent="Chrome/140 (Linux)")
    cookie = {"name": "portico", "value": token, "domain": "localhost", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    return {"cookies": [cookie], "origins": []}


def mailed_link(site: Site, address: str, containing: str) -> str:
    """The link of the newest mail to somebody, as soon as the worker has written it."""
    found: list[str] = []

    def written() -> bool:
        for file in sorted((site.home / "mail").glob("*.eml"), reverse=True):
            found.extend(_links(file, address, containing))
            if found:
                return True
        return False

    wait_for(written, 60, f"no mail to {address}")
    return found[0]


def _links(file: Path, address: str, containing: str) -> list[str]:
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    text = mail.get_body(("plain",)) if address in str(mail["To"]) else None
    return [link for link in re.findall(r"https?://\S+", text.get_content()) if containing in link] if text else []
