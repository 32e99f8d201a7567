"""Loads what a path names, or says that it is not there: behind the wall of whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pyramid.request import Request

from portico.errors import NotFoundError
from portico.pluginhost import agreements
from portico.pluginhost.values import AgreementKind, AgreementTerms
from portico.web.params import uuid_param
from portico_signatures import reading


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


def of_kind(kind: AgreementKind) -> Callable[[Request], Asked]:
    """Loads what the record's own address in the API names. That raises NotFoundError, also where its plugin is off."""

    def load(request: Request) -> Asked:
        return _asked(request, kind.name, uuid_param(request, parameter(kind)))

    return load


def parameter(kind: AgreementKind) -> str:
    """What `AgreementKind.api` calls the record's id: "contract_id"."""
    return kind.api.partition("{")[2].partition("}")[0]


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
