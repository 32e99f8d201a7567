"""Invoices and credit notes as the company issued them, and the documents that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico_erp import invariants as check
from portico_erp.errors import InvalidValueError
from portico_erp.values.amounts import Totals


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceStatus(StrEnum):
    """What of it is settled. Drafts never leave the company, and whether one is overdue is the portal's own business."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CANCELLED = "cancelled"

    @classmethod
    def of(cls, gross: Decimal, open_amount: Decimal, *, cancelled: bool = False) -> InvoiceStatus:
        """By what is open of the whole; nothing open, or nothing to pay at all, is paid."""
        if cancelled:
            return cls.CANCELLED
        if open_amount == 0:
            return cls.PAID
        return cls.PARTLY_PAID if open_amount < gross else cls.OPEN


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """`ref` is the item's, None where the line names something outside the catalogue. `total` before tax. Quantity or price
    may be negative: a discount, or what was taken back.
    """

    ref: str | None
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    total: Decimal

    def __post_init__(self) -> None:
        check.optional_text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.name, "name")
        check.amount(self.quantity, "quantity", signed=True, below=check.LARGEST_QUANTITY)
        check.text(self.unit, "unit", longest=50, empty=True)
        check.amount(self.unit_price, "unit_price", signed=True)
        check.per_cent(self.tax_rate, "tax_rate")
        check.amount(self.total, "total", signed=True)


@dataclass(frozen=True, slots=True)
class RemoteInvoice:
    """An invoice or credit note as the company holds it.

    A credit note's amounts are positive, as on its paper: its kind is what turns them. `open_amount`: what of `totals.gross` is
    still to be paid, or to be given back; 0 when it is paid or cancelled, never negative (what was paid too much is a payment's
    matter). `credits_ref`: `ref` of the invoice that a credit note is about, None = of none in particular. `order_refs`: `ref`s
    of the orders it bills. `issued_on`, `due_on`: days in the company's own time zone; `due_on` None = no day is agreed.
    """

    ref: str
    number: str
    kind: InvoiceKind
    status: InvoiceStatus
    customer_ref: str
    currency: str
    lines: Sequence[InvoiceLine]
    totals: Totals
    open_amount: Decimal
    issued_on: date
    due_on: date | None
    updated_at: datetime
    order_refs: Sequence[str] = ()
    credits_ref: str | None = None
    po_number: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        check.amount(self.totals.gross, "totals.gross")
        check.amount(self.open_amount, "open_amount")
        self._check_open()
        check.day(self.issued_on, "issued_on")
        check.optional_day(self.due_on, "due_on")
        check.moment(self.updated_at, "updated_at")
        for index, ref in enumerate(self.order_refs):
            check.text(ref, f"order_refs.{index}", longest=check.LONGEST_CODE)
        check.optional_text(self.credits_ref, "credits_ref", longest=check.LONGEST_CODE)
        if self.credits_ref is not None and self.kind is not InvoiceKind.CREDIT_NOTE:
            raise InvalidValueError("credits_ref", "not_a_choice", "belongs to credit notes alone")
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)
        check.text(self.note, "note", longest=check.LONGEST_TEXT, empty=True)

    def _check_open(self) -> None:
        if self.open_amount > self.totals.gross:
            raise InvalidValueError("open_amount", "too_large", "is more than the whole")
        cancelled = self.status is InvoiceStatus.CANCELLED
        if (cancelled and self.open_amount) or self.status is not InvoiceStatus.of(
            self.totals.gross, self.open_amount, cancelled=cancelled
        ):
            raise InvalidValueError("open_amount", "out_of_range", f"does not fit the status {self.status}")


MOST_DOCUMENT_BYTES = 20_000_000
"""The largest document that passes between company and portal."""

_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "application/xml": (b"<?xml", b"<"),
    "text/xml": (b"<?xml", b"<"),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
}
DOCUMENT_TYPES = frozenset(_BEGINNINGS)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as people get it. `media_type`: one of DOCUMENT_TYPES; `content` has to be just that, and holds at most
    MOST_DOCUMENT_BYTES. `file_name`: no path, no control characters.
    """

    file_name: str
    media_type: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check.text(self.file_name, "file_name", longest=check.LONGEST_CODE)
        if any(one in "/\\" or not one.isprintable() for one in self.file_name) or self.file_name.startswith("."):
            raise InvalidValueError("file_name", "not_a_choice", "is no plain file name")
        if self.media_type not in DOCUMENT_TYPES:
            raise InvalidValueError("media_type", "not_a_choice", "is no type that a document may have")
        if not isinstance(self.content, bytes) or not self.content:
            raise InvalidValueError("content", "missing", "is empty")
        if len(self.content) > MOST_DOCUMENT_BYTES:
            raise InvalidValueError("content", "too_large", f"is longer than {MOST_DOCUMENT_BYTES} bytes")
        # XML may begin with a byte order mark and white space, and is not HTML; the others begin at once.
        is_xml = self.media_type.endswith("xml")
        begins = self.content[:100].removeprefix(b"\xef\xbb\xbf").lstrip().lower() if is_xml else self.content[:100]
        if not begins.startswith(_BEGINNINGS[self.media_type]) or (is_xml and begins.startswith((b"<!doctype", b"<html"))):
            raise InvalidValueError("content", "not_a_choice", f"is not {self.media_type}")
