"""What the ref of an item says to people: some systems put the kind and the code into it, others a key of their own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

SOME = "item"
"""Kind of items whose ref names none."""


def code(ref: str | None) -> str:
    """"material:M1" → "M1", "M1" → "M1"; a mere number is the system's own key (Tryton, Odoo) and says nothing: ""."""
    kind, colon, rest = (ref or "").partition(":")
    if colon:
        return rest
    return "" if kind.isdecimal() else kind


def kind(ref: str) -> str:
    """"material:M1" → "material"."""
    found, colon, _rest = ref.partition(":")
    return found if colon else SOME


def kind_in(ref: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """As `kind`, in a query; NULL stays."""
    return sa.case((ref.contains(":"), sa.func.split_part(ref, ":", 1)), (ref.is_not(None), SOME))
