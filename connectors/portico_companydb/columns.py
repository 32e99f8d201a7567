"""Types of the standard schema's columns: moments, days and amounts, as each kind of database keeps them.

What a cell of SQLite holds although it is none is handed over as it is, for mapping to refuse.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[Any]):
    """An aware moment; in UTC without a zone in MySQL, and as such a text in SQLite. A text stands for the moment it writes."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        return datetime

    def load_dialect_impl(self, dialect: Any) -> Any:
        kinds: dict[str, Any] = {"sqlite": sa.Text(), "mysql": DATETIME(fsp=6), "mariadb": DATETIME(fsp=6)}
        return dialect.type_descriptor(kinds.get(dialect.name, self.impl_instance))

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        bare = moment.astimezone(UTC).replace(tzinfo=None)
        return bare.isoformat(" ", "microseconds") if dialect.name == "sqlite" else bare

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        if isinstance(value, str) and dialect.name == "sqlite":
            value = _read(datetime.fromisoformat, value)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


class Day(TypeDecorator[Any]):
    impl = sa.Date
    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        return date

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value.isoformat() if dialect.name == "sqlite" and value is not None else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return _read(date.fromisoformat, value) if isinstance(value, str) else value


class Amount(TypeDecorator[Any]):
    """A Decimal. SQLite keeps a number of up to 15 digits exactly, and gives it back as the shortest text of it."""

    impl = sa.Numeric
    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        return Decimal

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(sa.types.NULLTYPE if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return format(value, "f") if dialect.name == "sqlite" and isinstance(value, Decimal) else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _read(made: Any, text: str) -> Any:
    try:
        return made(text)
    except ValueError:
        return text
