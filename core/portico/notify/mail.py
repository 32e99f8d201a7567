"""Mails: rendered and kept in the transaction of their cause, sent by a job, each with a Message-ID that stays the same."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.egress import EgressGuard
from portico.connections.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico.db.types import new_id, now
from portico.documents.attaching import attach
from portico.identity.sealing import UnsealableError, seal, unseal
from portico.jobs import Dead, Retry
from portico.jobs.job import Job
from portico.notify.composing import Composed, compose
from portico.notify.declared import DeclaredMail
from portico.notify.models import Mail
from portico.notify.wording import Filled, fill
from portico.settings import Settings
from portico.tenancy.scope import Scope

log = logging.getLogger("portico.mail")
PURPOSE, MARK = "secret of a mail", "{secret}"
"""What the token of a link is sealed for, and what stands in its place as long as the mail lies here."""
JOB = "notify.send_mail"
"""Enqueued by a trigger on the table `mail`, so that no mail can be forgotten."""


def queue_mail(
    db: Session,
    portico: Any,
    recipient: str,
    template: str,
    *,
    locale: str,
    dedupe: str | None = None,
    secret: str | None = None,
    own_words: Filled | None = None,
    document: dict[str, str] | None = None,
    **values: Any,
) -> None:
    """Render `<template>.txt.jinja2` (first line: subject) and `.html.jinja2` in the company's theme; send after commit.

    dedupe: at most one mail ever with this key. secret: the token of a link in `values`, which lies nowhere in the clear and
    is forgotten once the mail was sent. own_words: the company's, of `words_for`. document: what it carries, of
    `portico.documents.attaching.wanted`.
    """
    scope: Scope = db.info["scope"]
    tenant = scope.tenant
    composed = compose(portico, tenant, template, locale, values, own_words)
    kind = template.rsplit("/", 1)[-1]
    send_composed(db, portico, recipient, composed, kind=kind, dedupe=dedupe, secret=secret, document=document)


def words_for(
    db: Session, portico: Any, mail: DeclaredMail | None, locale: str, values: Mapping[str, Any]
) -> Filled | None:
    """The company's own words of a mail with the values of this one; None if it has none in that language. No statement is
    sent for a company whose words this process holds."""
    tenant = db.info["scope"].tenant
    if mail is None or tenant is None:
        return None
    words = portico.mail_texts.of(db, tenant).get((mail.key, locale))
    if not words:
        return None
    return fill(words, {name: values.get(name) for name in mail.known} | {"company": tenant.name})


def send_composed(
    db: Session,
    portico: Any,
    recipient: str,
    composed: Composed,
    *,
    kind: str,
    dedupe: str | None = None,
    secret: str | None = None,
    document: dict[str, str] | None = None,
) -> None:
    """Keep a mail in the caller's transaction, to be sent after it. dedupe, secret, document: as of `queue_mail`."""
    scope: Scope = db.info["scope"]
    mail_id, sealed, text, html = new_id(), None, composed.text, composed.html
    if secret:
        sealed = seal(portico.settings.master_key, PURPOSE, mail_id, secret.encode())
        text, html = (one.replace(secret, MARK) for one in (text, html))
    db.execute(
        sa.text(
            "INSERT INTO mail (id, tenant_id, dedupe, recipient, kind, subject, text, html, secret, request_id, document) "
            "VALUES (:id, :tenant, :dedupe, :recipient, :kind, :subject, :text, :html, :secret, :request, "
            "cast(:document AS jsonb)) ON CONFLICT DO NOTHING"
        ),
        {
            "id": mail_id,
            "secret": sealed,
            "tenant": scope.tenant.id if scope.tenant else None,
            "dedupe": dedupe,
            "recipient": recipient,
            "kind": kind,
            "subject": composed.subject,
            "text": text,
            "html": html,
            "request": scope.request_id,
            "document": json.dumps(document) if document else None,
        },
    )


def opened(settings: Settings, mail: Any, text: str) -> str:
    """Its text or HTML as it is to be read. Raises UnsealableError."""
    if mail.secret is None:
        return text
    return text.replace(MARK, unseal(settings.master_key, PURPOSE, mail.id, bytes(mail.secret)).decode())


