"""The standard schema's script for each kind of database. PostgreSQL has its own, which say more; the others share one, with
types and triggers in their own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

from portico_companydb.settings import MYSQL, POSTGRESQL, SQLITE

VERSION = 5
_SCRIPTS = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql")
_TYPES = {
    MYSQL: {
        "id": "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY", "code": "varchar(190)", "text": "text", "long": "mediumtext",
        "number": "varchar(190) NOT NULL UNIQUE DEFAULT ''", "moment": "datetime(6)", "now": "utc_timestamp(6)",
        "bytes": "longblob", "table": " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "changed_id": ", INDEX (updated_at, id)", "changed_code": ", INDEX (updated_at, code)",
    },
    SQLITE: {
        "id": "integer PRIMARY KEY AUTOINCREMENT", "code": "text", "text": "text", "long": "text",
        "number": "text UNIQUE", "moment": "text", "bytes": "blob", "table": "", "changed_id": "", "changed_code": "",
        # SQLite's clock knows milliseconds: what follows them tells two changes within one apart.
        "now": "strftime('%Y-%m-%d %H:%M:%f', 'now') || printf('%03d', abs(random() % 1000))",
    },
}  # fmt: skip
_STAMPED = ("materials", "accessories", "services", "fees", "price_list", "price_list_item", "customers", "customer_addresses",
            "quotes", "orders", "deliveries", "invoices", "payments", "contracts")  # fmt: skip
_PARTS = (
    ("quote_lines", "quotes", "quote_id"), ("order_lines", "orders", "order_id"), ("deliveries", "orders", "order_id"),
    ("delivery_lines", "deliveries", "delivery_id"), ("invoice_lines", "invoices", "invoice_id"),
    ("invoice_documents", "invoices", "invoice_id"), ("customer_addresses", "customers", "customer_id"),
    ("payment_allocations", "payments", "payment_id"), ("contract_lines", "contracts", "contract_id"),
)  # fmt: skip
"""(part, whole, the part's column that names it): a change of a part is one of the whole."""
_NUMBERED = {"quotes": "Q", "orders": "O", "deliveries": "D", "invoices": "I", "payments": "P", "contracts": "C"}
_LIKE_MATERIALS = ("accessories", "services", "fees")


def statements(dialect: str, since: int = 0) -> list[str]:
    """What makes the tables, in order. since: the version in place; 0 = none. MySQL commits each by itself, so there all may be
    run again until the last one, which says that it is done; an older version is brought up to date in the same way.
    """
    if dialect == POSTGRESQL:
        return ["\n".join(map(_read, _SCRIPTS[since:]))]
    done = _filled("INSERT INTO portico_schema (version) VALUES ({version})", {"version": str(VERSION)})
    return [*_tables(dialect), *_triggers(dialect), done]


def _read(name: str) -> str:
    return files("portico_companydb").joinpath(name).read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]], text)


def _tables(dialect: str) -> Iterator[str]:
    script = re.sub(r"^--.*$", "", _read("schema_portable.sql"), flags=re.MULTILINE)
    for statement in filter(None, map(str.strip, _filled(script, _TYPES[dialect]).split(";"))):
        if dialect == MYSQL and statement.startswith("CREATE INDEX"):
            continue  # in the tables already: it has no "if it is not there" for an index
        yield statement
        if "materials" in statement:
            yield from (statement.replace("materials", name) for name in _LIKE_MATERIALS)


def _triggers(dialect: str) -> Iterator[str]:
    money = dict(_blocks("triggers_money.sql"))
    blocks = _blocks("triggers_mysql.sql" if dialect == MYSQL else "triggers_sqlite.sql")
    number = next(text for kind, text in blocks if kind == "number")
    cancelled = _filled(money["cancelled"], money)
    for kind, text in blocks:
        for words in _each(kind):
            settles = money if words.get("part") == "payment_allocations" else {"added": "", "gone": ""}
            counted = _filled(number, words) if "letter" in words else ""
            yield _filled(text, {**_TYPES[dialect], **settles, **words, "number": counted, "cancelled": cancelled})


def _each(kind: str) -> Iterator[dict[str, str]]:
    """What a block of that kind is made for."""
    if kind == "once":
        yield {}
    elif kind == "part":
        yield from ({"part": part, "whole": whole, "column": column} for part, whole, column in _PARTS)
    elif kind == "numbered":
        yield from ({"table": table} for table in _NUMBERED)
    elif kind == "stamped":
        for table in _STAMPED:
            letter = {"letter": _NUMBERED[table]} if table in _NUMBERED else {}
            yield {"table": table, "key": "code" if table == "price_list" else "id", **letter}


def _blocks(name: str) -> list[tuple[str, str]]:
    """(kind, text) of each, without the file's own words."""
    found = (block.partition("\n") for block in _read(name).split("\n\n")[1:])
    return [(kind.removeprefix("-- "), text.strip()) for kind, _end, text in found]
