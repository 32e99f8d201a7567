"""What an update means: the entries of an invoice's history, and the one event worth telling somebody. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portico_erp.values import InvoiceKind, InvoiceStatus, RemoteInvoice
from portico_invoices.rows import happened_at, plain

ISSUED, CREDITED, PAID, CANCELLED = "invoices.issued", "invoices.credited", "invoices.paid", "invoices.cancelled"


@dataclass(frozen=True)
class Known:
    """How we last knew an invoice. amounts: net, tax, gross and currency."""

    status: str
    open_amount: Decimal
    due_on: dt.date | None
    amounts: tuple[Decimal, Decimal, Decimal, str]


@dataclass(frozen=True)
class Entry:
    kind: str
    at: dt.datetime
    status: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """entries: for the history, oldest first. event: None if there is nothing to tell."""

    entries: list[Entry]
    event: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def of_new(remote: RemoteInvoice, zone: dt.tzinfo) -> News:
    """One seen for the first time. zone: the company's, where its day of issue began. What was cancelled before anybody
    heard of it is no news.
    """
    at = happened_at(remote)
    issued = min(dt.datetime.combine(remote.issued_on, dt.time(), zone).astimezone(dt.UTC), at)
    entries = [Entry("issued", issued, InvoiceStatus.OPEN.value)]
    if remote.status is not InvoiceStatus.OPEN:
        entries.append(Entry("status", at, remote.status.value))
    if remote.status is InvoiceStatus.CANCELLED:
        return News(entries)
    return News(entries, ISSUED if remote.kind is InvoiceKind.INVOICE else CREDITED, facts(remote))


def of_update(known: Known, remote: RemoteInvoice) -> News:
    """One event at most."""
    at, entries = happened_at(remote), []
    totals = remote.totals
    if known.amounts != (totals.net, totals.tax, totals.gross, remote.currency):
        was = plain(known.amounts[2], known.amounts[3])
        data = {"from": was, "of": known.amounts[3], "to": plain(totals.gross, remote.currency), "currency": remote.currency}
        entries.append(Entry("corrected", at, data=data))
    if remote.due_on != known.due_on:
        entries.append(Entry("due", at, data={"from": _iso(known.due_on), "to": _iso(remote.due_on)}))
    left = {"open": plain(remote.open_amount, remote.currency), "currency": remote.currency}
    if remote.status.value != known.status:
        entries.append(Entry("status", at, remote.status.value, {"from": known.status, **left}))
        return News(entries, _event(remote), facts(remote))
    if remote.open_amount != known.open_amount:
        entries.append(Entry("open", at, data=left))
    return News(entries)


def _event(remote: RemoteInvoice) -> str | None:
    if remote.status is InvoiceStatus.CANCELLED:
        return CANCELLED
    settled = remote.status is InvoiceStatus.PAID and remote.kind is InvoiceKind.INVOICE
    return PAID if settled else None


def facts(remote: RemoteInvoice) -> dict[str, Any]:
    """What notices and feeds print; every event has all of it. amount: "1234.50 EUR", open_amount likewise; due: a day as ISO
    8601 writes it, or "".
    """
    return {
        "number": remote.number,
        "kind": remote.kind.value,
        "status": remote.status.value,
        "po_number": remote.po_number or "",
        "amount": f"{plain(remote.totals.gross, remote.currency)} {remote.currency}",
        "open_amount": f"{plain(remote.open_amount, remote.currency)} {remote.currency}",
        "due": _iso(remote.due_on) or "",
    }


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
