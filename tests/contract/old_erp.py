"""An ERP of the nineties, as nobody would make one today: the tables that docs/connectors/companydb.md maps, with their blanks,
codes, zero dates and duplicates, and how its people work in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from portico_companydb.connector import CompanyDatabase
from portico_companydb.foreign.document import load
from portico_erp.totals import totals

DOCUMENT = Path(__file__).parents[2] / "docs/connectors/companydb.md"
BERLIN = ZoneInfo("Europe/Berlin")
SCHEMA = """
create table ARTSTM (FIRMA char(2), ARTNR char(15), BEZ1 char(30), BEZ2 char(30), ARTGRP char(4), ME char(3), VKPR char(15),
  PREH decimal(5,0), STSL char(1), KZ char(1), LOEKZ char(1), AKTIV char(1));
create table MWST (STSL char(1), SATZ decimal(5,2));
create table KUNDE (KDNR decimal(7,0), NAME1 char(30), NAME2 char(30), EMAIL char(60), KLARWORT char(12), WAEHR char(3),
  PRLST char(4), RABATT char(6), SPERRE char(1), AENDAT integer);
create table PREISE (FIRMA char(2), ARTNR char(15), KDNR decimal(7,0), PRLST char(4), ABMENGE decimal(9,3), PREIS integer,
  PREH decimal(5,0), VONDAT integer, BISDAT integer);
create table ANGKOPF (ANGNR integer, FREMDREF varchar(60), KDNR decimal(7,0), STAT char(1), WAE char(3), NETTO bigint,
  MWST bigint, BRUTTO bigint, GUELTIG integer, GRUND varchar(200), TEXT1 varchar(2000), BESTNR varchar(30), ANLDAT integer,
  ANLZEIT integer);
create table ANGPOS (ANGNR integer, POS decimal(5,0), FIRMA char(2), ARTNR char(15), BEZ varchar(60), ME char(3),
  MENGE decimal(13,3), PREIS decimal(15,4), STSATZ decimal(5,2), BEM varchar(500));
create table AUFKOPF (FIRMA char(2), AUFNR char(10), ANGNR integer, KDNR decimal(7,0), STAT char(2), WAE char(3), AUFDAT integer,
  AUFZEIT integer, LIEFDAT integer, BESTNR char(30), AENTS timestamp);
create table AUFPOS (AUFNR char(10), POS decimal(5,0), FIRMA char(2), ARTNR char(15), BEZ varchar(60), ME char(3),
  MENGE decimal(13,3), PREIS decimal(15,4), STSATZ decimal(5,2));
create table LIEFER (LFNR integer, AUFNR char(10), LFDAT integer, LFZEIT integer, SPED char(20), SENDNR char(20));
create table RECHKOPF (RENR integer, REART char(1), KDNR decimal(7,0), AUFNR char(10), BEZRE integer, REDAT integer,
  FAELLIG integer, STAT char(1), NETTO bigint, MWST bigint, BRUTTO bigint, OFFEN bigint, AENTS timestamp);
create table RECHPOS (RENR integer, POS decimal(5,0), FIRMA char(2), ARTNR char(15), BEZ varchar(60), ME char(3),
  MENGE decimal(13,3), PREIS decimal(15,4), STSATZ decimal(5,2));
