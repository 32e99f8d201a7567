"""Loads what a path names, or says that it is not there: behind the wall of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pyramid.request import Request

from portico.errors import NotFoundError
from portico.pluginhost import agreements
from portico.pluginhost.values import AgreementKind, AgreementTerms
from portico.web.params import uuid_param
from portico_signatures import reading

QUOTE = "quotes.quote"


@dataclass(frozen=True)
class Asked:
    """A record that can be agreed to, with its terms as they are."""

    kind: AgreementKind
    record: Any
    terms: AgreementTerms

    @property
    def account_id(self) -> UUID:
        found: UUID = self.record.account_id
        return found


def asked(request: Request) -> Asked:
    """Raises NotFoundError."""
    return _asked(request, request.matchdict["agreement_kind"], uuid_param(request, "agreement_id"))


def quote(request: Request) -> Asked:
    """Of the address that quotes have in the API. Raises NotFoundError, also where nothing answers for quotes."""
    return _asked(request, QUOTE, uuid_param(request, "quote_id"))


def _asked(request: Request, name: str, record_id: UUID) -> Asked:
    kind = agreements.kind_of(request.db, name)
    record = kind.find(request.db, record_id)
    if record is None:
        raise NotFoundError
    return Asked(kind, record, kind.terms(request.db, record))


def signature(request: Request) -> Any:
    """Raises NotFoundError."""
    found = reading.one(request.db, uuid_param(request, "signature_id"))
    if found is None:
        raise NotFoundError
    return found
