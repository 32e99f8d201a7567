"""What the demo's companies have none of, so that every page of theirs can be visited: somebody with two organisations and a second
factor, a draft with a file and its preview, a request for approval, a role that the company composed, and links of mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from tests.browser.newcomers import newcomer, session
from tests.browser.site import Site, wait_for
from tests.unit.files import documents

from portico.approvals.models import Approval
from portico.db.types import new_id, now
from portico.identity import service
from portico.identity.cookies import hash_token
from portico.identity.factors import passkeys
from portico.identity.factors import service as factors
from portico.organisation.models import AccountInvitation
from portico.tenancy.models import AccountMember, TenantRole
from portico.tenancy.scope import Scope
from portico.tenancy.service import add_member, open_account
from portico.testing.person import Person
from portico_quotes import attachments, drafts, samples
from portico_quotes.models import Quote


@dataclass(frozen=True)
class Records:
    """state: of a browser in which the organisation's owner is signed in. paths: of pages to which no page leads."""

    state: dict[str, Any]
    paths: tuple[str, ...]


@lru_cache
def records(site: Site, slug: str) -> Records:
    """Made when they are first asked for; nobody else's lists hold them, but for those of the company's own people."""
    owner, buyer = newcomer(site, "Olive Owner"), newcomer(site, "Bert Buyer")
    invitation, reset = new_id().hex, ""
    with site.system(slug) as db:
        account_id, second = (open_account(db, name=name, erp_ref=None) for name in ("Specimen & Sons", "Specimen Overseas"))
        for person, role in ((owner, "owner"), (buyer, "purchaser")):
            add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
            db.add(AccountMember(account_id=account_id, user_id=person.id, role=role))
        db.add(AccountMember(account_id=second, user_id=owner.id, role="purchaser"))
        db.add(AccountInvitation(account_id=account_id, email=f"{invitation}@example.com", role="viewer", reach="all", locale="en",
                                 token_hash=hash_token(invitation), expires_at=now() + timedelta(days=7)))
        db.add(TenantRole(name="specimen", title="Specimen", kind="staff", permissions=[]))
    with site.system(slug) as db:  # files are kept by a transaction of their own, which has to know the organisation
        ask(db, samples.make(db, account_id)["quote_id"], account_id, buyer)
        draft = drafts.start(db, account_id)
        file_id = attachments.add(db, draft, "Specimen 1.pdf", BytesIO(documents.pages(2)))
        reset = service.mail_token(db, buyer.id, "reset", timedelta(days=1))
    wait_for(lambda: drawn(site, slug, file_id), 60, "no preview was made")
    state = session(site, owner)
    begun = with_factors(site, owner)
    return Records(state, (f"/account/security/authenticator/{begun}", f"/reset?token={reset}", f"/invitation?token={invitation}"))


def ask(db: Any, quote_id: str, account_id: UUID, buyer: Person) -> None:
    """The buyer asks for approval of the quote."""
    quote = db.scalars(sa.select(Quote).where(Quote.id == UUID(quote_id))).one()
    approval = Approval(account_id=account_id, author_id=buyer.id, author=buyer.name, kind="quotes.submit", subject_type="quote",
                        subject_id=quote_id, amount=Decimal("25.2"), currency=quote.currency, data={"version": quote.version})
    db.add(approval)
    db.flush()
    quote.approval_id = approval.id


def drawn(site: Site, slug: str, file_id: UUID) -> bool:
    with site.system(slug) as db:
        return bool(db.scalar(sa.text("SELECT preview = 'ready' FROM file WHERE id = :id"), {"id": file_id}))


def with_factors(site: Site, owner: Person) -> UUID:
    """They have a passkey, which their session has shown, and have begun to set up an authenticator; that one's id."""
    scope = Scope(kind="user", user_id=owner.id, user_name=owner.name, user_email=owner.email, request_id=new_id().hex)
    with site.parts.sessions.scoped(scope) as db:
        factors.add_passkey(db, site.parts, "Specimen", passkeys.Registered(new_id().bytes, b"not a key", 0, [], "localhost"))
        begun = factors.begin_totp(db, site.parts.settings.master_key)
    with site.superuser() as admin:
        admin.execute("UPDATE web_session SET second_factor = true WHERE user_id = %s", [owner.id])
    return begun
