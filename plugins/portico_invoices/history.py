"""The history of an invoice in words: one sentence an entry, newest first. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from portico_invoices.i18n import _
from portico_invoices.states import CREDIT_NOTE, look

ICONS = {"issued": "receipt", "status": "circle-dot", "open": "credit-card", "due": "calendar", "corrected": "pencil"}
Money = Callable[[Decimal, str], str]


def entries(changes: Sequence[Any], kind: str, money: Money) -> list[dict[str, Any]]:
    """{"icon", "title", "at", "day", "whole_day"}. day: a date that belongs to the sentence, for the template to write out.
    whole_day: the day alone is known. kind: of the invoice; money: writes an amount in the reader's language.
    """
    return [_entry(one, kind, money) for one in reversed(changes)]


def _entry(one: Any, kind: str, money: Money) -> dict[str, Any]:
    return {
        "icon": ICONS[one.kind],
        "title": _words(one, kind, money),
        "at": one.at,
        "day": _day(one.data.get("to")) if one.kind == "due" else None,
        "whole_day": one.kind == "issued",
    }


def _words(one: Any, kind: str, money: Money) -> Any:
    data = one.data
    if one.kind == "issued":
        return _("Credit note issued") if kind == CREDIT_NOTE else _("Invoice issued")
    if one.kind == "open":
        return _("${amount} is open", mapping={"amount": money(Decimal(data["open"]), data["currency"])})
    if one.kind == "due":
        return _("Due day changed") if data.get("to") else _("Due day taken back")
    if one.kind == "corrected":
        amounts = {"from": money(Decimal(data["from"]), data["of"]), "to": money(Decimal(data["to"]), data["currency"])}
        return _("Corrected from ${from} to ${to}", mapping=amounts)
    return look(kind, one.status).title


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
