"""Entries of the audit trail in plain words: what was done, by whom, to what, and what changed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import sqlalchemy as sa
from babel import UnknownLocaleError
from sqlalchemy.orm import Session

from portico.admin.people import BUILT_IN_TITLES
from portico.audit.words import WORDS
from portico.connections.messages import told
from portico.db.types import as_id
from portico.identity.permissions import ACCOUNT_ROLES, CORE_PERMISSIONS
from portico.pluginhost import toggles
from portico.pluginhost.manifest import ManifestError
from portico.pluginhost.values import AuditWords
from portico.tenancy.models import Account, Membership, TenantRole
from portico.tenancy.scope import AUTOMATIC
from portico.web import formats
from portico.web.i18n import _, language_name, translate

NAMES = ("number", "name", "title", "email", "recipient", "ref")
"""Where an entry has the name of what it is about, the best first."""
LANGUAGE_FIELDS = frozenset({"locale", "locales"})
ROLE_FIELDS = frozenset({"roles", "second_factor"})
MOST_SHOWN = 300
_NUMBER = re.compile(r"-?\d{1,12}\.\d{1,6}")


@dataclass(frozen=True)
class Fact:
    """One value that changed. label: message; before, after: texts, None where there was no such value."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Told:
    """An entry for its page. title None: nobody has words for it, so `entry.action` stands for itself."""

    entry: Any
    title: str | None
    actor: str
    actor_note: str
    subject: str
    subject_name: str
    facts: list[Fact]


def words_of(portico: Any) -> AuditWords:
    """Core's words and those of every installed plugin. Raises ManifestError for an action of somebody else's."""
    actions, subjects, fields = dict(WORDS.actions), dict(WORDS.subjects), dict(WORDS.fields)
    values = {name: dict(known) for name, known in WORDS.values.items()}
    amounts: set[str] = set()
    for manifest, given in portico.plugins.start_up("audit_words"):
        for action in given.actions:
            if not action.startswith(f"{manifest.owner}."):
                raise ManifestError(f"{manifest.name} has words for {action!r}, which is not its own")
        actions.update(given.actions)
        for known, new in ((subjects, given.subjects), (fields, given.fields)):
            known.update({name: text for name, text in new.items() if name not in known})
        for name, new in given.values.items():
            values[name] = {**new, **values.get(name, {})}
        amounts |= given.amounts
    return AuditWords(actions, subjects, fields, values, frozenset(amounts))


def matching(titles: Mapping[str, Any], locale: str, text: str) -> list[str]:
    """The names whose title, in this language, has `text` in it; none for no text."""
    wanted = text.casefold()
    return [name for name, title in titles.items() if wanted and wanted in translate(locale, title).casefold()]


