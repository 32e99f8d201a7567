"""What a company chose about signatures, and the words that people agree to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portico.tenancy.tenant import Tenant
from portico.web.i18n import translate
from portico_signatures.i18n import _

PLUGIN = "portico_signatures"
STANDARD = _(
    "I have read the document “${title}” and agree to it. I sign it electronically, in my own name or for the organisation that "
    "I act for, and want this signature to bind like one by hand."
)


def is_required(tenant: Tenant) -> bool:
    """Only a company that said no does without: a value that makes no sense is no such word."""
    return _of(tenant).get("required") is not False


def two_from(tenant: Tenant) -> int:
    """The amount, in the currency of what is signed, from which two people have to sign; 0: none."""
    given = _of(tenant).get("two_from")
    return given if type(given) is int and given > 0 else 0


def asks_for_two(least: int, amount: Decimal | None) -> bool:
    """least: of `two_from`. amount: of the terms; of none, one signature is enough."""
    return least > 0 and amount is not None and amount >= least


@dataclass(frozen=True)
class Consent:
    """The words that whoever signs agrees to. locale: the language that they are in, which need not be the reader's."""

    text: str
    locale: str

    @property
    def sha256(self) -> str:
        """In hex, of language and words: what is sent back shows which were read."""
        return hashlib.sha256(f"{self.locale}\n{self.text}".encode()).hexdigest()


def consent(tenant: Tenant, locale: str, title: Any) -> Consent:
    """The company's own words in the reader's language, else in its main one; else the portal's. title: of what is signed."""
    own = _of(tenant).get("consent")
    texts = {tenant.locale: own} if isinstance(own, str) else own if isinstance(own, dict) else {}
    for code in (locale, locale.partition("_")[0], tenant.locale):
        text = texts.get(code)
        if isinstance(text, str) and text.strip():
            return Consent(" ".join(text.split()), code)
    return Consent(str(translate(locale, _(STANDARD, mapping={"title": translate(locale, title)}))), locale)


def _of(tenant: Tenant) -> Any:
    return tenant.plugin_settings.get(PLUGIN) or {}
