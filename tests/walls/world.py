"""A company that has everything, twice, for tests that walk every table and every route."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import localtime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.api.idempotency import IdempotencyKey
from portico.approvals.models import Approval
from portico.db.types import new_id, now
from portico.identity.factors import passkeys
from portico.identity.factors import service as factors
from portico.identity.personal import service as personal
from portico.identity.sealing import seal
from portico.identity.sso import service as sso
from portico.identity.sso.models import SsoIdentity
from portico.notify.models import Mail, MailText, Notification, NotificationChoice
from portico.organisation.models import AccountInvitation, AccountSite
from portico.privacy.service import ARCHIVE
from portico.tenancy.models import AccountMember, TenantRole
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


@dataclass
class Side:
    """One company with two customers of two accounts; `samples` belong to the first customer's account.
    `sampled`: names that the plugins gave samples for. `ready`: routes whose request was prepared."""

    company: Company
    clients: dict[str, Client]
    samples: dict[str, str]
    accounts: tuple[object, object]
    sampled: set[str] = field(default_factory=set)
    ready: set[str] = field(default_factory=set)

    @property
    def people(self) -> list[object]:
        """The ids of those who have a client."""
        return [client.person.id for client in self.clients.values() if client.person is not None]


def build_side(portal: Portal) -> Side:
    names = [m.name for m in portal.parts.plugins.manifests.values()]
    company = portal.company(plugins=names)
    first, second = company.account("First"), company.account("Second")
    owner, other = company.customer(first), company.customer(second)
    colleagues = {one: company.customer_person(one, "Cole League", role="viewer") for one in (first, second)}
    samples: dict[str, str] = {"tenant_id": str(company.id), "slug": company.slug, "digest": "0" * 16, "company_id": str(company.id), "job_id": str(new_id()),
                               "plugin": _a_feature(portal), "mail": a_mail(portal), "lang": "en",
                               "mail_kind": "approvals.requested.user", "mail_locale": "en", "place": "1"}
    with company.system() as db:
        for account_id, person in ((first, owner.person), (second, other.person)):
            made: dict[str, str] = {}
            for answer in db.info["relay"].call("sample_records", db=db, account_id=account_id):
                made |= answer
            sampled = set(made)
            with_previews(db)
            event_id = events.publish(db, "core.sample", account_id=account_id, subject=("sample", "1"))
            notice = Notification(user_id=person.id, event_id=event_id, kind="core.sample", data={})
            choice = NotificationChoice(user_id=person.id, kind="core.sample", portal=True, mail=False)
            db.add_all([notice, choice, IdempotencyKey(user_id=person.id, key="k" + str(account_id), fingerprint=b"x")])
            db.flush()
            made["notice_id"] = str(notice.id)
            made["account_id"] = str(account_id)
            made["membership_id"] = str(
                db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": person.id})
            )
            made |= an_organisation(db, colleagues[account_id], made["quote_id"])
            if account_id == first:
                samples |= made
        role = TenantRole(name="composed", title="Composed", kind="staff", permissions=[])
        db.add(role)
        audit.record(db, "core.sample")
        db.flush()
        samples["role_id"] = str(role.id)
        mail = Mail(tenant_id=company.id, recipient="a@example.com", kind="sample", subject="S", text="T", html="H", status="failed")
        words = dict.fromkeys(("heading", "opening", "closing", "button"), "")
        db.add_all([mail, MailText(mail=samples["mail_kind"], locale=samples["mail_locale"], subject="Sample", **words)])
        db.flush()
        samples["mail_id"] = str(mail.id)
    add_logo(portal, company)
    let_sign(portal, company)
    add_connection(portal, company, samples)
    add_factors(portal, company, owner.person, samples)
    add_sso(portal, company, owner.person, samples)
    clients = {
        "owner": owner,
        "other": other,
        "agent": company.agent(),
        "admin": company.admin(),
        "anonymous": company.anonymous(),
        "stranger": portal.client(portal.person("Sam Stranger"), company.prefix),
    }
    return Side(company, clients, samples, (first, second), sampled=sampled)


def prove_everybody(side: Side) -> None:
    """Nobody of it is asked in the coming minutes who they are, however long ago it was made."""
    with side.company.portal.superuser() as connection:
        just_now = sa.text("UPDATE web_session SET elevated_at = now() WHERE user_id = ANY(:people) AND elevated_at IS NOT NULL")
        connection.execute(just_now, {"people": side.people})


def with_previews(db: Session) -> None:
    """Every file has a thumbnail and one page, of which nobody reads the content here."""
    parts = [{"kind": kind, "start": 0, "length": 1, "width": 1, "height": 1} for kind in ("thumbnail", "page")]
    ready = "UPDATE file SET preview = 'ready', preview_pages = 1, preview_size = 1, preview_parts = cast(:parts AS jsonb)"
    db.execute(sa.text(ready), {"parts": json.dumps(parts)})


def an_organisation(db: Session, colleague: Person, quote_id: str, site: str = "Sample") -> dict[str, str]:
    """A colleague, an invitation and a site of a customer organisation, and what the colleague asks approval for."""
    account_id = colleague.account_id
    place = AccountSite(account_id=account_id, name=site)
    invitation = AccountInvitation(account_id=account_id, email=f"{new_id().hex}@example.com", role="viewer", reach="all",
                                   token_hash=new_id().bytes, locale="en", expires_at=now() + timedelta(days=7))
    approval = Approval(account_id=account_id, author_id=colleague.id, author=colleague.name, kind="quotes.submit",
                        subject_type="quote", subject_id=quote_id, amount=Decimal("25.2"), currency="EUR", data={"version": 1})
    db.add_all([place, invitation, approval])
    db.flush()
    db.execute(sa.text("UPDATE quotes_quote SET approval_id = :a WHERE id = cast(:q AS uuid)"), {"a": approval.id, "q": quote_id})
    member_id = db.scalar(sa.select(AccountMember.id).where(AccountMember.user_id == colleague.id))
    return {"member_id": str(member_id), "site_id": str(place.id), "invitation_id": str(invitation.id),
            "approval_id": str(approval.id)}


def let_sign(portal: Portal, company: Company) -> None:
    """Nobody has to sign what they accept: routes that accept are walked by themselves."""
    with portal.superuser() as connection:
        chosen = sa.text("UPDATE tenant_plugin SET settings = cast(:s AS jsonb) WHERE tenant_id = :t AND plugin = 'portico_signatures'")
        connection.execute(chosen, {"t": company.id, "s": json.dumps({"required": False})})
        connection.execute(sa.text("UPDATE tenant SET config_version = config_version + 1 WHERE id = :t"), {"t": company.id})


def add_connection(portal: Portal, company: Company, samples: dict[str, str]) -> None:
    """A connection with secrets and a problem of synchronisation; nothing answers at its address."""
    from portico.testing.samples import sample_connection

    with company.system() as db:
        samples |= sample_connection(db, portal.parts)


def add_factors(portal: Portal, company: Company, person: Person, samples: dict[str, str]) -> None:
    """A passkey, and an authenticator that is being set up."""
    with company.scope_of(person) as db:
        samples["begun_id"] = str(factors.begin_totp(db, portal.settings.master_key))
        key = passkeys.Registered(new_id().bytes, b"not a key", 0, [], "localhost")
        samples["factor_id"] = str(factors.add_passkey(db, portal.parts, "Sample", key))
        samples["token_id"] = str(
            personal.create(db, name="Sample", scopes=["x:view"], days=7, offered=["x:view"])[0]
        )
    samples["session_id"] = portal.session(person, "api", company.id)
    samples["data_request_id"] = str(add_archive(portal, person))
    with company.system() as db:
        mine = sa.text("SELECT id FROM membership WHERE user_id = :person")
        samples["my_membership_id"] = str(db.scalar(mine, {"person": person.id}))


def add_archive(portal: Portal, person: Person) -> object:
    """One that can be downloaded: sealed, as what makes them does."""
    made = new_id()
    file = seal(portal.settings.master_key, ARCHIVE, person.id, b"PK", row=made)
    with portal.superuser() as connection:
        return connection.scalar(
            sa.text(
                "INSERT INTO data_request (id, user_id, kind, state, locale, expires_at, file) "
                "VALUES (:id, :u, 'export', 'ready', 'en', now() + interval '1 day', :file) RETURNING id"
            ),
            {"id": made, "u": person.id, "file": file},
        )


def add_sso(portal: Portal, company: Company, person: Person, samples: dict[str, str]) -> None:
    """The company's own sign-in, at which nobody answers, with a domain and somebody who came in by it."""
    with company.system() as db:
        provider = sso.save(
            db, portal.parts.cipher, name="Sample", issuer="http://127.0.0.1:9", client_id="sample", client_secret="x", plain=True
        )
        provider.works = provider.enabled = provider.customers_may = True
        samples["domain_id"] = str(sso.add_domain(db, "sample.example").id)
        identity = SsoIdentity(user_id=person.id, issuer=provider.issuer, subject="sample")
        db.add(identity)
        db.flush()
        samples["identity_id"] = str(identity.id)


def _a_feature(portal: Portal) -> str:
    """One that has settings."""
    features = sorted(portal.parts.plugins.of_kind("feature"), key=lambda one: not one.settings)
    assert features
    return features[0].name


def a_mail(portal: Portal) -> str:
    """The name of one in the demo's mailbox."""
    folder, message = portal.settings.home / "mail", EmailMessage()
    folder.mkdir(exist_ok=True)
    for name, value in {"To": "a@example.com", "From": "b@example.com", "Subject": "S", "Date": localtime()}.items():
        message[name] = value
    message.set_content("Text")
    message.add_alternative("<p>Text</p>", subtype="html")
    (folder / f"{'0' * 32}.eml").write_bytes(bytes(message))
    return "0" * 32


def add_logo(portal: Portal, company: Company) -> None:
    picture = b64encode(b"not a picture").decode()
    logo = {"type": "image/png", "data": picture, "favicon": picture, "digest": "0" * 16}
    with portal.superuser() as connection:
        connection.execute(
            sa.text("UPDATE tenant SET brand = brand || cast(:brand AS jsonb), config_version = config_version + 1 WHERE id = :t"),
            {"brand": json.dumps({"logo": logo}), "t": company.id},
        )
