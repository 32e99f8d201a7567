"""The words that a company gives its own mails: kept, changed, taken back, and found again when a mail is made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit
from portico.connections.messages import kept
from portico.db.types import new_id, now
from portico.errors import InvalidError, NotFoundError
from portico.notify.declared import DeclaredMail, all_mails
from portico.notify.kinds import without_values
from portico.notify.models import MailText
from portico.notify.wording import FIELDS, Words, tidy, wrong
from portico.pluginhost.relay import Relay
from portico.pluginhost.toggles import lock
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

MOST_COMPANIES = 500
"""Whose words a process holds; those of most fill a few hundred bytes."""
_SAID = {"subject": "mail_subject"}
"""Fields that the trail has under another name: there, a subject is what an entry is about."""
_COLUMNS = tuple(MailText.__table__.c[name] for name in FIELDS)
Texts = Mapping[tuple[str, str], Words]


class KeptTexts:
    """Words by (key of the mail, language), read once per company and config_version, which every change raises."""

    def __init__(self) -> None:
        self._held: OrderedDict[UUID, tuple[int, Texts]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, db: Session, tenant: Tenant) -> Texts:
        held = self._held.get(tenant.id)
        if held is not None and held[0] == tenant.config_version:
            return held[1]
        found = everything(db)
        with self._lock:
            self._held[tenant.id] = (tenant.config_version, found)
            self._held.move_to_end(tenant.id)
            if len(self._held) > MOST_COMPANIES:
                self._held.popitem(last=False)
        return found


def everything(db: Session) -> Texts:
    """Of the company in scope, those of plugins that are off included."""
    rows = db.execute(sa.select(MailText.mail, MailText.locale, *_COLUMNS))
    return {(row.mail, row.locale): Words(*row[2:]) for row in rows}


def changed(db: Session) -> dict[str, list[str]]:
    """Key → languages in which the company has words of its own."""
    found: dict[str, list[str]] = {}
    for row in db.execute(sa.select(MailText.mail, MailText.locale).order_by(MailText.locale)):
        found.setdefault(row.mail, []).append(row.locale)
    return found


def find(relay: Relay, scope: Scope, key: str, locale: str) -> DeclaredMail:
    """Raises NotFoundError for a mail that the company does not send, or a language that it does not offer."""
    found = next((one for one in all_mails(relay) if one.key == key), None)
    if found is None or scope.tenant is None or locale not in scope.tenant.locales:
        raise NotFoundError
    return found


def words(db: Session, mail: DeclaredMail, locale: str) -> Words:
    """As they are now; empty where there are none."""
    row = db.execute(sa.select(*_COLUMNS).where(*_where(mail, locale))).one_or_none()
    return Words(*row) if row is not None else Words()


def checked(mail: DeclaredMail, values: Mapping[str, str]) -> Words:
    """Raises InvalidError, by field."""
    given = tidy(values)
    if refused := wrong(given, mail.known):
        raise InvalidError(fields=refused)
    return given


def save(db: Session, mail: DeclaredMail, locale: str, values: Mapping[str, str], version: int | None = None) -> None:
    """What is empty is the standard text. Raises InvalidError, ChangedMeanwhileError."""
    lock(db, version)
    after, before = checked(mail, values), words(db, mail, locale)
    if after == before:
        return
    if not after:
        db.execute(sa.delete(MailText).where(*_where(mail, locale)))
    else:
        columns = {name: getattr(after, name) for name in FIELDS} | {"updated_at": now()}
        row = {"tenant_id": db.info["tenant_id"], "id": new_id(), "mail": mail.key, "locale": locale}
        put = insert(MailText).values(row | columns)
        db.execute(put.on_conflict_do_update(index_elements=["tenant_id", "mail", "locale"], set_=columns))
    _record(db, "mail.text-changed" if after else "mail.text-reset", mail, locale, before, after)


def reset(db: Session, mail: DeclaredMail, locale: str, version: int | None = None) -> None:
    """Back to the standard text; without words of the company's own, nothing happens. Raises ChangedMeanwhileError."""
    save(db, mail, locale, {}, version)


def _record(db: Session, action: str, mail: DeclaredMail, locale: str, before: Words, after: Words) -> None:
    differ = [name for name in FIELDS if getattr(before, name) != getattr(after, name)]
    was, is_now = ({_SAID.get(name, name): getattr(words, name) for name in differ} for words in (before, after))
    audit.record(db, action, subject=_subject(mail, locale), before=was, after=_about(mail, locale) | is_now)


def tested(db: Session, mail: DeclaredMail, locale: str) -> None:
    """Note that somebody sent themselves a sample."""
    audit.record(db, "mail.text-tested", subject=_subject(mail, locale), after=_about(mail, locale))


def _subject(mail: DeclaredMail, locale: str) -> tuple[str, str]:
    return ("mail_text", f"{mail.key}/{locale}")


def _about(mail: DeclaredMail, locale: str) -> dict[str, Any]:
    return {"mail": kept(without_values(mail.title)), "locale": locale}


def _where(mail: DeclaredMail, locale: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (MailText.mail == mail.key, MailText.locale == locale)
