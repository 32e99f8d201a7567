"""The tables of signatures, and of what companies sign with."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico_signatures import references
from portico_signatures.i18n import _


class Signature(Reachable, TenantOwned, Base):
    """Somebody's signature on a record in one version. What was signed is never changed, which a trigger sees to.

    kind: name of the AgreementKind. account_id, site_id, author_id: the record's, so that whoever sees the one sees the other.
    signer_id, signer, email: who was signed in. name: as they signed. method: "typed" or "drawn". drawing: strokes, each a list
        of [x, y] within `drawing.WIDTH` × `drawing.HEIGHT`; empty if typed. consent: the words that they agreed to, as shown, in
        `consent_locale` ("": it was not kept then). locale: of the page, and of the document of who signs alone.
    document_name, document_sha256: the PDF that they were shown. content: the terms that they agreed to, in no language;
        content_sha256: of that as canonical JSON.
    sealed_sha256, sealed_at: of the signed PDF; "": it is not made yet. identity_id: what sealed it. reference: the word
        that anybody verifies it by, printed on its page of evidence. round_id: where several sign.
    state: "given" (waits for a colleague's approval), "agreed", "void". ended_why: as of AgreementCondition, or "replaced".
    """

    __tablename__ = "signatures_signature"
    __privacy__ = Privacy(
        personal="kind title version signer_id signer email name method drawing consent consent_locale locale address user_agent "
        "signed_at document_name document_sha256 content content_sha256 state ended_at ended_why sealed_sha256 sealed_at "
        "reference",
        plain="tenant_id id account_id site_id author_id subject subject_id identity_id round_id",
        person="signer_id",
        erasing="keep",
        reason=_(
            "A signature proves what your organisation and the company agreed on. Both may have to show it, with the name of who "
            "signed, when and from where."
        ),
        title=_("Signatures that you gave"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    subject_id: Mapped[uuid.UUID] = mapped_column()
    title: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column()
    signer_id: Mapped[uuid.UUID] = mapped_column()
    signer: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    method: Mapped[str] = mapped_column(sa.Text)
    drawing: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    consent: Mapped[str] = mapped_column(sa.Text)
    consent_locale: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    locale: Mapped[str] = mapped_column(sa.Text)
    address: Mapped[str] = mapped_column(sa.Text)
    user_agent: Mapped[str] = mapped_column(sa.Text)
    signed_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    document_name: Mapped[str] = mapped_column(sa.Text)
    document_sha256: Mapped[str] = mapped_column(sa.Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_sha256: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text, default="given")
    ended_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str] = mapped_column(sa.Text, default="")
    sealed_sha256: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    sealed_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    reference: Mapped[str] = mapped_column(sa.Text, default=references.new, server_default="")
    identity_id: Mapped[uuid.UUID | None] = ref("signatures_identity", index=False)
    round_id: Mapped[uuid.UUID | None] = ref("signatures_round", ondelete="CASCADE")
    __table_args__ = (
        sa.CheckConstraint("state in ('given', 'agreed', 'void')", name="state"),
        sa.CheckConstraint("method in ('typed', 'drawn')", name="method"),
        sa.Index("ix_signatures_signature_subject", "tenant_id", "kind", "subject_id", "id"),
        sa.Index("ix_signatures_signature_account", "tenant_id", "account_id"),
        sa.Index(
            "ix_signatures_signature_reference",
            "tenant_id",
            "reference",
            unique=True,
            postgresql_where=sa.text("reference <> ''"),
        ),
        sa.Index("ix_signatures_signature_document_sha256", "tenant_id", "document_sha256"),
        sa.Index("ix_signatures_signature_sealed_sha256", "tenant_id", "sealed_sha256"),
    )


class SigningIdentity(TenantOwned, Base):
    """A certificate that the company signs documents with; the newest counts. certificate, chain: PEM. brought: by the operator,
    not made by the installation's own authority. ends_at: as the certificate says."""

    __tablename__ = "signatures_identity"
    __privacy__ = Privacy(plain="tenant_id id certificate chain brought ends_at created_at")
    __wall__ = Wall(customer="tenant", public=True)
    certificate: Mapped[str] = mapped_column(sa.Text)
    chain: Mapped[str] = mapped_column(sa.Text)
    brought: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    ends_at: Mapped[Any] = mapped_column(UtcDateTime)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)


class SigningSecret(TenantOwned, Base):
    """The private key of a certificate, sealed with the company's key as secrets of connections are."""

    __tablename__ = "signatures_secret"
    __privacy__ = Privacy(plain="tenant_id id identity_id field sealed key_version")
    __wall__ = Wall()
    __owner__ = "identity_id"
    identity_id: Mapped[uuid.UUID] = ref("signatures_identity", ondelete="CASCADE", index=False)
    field: Mapped[str] = mapped_column(sa.Text)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_version: Mapped[int] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "identity_id", "field"),)


class Round(Reachable, TenantOwned, Base):
    """Several people sign one record, in an order, in one version and by one document; one such round of a record is open.

    locale: of the document, which all of them read. said: what was said besides when it began (the kind's fields). starter: who
    began it. state: "open", "done" (all signed, and the record is agreed to), "ended". ended_why: as of a signature, or
    "declined", "called-off", "signer-left", "unanswered", "not-taken". looked_at: when the job that reminds last did.
    """

    __tablename__ = "signatures_round"
    __privacy__ = Privacy(
        personal="kind title version document_sha256 locale said starter_id starter state created_at ended_at ended_why",
        plain="tenant_id id account_id site_id author_id subject subject_id looked_at",
        person="starter_id",
        erasing="keep",
        reason=_("It says who was to sign with you, which your organisation and the company may have to show."),
        title=_("Signatures of several that you asked for"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    subject_id: Mapped[uuid.UUID] = mapped_column()
    title: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column()
    document_sha256: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str] = mapped_column(sa.Text)
    said: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    starter_id: Mapped[uuid.UUID] = mapped_column()
    starter: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text, default="open")
    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str] = mapped_column(sa.Text, default="")
    looked_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.CheckConstraint("state in ('open', 'done', 'ended')", name="state"),
        sa.Index("ix_signatures_round_looked_at", "tenant_id", "looked_at", postgresql_where=sa.text("state = 'open'")),
        sa.Index("ix_signatures_round_account", "tenant_id", "account_id"),
        sa.Index(
            "ix_signatures_round_open",
            "tenant_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=sa.text("state = 'open'"),
        ),
    )


class Signer(Reachable, TenantOwned, Base):
    """Somebody's turn in a round, each person's once. position: from 0. delegate: to whom they handed it on, by name; that person
    has a row with the same position. reason: of handing it on, or declining. asked_at: since when it is their turn."""

    __tablename__ = "signatures_signer"
    __privacy__ = Privacy(
        personal="position user_id name delegate state reason asked_at reminded_at done_at",
        plain="tenant_id id account_id site_id author_id round_id",
        person="user_id",
        erasing="keep",
        reason=_("It says who was to sign with you, which your organisation and the company may have to show."),
        title=_("Where you were asked to sign"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    round_id: Mapped[uuid.UUID] = ref("signatures_round", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    user_id: Mapped[uuid.UUID] = mapped_column()
    name: Mapped[str] = mapped_column(sa.Text)
    delegate: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.Text, default="waiting")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    done_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.CheckConstraint("state in ('waiting', 'asked', 'signed', 'delegated', 'declined')", name="state"),
        sa.Index("ix_signatures_signer_account", "tenant_id", "account_id"),
        sa.Index("ix_signatures_signer_person", "tenant_id", "round_id", "user_id", unique=True),
    )