class Teller:
    """Tells entries in one reader's language. At most one query for names, and one for roles."""

    def __init__(self, portico: Any, db: Session, locale: str, company: str | None) -> None:
        self.portico, self.db, self.locale, self.company = portico, db, locale, company
        self.words: AuditWords = portico.audit_words
        self.say = partial(translate, locale)
        self.names: dict[uuid.UUID, str] = {}
        self.roles: dict[str, str] = {}

    def tell(self, rows: Iterable[Any]) -> list[Told]:
        rows = list(rows)
        if self.company is not None:
            self._look_up(rows)
        return [self._told(row) for row in rows]

    def title(self, action: str) -> str | None:
        known = self.words.actions.get(action)
        return None if known is None else self.say(known)

    def actor(self, row: Any) -> tuple[str, str]:
        """(who, what else is known of them)."""
        if row.actor_kind == "system":
            if row.actor == AUTOMATIC or self.company is None:
                return AUTOMATIC, self.say(_("automatic"))
            return self.say(_("The system of ${company}", mapping={"company": row.actor})), ""
        if row.actor == "visitor":
            return self.say(_("A visitor")), ""
        name = self.names.get(row.user_id)
        return (name, row.actor) if name and name != row.actor else (row.actor, "")

    def _look_up(self, rows: list[Any]) -> None:
        people = {row.user_id for row in rows} | {as_id(row.subject_id) for row in rows if row.subject_type == "user"}
        accounts = {as_id((row.after or {}).get("account")) for row in rows}
        accounts |= {as_id(row.subject_id) for row in rows if row.subject_type == "account"}
        query = sa.union_all(
            sa.select(Membership.user_id, Membership.display_name).where(Membership.user_id.in_(people - {None})),
            sa.select(Account.id, Account.name).where(Account.id.in_(accounts - {None})),
        )
        self.names = {row[0]: row[1] for row in self.db.execute(query)}
        self.roles = {name: self.say(title) for name, title in {**BUILT_IN_TITLES, **ACCOUNT_ROLES}.items()}
        if any(ROLE_FIELDS & {*(row.before or ()), *(row.after or ())} or row.subject_type == "role" for row in rows):
            composed = sa.select(TenantRole.name, TenantRole.title).where(TenantRole.built_in.is_(False))
            self.roles |= {row.name: row.title for row in self.db.execute(composed)}

    def _told(self, row: Any) -> Told:
        actor, note = self.actor(row)
        subject, name = self._subject(row)
        return Told(row, self.title(row.action), actor, note, subject, name, self._facts(row))

    def _subject(self, row: Any) -> tuple[str, str]:
        if not row.subject_type:
            return "", ""
        known = self.words.subjects.get(row.subject_type)
        if known is None:
            return row.subject_type, str(row.subject_id)
        values = {**(row.before or {}), **(row.after or {})}
        name = next((str(values[key]) for key in NAMES if isinstance(values.get(key), str) and values[key]), "")
        if row.subject_type in ("user", "account"):
            name = self.names.get(as_id(row.subject_id), name)  # type: ignore[arg-type]
        elif row.subject_type == "role":
            name = self.roles.get(row.subject_id, name)
        elif row.subject_type == "plugin" and row.subject_id in self.portico.plugins.manifests:
            name = self.say(toggles.title(self.portico.plugins.manifests[row.subject_id]))
        return self.say(known), name

    def _facts(self, row: Any) -> list[Fact]:
        before, after = row.before or {}, row.after or {}
        labels, choices = self._further(row)
        facts = []
        for key in dict.fromkeys([*before, *after]):
            old, new = before.get(key), after.get(key)
            pairs = [(key, "", old, new)]
            if isinstance(old or new, dict) and not _is_message(old or new):
                old, new = old or {}, new or {}
                pairs = [(one, key, old.get(one), new.get(one)) for one in dict.fromkeys([*old, *new])]
            for name, parent, was, now_ in pairs:
                label = self._label(name, parent, labels)
                # A currency is said with its amount.
                said = name == "currency" and not self.words.amounts.isdisjoint(after or before)
                if label is None or said or (before and after and was == now_):
                    continue
                sides = ((was, before), (now_, after))
                shown = (self._amount(name, one, side) or self._value(name, one, choices) for one, side in sides)
                facts.append(Fact(label, *(text if key in side else None for text, (_v, side) in zip(shown, sides, strict=True))))
        return facts

    def _label(self, name: str, parent: str, further: Mapping[str, Any]) -> str | None:
        known = further.get(name) or self.words.fields.get(name)
        if known is not None:
            return self.say(known)
        if parent in ("welcome", "announcement"):
            return f"{self.say(self.words.fields[parent])} ({_language(name)})"
        if parent in further:
            return f"{self.say(further[parent])} ({_language(name)})"
        return None

    def _further(self, row: Any) -> tuple[dict[str, Any], dict[str, Mapping[str, Any]]]:
        """Labels and choices that the subject itself brings: a plugin's settings, a connector's."""
        if row.subject_type == "plugin" and row.subject_id in self.portico.plugins.manifests:
            manifest = self.portico.plugins.manifests[row.subject_id]
            said = partial(toggles.said, manifest)
            return (
                {name: said(one.title) for name, one in manifest.settings.items()},
                {name: {value: said(text) for value, text in one.choices.items()} for name, one in manifest.settings.items()},
            )
        kind = (row.after or row.before or {}).get("connector") if row.subject_type == "connection" else None
        connector = self.portico.connections.connectors.get(kind)
        if connector is None:
            return {}, {}
        return {one.name: one.title for one in connector.settings_schema().children}, {}

    def _amount(self, key: str, value: Any, side: Mapping[str, Any]) -> str | None:
        if key not in self.words.amounts or not side.get("currency"):
            return None
        try:
            return formats.money(self.locale, Decimal(str(value)), str(side["currency"]))
        except (InvalidOperation, ValueError):
            return None

    def _value(self, key: str, value: Any, choices: Mapping[str, Mapping[str, Any]]) -> str:
        if value is None or value in ("", [], {}):
            return "–"
        if isinstance(value, bool):
            return self.say(_("yes") if value else _("no"))
        if isinstance(value, int):
            return formats.number(self.locale, value) if key in self.words.fields else str(value)
        if _is_message(value):
            return self.say(told(value))
        if isinstance(value, dict):
            return self.say(_("changed"))
        if isinstance(value, list):
            return formats.listing(self.locale, [self._word(key, str(one), choices) for one in value])
        return self._word(key, str(value), choices)[:MOST_SHOWN]

    def _word(self, key: str, text: str, choices: Mapping[str, Mapping[str, Any]]) -> str:
        if key in LANGUAGE_FIELDS:
            return _language(text)
        if key in ROLE_FIELDS:
            return self.roles.get(text, text)
        if key in ("permissions", "scopes"):
            return self._permission(text)
        if key == "logo":
            return self.say(_("changed"))
        if key == "account":
            return self.names.get(as_id(text), text)  # type: ignore[arg-type]
        if key == "connector":
            return self.say(self.portico.connections.titles.get(text, text))
        if key == "entity" and text in self.portico.connections.entities:
            return self.say(self.portico.connections.entities[text][1].title)
        if key == "theme" and text in self.portico.plugins.manifests:
            return self.say(toggles.title(self.portico.plugins.manifests[text]))
        if _NUMBER.fullmatch(text) and key in self.words.fields:
            return formats.number(self.locale, text)
        known = choices.get(key) or self.words.values.get("method" if key == "methods" else key, {})
        return self.say(known.get(text, text))

    def _permission(self, name: str) -> str:
        if name in CORE_PERMISSIONS:
            return self.say(CORE_PERMISSIONS[name])
        manifest = self.portico.plugins.permissions().get(name)
        return self.say(toggles.said(manifest, manifest.permissions[name])) if manifest else name


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"text", "domain", "mapping"}


def _language(code: str) -> str:
    try:
        return language_name(code)
    except (ValueError, UnknownLocaleError):
        return code