create table ZAHLUNG (ZNR integer, KDNR decimal(7,0), RENR integer, BETRAG bigint, ZDAT integer, ZART char(1), STORNO char(1));
create table LIEFPOS (LFNR integer, POS decimal(5,0), FIRMA char(2), ARTNR char(15), BEZ varchar(60), MENGE decimal(13,3))
"""


def mapping() -> dict[str, Any]:
    """The example of the documentation."""
    (found,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return load(found)


def comma(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def seed() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Statements with their values."""
    item = "insert into ARTSTM values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    for number in range(1, 21):
        price = comma((number + Decimal("0.99")) * 100)
        yield item, ("01", f"M{number}", f"Blech {number}", "verzinkt  ", "BLE", "ST", price, 100, "1", "M", " ", "A")
    yield item, ("01", "Z1", "Schraube", None, "SCH", "KG", "0,5", 0, "1", "Z", None, "A")
    yield item, ("01", "D1", "Zuschnitt", "", "", "STD", "80,00", 1, "0", "D", "", "A")
    # The same number in another firm, and rows that are the same twice.
    yield item, ("02", "M1", "Fremdes Blech", "", "BLE", "ST", "nie", 1, "9", "?", " ", "A")
    yield item, ("01", "G1", "Verpackung", "", "", "", "0,00", 1, "0", "G", "", "A")
    yield item, ("01", "G1", "Verpackung", "", "", "", "0,00", 1, "0", "G", "", "A")
    for code, rate in (("0", 0), ("1", 20)):
        yield "insert into MWST values (?, ?)", (code, rate)
    customer = "insert into KUNDE values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1260301)"
    yield customer, (4711, "Müller & Söhne", "GmbH", "Einkauf@Mueller.example", "KLAR-1", "EUR", "GOLD", "12,5", "N")
    yield customer, (4712, "Gesperrt AG", "", "", "", "   ", "", "0,00-", "J")
    yield customer, (4713, "Ohne Liste", "", "", "", "   ", "", "12,5", "N")
    price = "insert into PREISE values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    yield price, ("01", "M1", 0, "GOLD", 0, 9500, 100, 20000101, 0)
    yield price, ("01", "M1", 0, "GOLD", 10, 8765, 100, 20000101, 99999999)
    yield price, ("01", "M1", 0, "GOLD", 10, 100, 100, 20000101, 20051231)
    yield price, ("01", "M1", 0, "GOLD", 100, 5000, 100, 20000101, 0)
    yield price, ("01", "M1", 0, "BLAU", 0, 1, 100, 20000101, 0)
    yield price, ("02", "M1", 0, "GOLD", 0, 1, 100, 20000101, 0)
    yield price, ("01", "M2", 4711, "", 0, 12345, 0, 0, 0)
    yield price, ("01", "M2", 0, "GOLD", 0, 1, 1, 0, 0)


Execute = Callable[..., list[tuple[Any, ...]]]


class Of:
    """A connector as the contract's tests see one of its connections: it can do what this mapping says."""

    def __init__(self, connector: CompanyDatabase, config: dict[str, Any]) -> None:
        self._connector, self.capabilities = connector, connector.capabilities_of(config)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)


