"""Contracts of the demo companies: frames of prices and service contracts that run, and ones that wait for an answer. All
invented; the texts are in the company's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

_CONTRACT = """
    INSERT INTO contracts (customer_id, title, status, currency, value, value_per, starts_on, ends_on, renewal_months,
                           notice_days, answer_until, terms, created_at)
    SELECT id, %(title)s, %(status)s, currency, %(value)s, %(per)s, current_date + %(begins)s::integer,
           current_date + %(ends)s::integer, %(renewal)s, %(notice)s, current_date + %(until)s::integer, %(terms)s,
           now() - make_interval(days => %(age)s)
    FROM customers WHERE code = %(customer)s RETURNING id"""
_LINE = """
    INSERT INTO contract_lines (contract_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate)
    VALUES (%s, %s, NULL, NULL, %s, %s, %s, %s, %s)"""


@dataclass(frozen=True)
class DemoContract:
    """begins, ends, until: days from today. age: days since it was offered. lines: (name, unit, quantity or None, price)."""

    title: str
    status: str
    terms: str
    lines: tuple[tuple[str, str, str | None, str], ...]
    value: Decimal | None = None
    per: str = "term"
    begins: int = 0
    ends: int | None = None
    renewal: int | None = None
    notice: int | None = None
    until: int | None = None
    age: int = 1
    tax: str = "20"


TURINOVA = (
    DemoContract(
        "Contrat d'entretien des plieuses",
        "offered",
        "Turinova entretient les machines désignées ci-dessous et les maintient en état de marche.\n\n"
        "Une visite a lieu chaque trimestre, à une date convenue au moins dix jours à l'avance. En cas d'arrêt, un technicien "
        "est sur place le jour ouvré suivant.\n\n"
        "Les pièces d'usure sont comprises. Les autres pièces sont facturées au tarif convenu.\n\n"
        "Le client donne accès aux machines et tient à jour leur carnet d'entretien.",
        (("Visite trimestrielle", "visite", "4", "620.00"), ("Heure de dépannage", "heure", None, "78.00")),
        value=Decimal("245.00"), per="month", begins=14, ends=379, renewal=12, notice=90, until=21, age=2,
    ),
    DemoContract(
        "Contrat-cadre tôles et barres",
        "active",
        "Les prix ci-dessous sont fermes pendant la durée du contrat, quelle que soit la quantité commandée.\n\n"
        "Chaque commande se passe sur appel. Le délai est de cinq jours ouvrés pour les articles en stock.",
        (("Tôle d'acier", "pièce", None, "945.00"), ("Tôle d'aluminium", "pièce", None, "748.00")),
        begins=-320, ends=45, age=330,
    ),
)  # fmt: skip
REGENCY = (
    DemoContract(
        "Display stand service",
        "active",
        "Regency Giftware keeps the display stands in your shops stocked and in order.\n\nOne visit each month, by appointment.",
        (("Monthly visit", "visit", "12", "85.00"),),
        value=Decimal("1020.00"), per="year", begins=-120, ends=245, renewal=12, notice=60, age=130,
    ),
    DemoContract(
        "Frame agreement 2027: Christmas range",
        "offered",
        "The prices below hold for all that is called off from the Christmas range until the last day of this agreement.\n\n"
        "Nothing has to be bought. Goods are delivered within ten working days of each call-off.",
        (("Bauble box, 12 pieces", "box", None, "14.40"), ("Wreath, 40 cm", "piece", None, "11.25")),
        begins=30, ends=420, until=28, age=3,
    ),
)  # fmt: skip
NILE = (
    DemoContract(
        "عقد صيانة أجهزة نقاط البيع",
        "offered",
        "تتولى الشركة صيانة الأجهزة المذكورة أدناه وإبقاءها صالحة للعمل.\n\n"
        "تتم زيارة دورية كل شهر، ويحضر الفني عند العطل في يوم العمل التالي.\n\n"
        "قطع الغيار المستهلكة مشمولة، وغيرها بالسعر المتفق عليه.",
        (("زيارة شهرية", "زيارة", "12", "450.00"), ("ساعة إصلاح", "ساعة", None, "220.00")),
        value=Decimal("5400.00"), per="year", begins=10, ends=375, renewal=12, notice=30, until=20, age=2, tax="14",
    ),
)  # fmt: skip
CONTRACTS = {"turinova": TURINOVA, "regency": REGENCY, "nile": NILE}


def add(dsn: str, slug: str, customer: str) -> None:
    """Those of a company, for its demo customer; a company without any gets none."""
    with psycopg.connect(dsn, application_name="portico demo") as connection:
        for one in CONTRACTS.get(slug, ()):
            _write(connection, one, customer)


def _write(connection: psycopg.Connection[Any], contract: DemoContract, customer: str) -> None:
    values = {name: value for name, value in vars(contract).items() if name != "lines"}
    row = connection.execute(_CONTRACT, {**values, "customer": customer}).fetchone()
    if row is None:
        raise LookupError(f"the company's database has no customer {customer}")
    for position, (name, unit, quantity, price) in enumerate(contract.lines, 1):
        amount = None if quantity is None else Decimal(quantity)
        connection.execute(_LINE, (row[0], position, name, unit, amount, Decimal(price), Decimal(contract.tax)))