def message(settings: Settings, mail: Any, sender_name: str | None) -> EmailMessage:
    """The message to send. Raises UnsealableError. Headers cannot be injected: EmailMessage refuses line breaks (ASVS 1.3.11)."""
    name, address = parseaddr(settings.mail_from)
    built = EmailMessage()
    built["From"] = Address(" ".join((sender_name or name).split()), addr_spec=address)
    built["To"] = Address(addr_spec=mail.recipient)
    built["Subject"] = mail.subject
    built["Date"] = format_datetime(mail.created_at)
    built["Message-ID"] = f"<{mail.id.hex}@{address.rpartition('@')[2] or 'localhost'}>"
    built["Auto-Submitted"] = "auto-generated"
    built.set_content(opened(settings, mail, mail.text))
    built.add_alternative(opened(settings, mail, mail.html), subtype="html")
    return built


def transport(settings: Settings, egress: EgressGuard) -> Callable[[EmailMessage], None]:
    """By SMTP if `mail_url` is set, else into the folder `<home>/mail`."""
    if settings.mail_url is None:
        return FolderTransport(settings.home / "mail")
    return SmtpTransport(settings.mail_url, egress=egress)


class FolderTransport:
    """Writes each mail as a file that any mail program opens; written aside, then renamed, so never half there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, built: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(built["Message-ID"]).strip("<>").split("@")[0]
        aside = self.folder / f".{name}.part"
        aside.write_bytes(bytes(built))
        aside.rename(self.folder / f"{name}.eml")


class SmtpTransport:
    """smtp://user:password@host:port?starttls=required|if-offered|never (smtps:// for TLS from the start).

    egress: whose list of what may be called the server must be on, where there is one. Raises Retry for what may pass (4xx,
    no answer, not on the list), Dead for what will not (5xx).
    """

    def __init__(self, url: str, context: ssl.SSLContext | None = None, *, egress: EgressGuard | None = None) -> None:
        self.egress = egress or EgressGuard()
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.implicit = parts.scheme == "smtps"
        query = parse_qs(parts.query)
        self.starttls = query.get("starttls", ["required"])[0]
        self.context = context or ssl.create_default_context(cafile=query.get("cafile", [None])[0])

    def __call__(self, built: EmailMessage) -> None:
        try:
            self.egress.require_listed(self.host, self.port)
            with self._connect() as server:
                server.send_message(built)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            _give_up_or_retry(code, text)
        except smtplib.SMTPResponseException as error:
            _give_up_or_retry(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            raise Dead(f"the mail server does not offer what is required: {error}") from error
        except ConnectorRejectedError as error:
            raise Retry(after_s=60, reason=f"portico.egress_only does not list the mail server {self.host}") from error
        except (OSError, smtplib.SMTPServerDisconnected, ConnectorUnavailableError) as error:
            raise Retry(after_s=60, reason=f"the mail server did not answer: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        if self.implicit:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=20, context=self.context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=20)
        try:
            if not self.implicit:
                server.ehlo()
                if self.starttls == "required" or (self.starttls == "if-offered" and server.has_extn("starttls")):
                    server.starttls(context=self.context)
                    server.ehlo()
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _give_up_or_retry(code: int, text: bytes | str) -> None:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    if 400 <= code < 500:
        raise Retry(after_s=60, reason=f"{code} {words}")
    raise Dead(f"{code} {words}")


def send_mail(job: Job, mail_id: str) -> None:
    """The job. A mail already marked sent is left alone; a crash between sending and marking sends it once more, with
    the same Message-ID, which mail programs fold into one."""
    send = transport(job.portico.settings, job.portico.connections.egress)
    with job.session() as db:
        mail = db.execute(sa.select(Mail.__table__).where(Mail.id == mail_id)).one_or_none()
    if mail is None or mail.status == "sent":
        return
    try:
        built = message(job.portico.settings, mail, job.tenant.name if job.tenant else None)
        attach(job, mail.document, built)
        send(built)
    except UnsealableError as error:
        _mark(job, mail_id, status="failed", error=str(error)[:500])
        raise Dead(str(error)) from error
    except (Retry, Dead) as error:
        _mark(job, mail_id, status="failed" if isinstance(error, Dead) else "queued", error=str(error)[:500])
        raise
    _mark(job, mail_id, status="sent", sent_at=now(), error=None, secret=None)


def _mark(job: Job, mail_id: str, **values: Any) -> None:
    with job.session() as db:
        db.execute(sa.update(Mail).where(Mail.id == mail_id).values(attempts=Mail.attempts + 1, **values))