class OldStage:
    """Plays the company's people. execute(statement with "?", *values) works past the connector."""

    schema = SCHEMA
    customer_ref = "4711"
    customer_email = "einkauf@mueller.example"
    item_count = 23
    own_price = ("01/M1", Decimal(12), Decimal("0.8765"))

    def __init__(self, execute: Execute, config: dict[str, Any], secrets: dict[str, str], egress: Any) -> None:
        self.execute, self.config, self.secrets, self.egress = execute, config, secrets, egress
        self.connector = Of(CompanyDatabase(), config)
        self.invalid: list[Any] = []
        for statement in self.schema.split(";"):
            execute(statement)
        for statement, values in seed():
            execute(statement, *values)

    def _set(self, ref: str, column: str, value: Any) -> None:
        firm, number = ref.split("/")
        self.execute(f"update ARTSTM set {column} = ? where FIRMA = ? and ARTNR = ?", value, firm, number)

    def _get(self, ref: str, column: str) -> Any:
        firm, number = ref.split("/")
        return self.execute(f"select {column} from ARTSTM where FIRMA = ? and ARTNR = ?", firm, number)[0][0]

    def set_price(self, ref: str, price: Decimal) -> None:
        self._set(ref, "VKPR", comma(price * int(self._get(ref, "PREH") or 1)))

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        self._set(ref, "LOEKZ", "X")
        try:
            yield
        finally:
            self._set(ref, "LOEKZ", " ")

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        before = self._get(ref, "VKPR")
        self._set(ref, "VKPR", "auf Anfrage")
        try:
            yield
        finally:
            self._set(ref, "VKPR", before)

    speaks_http = False

    def behind(self, host: str, port: int) -> dict[str, Any]:
        return self.config | {"host": host, "port": port}

    def cancel_order(self, order_ref: str) -> None:
        now = datetime.now(BERLIN).replace(tzinfo=None).isoformat(" ")
        self.execute("update AUFKOPF set STAT = '90', AENTS = ? where AUFNR = ?", now, order_ref)

    def price_quote(self, reference: str) -> None:
        until = int(f"{datetime.now(BERLIN) + timedelta(days=30):%Y%m%d}")
        self.execute("update ANGKOPF set STAT = 'K', GUELTIG = ? where FREMDREF = ?", until, reference)

    def order_from(self, reference: str) -> str:
        now = datetime.now(BERLIN).replace(tzinfo=None)
        ((quote, customer),) = self.execute("select ANGNR, KDNR from ANGKOPF where FREMDREF = ?", reference)
        number = f"A{quote}"
        self.execute(
            "insert into AUFKOPF values ('01', ?, ?, ?, '10', 'EUR', ?, ?, 0, '', ?)",
            number, quote, int(customer), int(f"{now:%Y%m%d}"), int(f"{now:%H%M%S}"), now.isoformat(" "),
        )  # fmt: skip
        self.execute(
            "insert into AUFPOS select ?, POS, FIRMA, ARTNR, BEZ, ME, MENGE, PREIS, STSATZ from ANGPOS where ANGNR = ?", number, quote
        )
        return number

    def ship(self, order_ref: str) -> None:
        number = int(order_ref[1:])
        now = datetime.now(BERLIN).replace(tzinfo=None)
        self.execute(
            "insert into LIEFER values (?, ?, ?, ?, 'Spedition', 'S1')", number, order_ref, int(f"{now:%Y%m%d}"), int(f"{now:%H%M%S}")
        )
        self.execute(
            "insert into LIEFPOS select ?, POS, FIRMA, ARTNR, BEZ, MENGE from AUFPOS where AUFNR = ?", number, order_ref
        )
        self.execute("update AUFKOPF set STAT = '30', AENTS = ? where AUFNR = ?", now.isoformat(" "), order_ref)

    def invoice_of(self, order_ref: str) -> str:
        lines = self.execute("select MENGE, PREIS, STSATZ from AUFPOS where AUFNR = ?", order_ref)
        sums = totals([(Decimal(str(one)), Decimal(str(price)), Decimal(str(rate))) for one, price, rate in lines], "EUR")
        ((customer,),) = self.execute("select KDNR from AUFKOPF where AUFNR = ?", order_ref)
        number = int(order_ref[1:]) + 30_000
        self._bill(number, "R", int(customer), order_ref, 0, [int(one * 100) for one in (sums.net, sums.tax, sums.gross)])
        self.execute(
            "insert into RECHPOS select ?, POS, FIRMA, ARTNR, BEZ, ME, MENGE, PREIS, STSATZ from AUFPOS where AUFNR = ?",
            number, order_ref,
        )  # fmt: skip
        return str(number)

    def _bill(self, number: int, kind: str, customer: int, order: str, of: int, cents: list[int]) -> None:
        now = datetime.now(BERLIN).replace(tzinfo=None)
        day = int(f"{now:%Y%m%d}")
        values = (number, kind, customer, order, of, day, 0, "O", *cents, cents[2], now.isoformat(" "))
        self.execute("insert into RECHKOPF values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)

    def credit(self, invoice_ref: str) -> str:
        """As they do it: the same below zero."""
        number = int(invoice_ref)
        ((customer, *cents),) = self.execute("select KDNR, NETTO, MWST, BRUTTO from RECHKOPF where RENR = ?", number)
        self._bill(number + 30_000, "G", int(customer), "", number, [-int(one) for one in cents])
        self.execute(
            "insert into RECHPOS select ?, POS, FIRMA, ARTNR, BEZ, ME, -MENGE, PREIS, STSATZ from RECHPOS where RENR = ?",
            number + 30_000, number,
        )  # fmt: skip
        return str(number + 30_000)

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        now, number = datetime.now(BERLIN).replace(tzinfo=None), int(invoice_ref)
        ((customer,),) = self.execute("select KDNR from RECHKOPF where RENR = ?", number)
        ((largest,),) = self.execute("select coalesce(max(ZNR), 0) from ZAHLUNG")
        cents = int(amount * 100)
        self.execute(
            "insert into ZAHLUNG values (?, ?, ?, ?, ?, 'U', 'N')",
            int(largest) + 1, int(customer), number, cents, int(f"{now:%Y%m%d}"),
        )  # fmt: skip
        self.execute(
            "update RECHKOPF set OFFEN = OFFEN - ?, STAT = case when OFFEN = ? then 'B' else 'T' end, AENTS = ? where RENR = ?",
            cents, cents, now.isoformat(" "), number,
        )  # fmt: skip
        return str(int(largest) + 1)

    def count_quotes(self, reference: str) -> int:
        return int(self.execute("select count(*) from ANGKOPF where FREMDREF = ?", reference)[0][0])
