"""How a statement adds up, how old what is due is, and the files for bookkeeping programs."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.testing.npm import MUST_RUN
from portico_payments import books
from portico_payments.asked import first_day, last_day
from portico_payments.ledger import AGAINST
from portico_payments.statement import AGES, DAYS_OF_AGE, WORDS, Line, Statement, aged, running

DAY = dt.date(2026, 3, 31)
NASTY = ["I-1", "A; b: c = (d) | *", "<&>\"'", "two  blanks", "\u202eabc", "فاتورة ٣", "", "x" * 300]


def say(words: object) -> str:
    return str(words)


def lines(opening: str, *amounts: tuple[str, str, str]) -> list[Line]:
    """(kind, number, amount) of each, a day apart."""
    return running(
        Decimal(opening),
        [
            SimpleNamespace(
                journal_id=UUID(int=place), booked_on=dt.date(2026, 3, 1) + dt.timedelta(place), kind=kind, cause="booked",
                number=number, source="invoice", source_id=UUID(int=9), amount=Decimal(amount),
            )
            for place, (kind, number, amount) in enumerate(amounts)
        ],
    )  # fmt: skip


def statement(opening: str, found: list[Line], currency: str = "EUR") -> Statement:
    added = sum((one.amount for one in found if one.amount > 0), Decimal(0))
    lessened = sum((one.amount for one in found if one.amount < 0), Decimal(0))
    balance = Decimal(opening) + added + lessened
    return Statement(currency, dt.date(2026, 3, 1), DAY, Decimal(opening), added, lessened, len(found), balance)


def test_each_line_has_the_balance_after_it() -> None:
    found = lines("10", ("invoice", "1", "120"), ("payment", "2", "-130"), ("invoice", "3", "5"))
    assert [one.balance for one in found] == [130, 0, 5]
    assert statement("10", found).closing == 5


def test_every_posting_has_words() -> None:
    assert set(WORDS) == {(kind, cause) for kind in AGAINST for cause in ("booked", "changed", "cancelled")}


@pytest.mark.parametrize(
    ("late", "place"),
    [(None, 0), (-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4000, 4)],
)
def test_what_is_due_is_in_its_age(late: int | None, place: int) -> None:
    due_on = None if late is None else DAY - dt.timedelta(late)
    age = aged([SimpleNamespace(due_on=due_on, open_amount=Decimal(7))], DAY, Decimal(7))
    parts = [age.not_due, age.to_30, age.to_60, age.to_90, age.older]
    assert parts == [7 if one == place else 0 for one in range(5)]
    assert age.overdue == (7 if place else 0)


@given(st.lists(st.tuples(st.none() | st.dates(dt.date(2020, 1, 1), DAY), st.decimals(0, 999, places=2))), st.decimals(-999, 999, places=2))
def test_all_ages_come_to_the_balance(rows: list[tuple[dt.date | None, Decimal]], balance: Decimal) -> None:
    age = aged([SimpleNamespace(due_on=due_on, open_amount=amount) for due_on, amount in rows], DAY, balance)
    assert age.not_due + age.overdue + age.unassigned == balance
    assert len(AGES) == len(DAYS_OF_AGE) + 3


def test_a_statement_is_of_three_months() -> None:
    assert first_day(dt.date(2026, 1, 15)) == dt.date(2025, 11, 1)
    assert first_day(dt.date(2026, 12, 31)) == dt.date(2026, 10, 1)
    assert last_day(dt.date(2028, 2, 3)) == dt.date(2028, 2, 29)


@pytest.mark.parametrize(("amount", "currency", "written"), [
    ("1.5", "EUR", "1.50"), ("-1234567.8", "EUR", "-1234567.80"), ("3", "JPY", "3"), ("0.125", "KWD", "0.125"), ("0.1234", "EUR", "0.1234"),
    ("0", "EUR", "0.00"), ("1E+3", "EUR", "1000.00"),
])  # fmt: skip
def test_amounts_are_exact(amount: str, currency: str, written: str) -> None:
    assert books.exact(Decimal(amount), currency) == written


def test_ofx_says_each_line_and_the_balance_from_the_customers_side() -> None:
    found = lines("10", *(("invoice", number, "1.5") for number in NASTY), ("payment", "P", "-100"))
    given = statement("10", found)
    text = "".join(books.ofx(given, found, "A & <B>", "123EUR", say))
    head, _line, body = text.partition("\n")
    assert head.startswith("<?xml")
    root = ET.fromstring(body.partition("\n")[2])  # noqa: S314 - it is our own
    listed = root.findall(".//STMTTRN")
    assert [Decimal(one.findtext("TRNAMT") or "") for one in listed] == [-one.amount for one in found]
    assert len({one.findtext("FITID") for one in listed}) == len(found)
    assert all(len(one.findtext("NAME") or "") <= 32 for one in listed)
    assert Decimal(root.findtext(".//LEDGERBAL/BALAMT") or "") == -given.closing
    assert root.findtext(".//CURDEF") == "EUR"
    assert root.findtext(".//ORG") == "A & <B>"


@pytest.fixture
def hledger(tmp_path: Path):
    program = shutil.which("hledger")
    if program is None and not MUST_RUN:
        pytest.skip("there is no hledger on this machine (apt-get install hledger)")
    assert program, "there is no hledger on this machine, and these tests must run"

    def run(text: str, *asked: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "statement.journal"
        file.write_text(text, encoding="utf-8")
        command = [program, "-f", str(file), *asked]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8", "HOME": str(tmp_path)}
        )

    return run


@pytest.mark.parametrize(("currency", "opening"), [("EUR", "10"), ("EUR", "0"), ("KWD", "-0.125"), ("JPY", "7")])
def test_hledger_takes_the_journal_and_has_the_same_balance(hledger, currency: str, opening: str) -> None:  # type: ignore[no-untyped-def]
    found = lines(
        opening, *(("invoice", number, "120") for number in NASTY), ("credit_note", "C", "-20"), ("payment", "P", "-700"),
        ("refund", "R", "30"),
    )  # fmt: skip
    given = statement(opening, found, currency)
    text = "".join(books.hledger(given, found, "Turinova; S.p.A.  (IT)", "Acme: Paris", say))
    checked = hledger(text, "check", "--strict")
    checked = hledger(text, "check") if "undeclared" in checked.stderr else checked
    assert checked.returncode == 0, checked.stderr
    balance = hledger(text, "balance", "liabilities", "-O", "csv", "--no-total").stdout
    assert [Decimal(row.split('"')[3].split()[0]) for row in balance.splitlines()[1:]] == [-given.closing]


def test_hledger_refuses_a_journal_that_comes_to_another_balance(hledger) -> None:  # type: ignore[no-untyped-def]
    found = lines("0", ("invoice", "1", "120"))
    text = "".join(books.hledger(statement("0", found), found, "Company", "Acme", say))
    assert hledger(text, "check").returncode == 0
    assert hledger(text.replace("-120.00 EUR\n    expenses", "-121.00 EUR\n    expenses"), "check").returncode != 0
