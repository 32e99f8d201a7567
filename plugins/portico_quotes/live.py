"""Asks the company's system for prices in the middle of a request; what it last said stands in when it is away."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request

from portico.connections.target import NoConnectionError
from portico.tenancy.models import Account
from portico.web import outside
from portico_erp.errors import (
    ConnectorBusyError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_quotes import pricing
from portico_quotes.errors import UnknownCustomerError
from portico_quotes.pricing import Answer, Wanted

TIMEOUT_S = 4.0
_AWAY = (ConnectorUnavailableError, NoConnectionError)


def ask(
    request: Request, account_id: uuid.UUID | None, wanted: Wanted, currency: str, *, strict: bool = False
) -> Answer:
    """Live prices, kept for later. `away` is set, and the prices are the last known ones, when there is no answer.

    strict: raise UnknownCustomerError when the company does not know the customer, instead of showing what we have.
    Must come before anything is written: the request may run again from its beginning.
    """
    if not wanted:
        return Answer({})
    db = request.db
    customer_ref = (
        db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id)) if account_id else None
    )
    answer = ask_for(request, customer_ref, account_id, wanted, currency, strict=strict)
    if answer is None:
        return pricing.cached(db, account_id, wanted, away=True)
    return answer


def ask_for(
    request: Request,
    customer_ref: str | None,
    account_id: uuid.UUID | None,
    wanted: Wanted,
    currency: str,
    *,
    strict: bool = False,
) -> Answer | None:
    """The same for whom the company's name of the customer is at hand; None when there is no answer, an `away` one with the
    last known prices when the company's system has a `fault`, or is `busy`.
    """
    if not wanted:
        return Answer({})
    db = request.db
    connection_id = wanted[0][0].connection_id
    asked = [(item, quantity) for item, quantity in wanted if item.connection_id == connection_id]
    try:
        said = outside.call(
            request,
            connection_id,
            "prices",
            "prices",
            customer_ref,
            pricing.question(asked),
            timeout_s=TIMEOUT_S,
        )
    except outside.TooManyCallsError:  # others keep changing the draft: the price last named for no more than this much
        return pricing.cached(db, account_id, wanted)
    except ConnectorBusyError:
        return pricing.cached(db, account_id, wanted, away=True, busy=True)
    except _AWAY:
        return None
    except ConnectorRejectedError as error:
        if strict and error.field == "customer_ref":
            raise UnknownCustomerError() from error
        return pricing.cached(db, account_id, wanted, away=True, fault=True) if error.is_fault else None
    except ConnectorUnauthorisedError:
        return pricing.cached(db, account_id, wanted, away=True, fault=True)
    answer = pricing.read_answer(said, asked, currency)
    pricing.remember(db, account_id, answer.prices)
    return answer


def own_account(request: Request) -> Any:
    """The organisation whose prices a reader without a quote sees; None for staff: list prices."""
    accounts = request.scope.accounts
    return accounts[0] if accounts else None
