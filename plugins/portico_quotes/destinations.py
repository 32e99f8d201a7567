"""Where what a quote is about is to be delivered, and when it is wanted: an address of the organisation's, or a typed one.

A draft keeps the address itself beside the id of the one that was chosen, so that what was seen is what is sent. While it is
a draft, a typed address may be incomplete: that is said when the quote is submitted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from portico.db.types import as_id
from portico.errors import InvalidError
from portico.pluginhost.account_addresses import account_addresses
from portico.pluginhost.values import AccountAddress
from portico.web import countries, formats
from portico.web.i18n import translate
from portico_erp.values import Address
from portico_quotes.i18n import _
from portico_quotes.validity import today

FIELDS = ("name", "street", "postcode", "city", "region", "country", "phone")
OTHER = "other"
"""What a form chooses instead of an id: an address that is typed."""
KEPT = "kept"
"""The one that the draft holds, where the organisation has it no more, or not so."""
FURTHEST = dt.timedelta(days=3653)

Stored = dict[str, Any]
"""FIELDS as texts, and `id`: as text, None for a typed one."""


def choices(db: Session, account_id: uuid.UUID) -> list[AccountAddress]:
    """The default one first. Empty where no plugin keeps addresses."""
    return account_addresses(db, account_id)


def chosen(db: Session, account_id: uuid.UUID, address_id: uuid.UUID | None) -> Stored:
    """Raises InvalidError for one that is none of the organisation's, or not any more."""
    for one in choices(db, account_id):
        if one.id == address_id:
            return _stored(one)
    raise InvalidError(fields={"/delivery_address": _("This address is not there any more. Choose another.")})


def _stored(one: AccountAddress) -> Stored:
    return {"id": str(one.id), **{name: getattr(one, name) for name in FIELDS}}


def typed(given: Mapping[str, Any]) -> Stored:
    """`given`: some of FIELDS. Raises InvalidError for a country that there is not."""
    found = {name: _tidy(name, given.get(name) or "") for name in FIELDS}
    if found["country"] and found["country"] not in countries.CODES:
        raise InvalidError(fields={"/delivery_address/country": _("Choose a country.")})
    return {"id": None, **found}


def _tidy(name: str, text: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line) if name == "street" else " ".join(line for line in lines if line)


def whole(db: Session, account_id: uuid.UUID, address: Mapping[str, Any] | None, wanted_on: dt.date | None) -> dict[str, Any]:
    """Columns of a quote from what a program sent, which replaces what was there. Raises InvalidError."""
    check_date(db, wanted_on)
    stored = None
    if address is not None:
        stored = chosen(db, account_id, address["id"]) if address["id"] is not None else typed(address)
    return {"delivery_address": stored, "wanted_on": wanted_on}


def entered(db: Session, quote: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that a form changes; what it did not send stays. `data`: of `schemas.ChangeQuote`. Raises InvalidError."""
    found: dict[str, Any] = {}
    if data["wanted_on"] is not None:
        found["wanted_on"] = _day(data["wanted_on"])
        check_date(db, found["wanted_on"])
    choice = data["delivery_address"]
    if choice == OTHER:
        found["delivery_address"] = typed({name: data[f"delivery_{name}"] for name in FIELDS})
    elif choice is not None and choice != KEPT:
        found["delivery_address"] = chosen(db, quote.account_id, as_id(choice)) if choice else None
    return found


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidError(fields={"/wanted_on": _("This is not a date.")}) from None


def check_date(db: Session, wanted_on: dt.date | None) -> None:
    """Raises InvalidError for a day that is over at the company, or that nobody can mean."""
    if wanted_on is None:
        return
    if wanted_on < today(db):
        raise _refused("/wanted_on", _("This day is over. Choose a later one."))
    if wanted_on > today(db) + FURTHEST:
        raise InvalidError(fields={"/wanted_on": _("This is more than ten years from now. Choose an earlier day.")})


def _refused(pointer: str, message: Any) -> InvalidError:
    """Said as a whole as well: a colleague who approves the quote has no such field before them."""
    return InvalidError(message, fields={pointer: message})


def check(db: Session, quote: Any) -> None:
    """Whether it can be submitted with these. Raises InvalidError: the day is over by now, the address is incomplete, or the
    organisation's own is gone or another by now.
    """
    check_date(db, quote.wanted_on)
    address = quote.delivery_address
    if address is None:
        return
    if address["id"] is not None:
        if not is_present(address, choices(db, quote.account_id)):
            changed = _("This address was removed or changed meanwhile. Choose it again, or another.")
            raise _refused("/delivery_address", changed)
        return
    wrong: dict[str, Any] = {}
    if not (address["street"] or address["city"]):
        wrong["/delivery_address/street"] = _("An address needs a street or a town.")
    if not address["country"]:
        wrong["/delivery_address/country"] = _("Choose a country.")
    if wrong:
        raise InvalidError(fields=wrong)


def lines(address: Mapping[str, Any] | None, language: str) -> list[str]:
    """As it is written on a parcel, the country in that language. Empty for None, and for one that nothing was typed of yet."""
    if address is None:
        return []
    place = " ".join(one for one in (address["postcode"], address["city"]) if one)
    country = countries.name(language, address["country"]) if address["country"] else ""
    found = [address["name"], *address["street"].splitlines(), place, address["region"], country, address["phone"]]
    return [one for one in found if one]


def is_present(address: Stored, present: Iterable[AccountAddress]) -> bool:
    """Whether the organisation has this address of its own as it was chosen."""
    return address in [_stored(one) for one in present]


def label(address: AccountAddress | Stored) -> str:
    """In a line: what it is called, and where it is."""
    held = address if isinstance(address, dict) else _stored(address)
    place = " ".join(one for one in (held["postcode"], held["city"]) if one)
    return ", ".join(one for one in (held["name"], *held["street"].splitlines(), place) if one)


def told(quote: Any) -> dict[str, str | None]:
    """Both as the audit trail keeps them."""
    where = ", ".join(lines(quote.delivery_address, "en")) or None
    return {"delivery_address": where, "wanted_on": quote.wanted_on.isoformat() if quote.wanted_on else None}


SENT = ("delivery_address", "wanted_on")
"""What of a `QuoteRequest` a company's system may have no place for."""


def in_words(quote: Any, language: str) -> dict[str, str]:
    """SENT for who reads a note at the company; without what the customer did not say."""
    found = {}
    if where := lines(quote.delivery_address, language):
        found["delivery_address"] = "\n".join([translate(language, _("Delivery address:")), *where])
    if quote.wanted_on is not None:
        day = formats.day(language, quote.wanted_on)
        found["wanted_on"] = translate(language, _("Wanted on ${day}", mapping={"day": day}))
    return found


def address(stored: Mapping[str, Any] | None) -> Address | None:
    """As the company gets it; None also for one of which nothing was typed."""
    if stored is None or not any(stored[name] for name in FIELDS):
        return None
    return Address(None, **{name: stored[name] for name in FIELDS}, delivery=True, reference=stored["id"])
