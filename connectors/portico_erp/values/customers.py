"""The company's customers, where they are, and what was done with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portico_erp import invariants as check


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the company. `claim_code` is the secret by which a person proves to be this customer."""

    ref: str
    code: str
    name: str
    email: str
    currency: str
    price_list: str | None
    active: bool
    updated_at: datetime
    claim_code: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.code, "code", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        check.text(self.email, "email", empty=True)
        check.currency(self.currency)
        check.moment(self.updated_at, "updated_at")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a customer.

    `ref`: the company's; None = the company does not have it yet. `street`: its lines, parted by "\n". `country`: ISO 3166-1
    alpha-2 in capitals, "" where the company does not say. `billing`, `delivery`: whether invoices, or goods, may go there.
    `reference`: the portal's own, unique for ever, of an address that came from there; None = it did not, or the company's system
    has no place for it.
    """

    ref: str | None
    name: str
    street: str
    postcode: str
    city: str
    region: str
    country: str
    billing: bool = False
    delivery: bool = False
    phone: str = ""
    email: str = ""
    reference: str | None = None

    def __post_init__(self) -> None:
        check.optional_text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.optional_text(self.reference, "reference", longest=check.LONGEST_CODE)
        for name in ("name", "street", "city", "region", "email"):
            check.text(getattr(self, name), name, empty=True)
        for name in ("postcode", "phone"):
            check.text(getattr(self, name), name, longest=50, empty=True)
        check.country(self.country)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the company asks for at a customer, and how: each "" where nobody said."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        check.text(self.name, "name", empty=True)
        check.text(self.email, "email", empty=True)
        check.text(self.phone, "phone", longest=50, empty=True)


class ActivityKind(StrEnum):
    NOTE = "note"
    MESSAGE = "message"
    CALL = "call"
    MEETING = "meeting"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened with a customer in the portal, for the company's own records.

    `reference`: the portal's own, unique for ever: the key by which it is noted exactly once. `by`: the person's name.
    """

    reference: str
    customer_ref: str
    kind: ActivityKind
    title: str
    text: str
    at: datetime
    by: str = ""

    def __post_init__(self) -> None:
        check.text(self.reference, "reference", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.text(self.title, "title")
        check.text(self.text, "text", longest=check.LONGEST_TEXT, empty=True)
        check.moment(self.at, "at")
        check.text(self.by, "by", empty=True)
