"""Turinova: sheet metal, wood and workshop services, in euro. Its texts are French, as it is; all invented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from portico_demo.billing import add_invoices
from portico_demo.company import AgreedPrice, Company, DemoAddress, DemoCustomer, DemoItem, LoadReport
from portico_demo.filling import load as load_company
from portico_demo.history import add_history

CURRENCY = "EUR"
SHEETS, PIECE = "Tôles", "pièce"
DEMO_CUSTOMER = "TUR-001"
"""The customer of customer@turinova.example."""

_METALS = [
    ("ST", "acier", "2.10"),
    ("SS", "inox", "5.40"),
    ("AL", "aluminium", "4.60"),
    ("CU", "cuivre", "11.80"),
    ("BR", "laiton", "9.70"),
]
_THICKNESSES = ("1", "1.5", "2", "3", "4", "5", "6", "8", "10")
_DIAMETERS = ("12", "16", "20", "25", "30", "40", "50")
_PROFILES = (("AN", "Cornière", "0.8"), ("FL", "Plat", "0.7"))
_WOODS = [
    ("OAK", "Planche de chêne", "58"),
    ("PIN", "Planche de pin", "19"),
    ("PLY", "Contreplaqué bouleau", "34"),
    ("MDF", "Panneau MDF", "14"),
    ("OSB", "Panneau OSB", "11"),
]
_PLASTICS = [
    ("PMMA", "Plaque acrylique", "28"),
    ("PC", "Plaque polycarbonate", "36"),
]
_SERVICES = [
    ("CUT-LASER", "Découpe laser", "1.80", "m"),
    ("CUT-WATER", "Découpe jet d'eau", "3.20", "m"),
    ("CUT-SAW", "Sciage à longueur", "4.50", "coupe"),
    ("BEND", "Pliage", "2.90", "pli"),
    ("ROLL", "Roulage", "38.00", "heure"),
    ("WELD-MIG", "Soudage MIG", "62.00", "heure"),
    ("WELD-TIG", "Soudage TIG", "74.00", "heure"),
    ("DRILL", "Perçage", "0.85", "trou"),
    ("TAP", "Taraudage", "1.40", "trou"),
    ("MILL", "Fraisage CNC", "88.00", "heure"),
    ("TURN", "Tournage CNC", "82.00", "heure"),
    ("POLISH", "Polissage", "29.00", "m2"),
    ("BRUSH", "Brossage", "17.00", "m2"),
    ("ANOD", "Anodisation", "41.00", "m2"),
    ("COAT", "Thermolaquage", "33.00", "m2"),
    ("GALV", "Galvanisation", "1.15", "kg"),
    ("EDGE", "Placage de chants", "3.60", "m"),
    ("SAND", "Ponçage", "12.00", "m2"),
    ("OIL", "Huilage", "14.50", "m2"),
    ("DRAW", "Dessin technique", "65.00", "heure"),
    ("SITE", "Relevé sur site", "180.00", "visite"),
    ("INST", "Pose sur site", "58.00", "heure"),
]
_FEES = [
    ("DLV-LOCAL", "Livraison jusqu'à 50 km", "45.00"),
    ("DLV-NAT", "Livraison France", "95.00"),
    ("DLV-EU", "Livraison Union européenne", "240.00"),
    ("CRANE", "Déchargement grue", "120.00"),
    ("PACK", "Caisse bois", "68.00"),
    ("PALLET", "Palette", "12.00"),
    ("MIN", "Frais petite commande", "25.00"),
    ("RUSH", "Production express", "150.00"),
    ("CERT", "Certificat matière 3.1", "30.00"),
]
_CUSTOMERS = [
    ("TUR-001", "Atelier Lavoisier", "achats@lavoisier.example", "FR"),
    ("TUR-002", "Menuiserie du Rhône", "contact@menuiserie-rhone.example", "FR"),
    ("TUR-003", "Garonne Métal", "bureau@garonne-metal.example", "FR"),
    ("TUR-004", "Studio Perrault Architectes", "projets@perrault.example", "FR"),
    ("TUR-005", "Northfield Fabrication", "orders@northfield.example", "IE"),
    ("TUR-006", "Ardennes Machines", "compta@ardennes-machines.example", "BE"),
]

CONTACT = ("Camille Marchand", "camille@lavoisier.example", "04 65 71 01 02")
ADDRESSES = (
    DemoAddress("Atelier de Lyon", "12 rue de la Forge\nBâtiment B", "69007", "Lyon", "FR", "04 65 71 01 02"),
    DemoAddress("Dépôt de Nantes", "3 quai des Antilles", "44200", "Nantes", "FR"),
)


def claim_code(customer: str) -> str:
    return f"CLAIM-{customer}"


def items() -> list[DemoItem]:
    return [*_signature(), *_metal(), *_profiles(), *_boards(), *_fasteners(), *_fittings(), *_work()]


def _signature() -> Iterator[DemoItem]:
    for code, name, description, price, category in (
        ("STEEL-SHEET", "Tôle d'acier", "3000 × 1500 × 10 mm, laminée à chaud", "1000.00", SHEETS),
        ("ALU-SHEET", "Tôle d'aluminium", "3000 × 1500 × 8 mm, brute", "800.00", SHEETS),
        ("WOOD-PANEL", "Panneau de bois", "Bois massif, 2500 × 1250 × 40 mm", "200.00", "Bois"),
    ):
        yield DemoItem("material", code, name, Decimal(price), category, PIECE, description=description)


def _metal() -> Iterator[DemoItem]:
    cent = Decimal("0.01")
    for code, metal, base in _METALS:
        for thickness in _THICKNESSES:
            price = (Decimal(base) * Decimal(thickness) * 9 + 12).quantize(cent)
            yield DemoItem(
                "material",
                f"{code}-SH-{thickness}",
                f"Tôle {metal} 2000 × 1000 × {thickness} mm",
                price,
                SHEETS,
                PIECE,
            )
        for diameter in _DIAMETERS:
            bar = (Decimal(base) * Decimal(diameter) ** 2 / 110 + 3).quantize(cent)
            yield DemoItem(
                "material",
                f"{code}-RD-{diameter}",
                f"Barre ronde {metal} Ø {diameter} mm",
                bar,
                "Barres",
                "m",
            )
            yield DemoItem(
                "material",
                f"{code}-TB-{diameter}",
                f"Tube {metal} Ø {diameter} × 2 mm",
                (bar * Decimal("0.62")).quantize(cent),
                "Tubes",
                "m",
            )


def _profiles() -> Iterator[DemoItem]:
    for code, metal, base in _METALS[:3]:
        for short, shape, factor in _PROFILES:
            for width in ("20", "25", "30", "40", "50", "60"):
                price = (Decimal(base) * Decimal(width) * Decimal(factor) / 9 + 2).quantize(Decimal("0.01"))
                yield DemoItem(
                    "material",
                    f"{code}-{short}-{width}",
                    f"{shape} {metal} {width} mm",
                    price,
                    "Barres",
                    "m",
                )


def _boards() -> Iterator[DemoItem]:
    for code, name, base in _WOODS:
        for n, thickness in enumerate(("9", "12", "18", "22", "27"), 2):
            yield DemoItem(
                "material",
                f"{code}-{thickness}",
                f"{name} {thickness} mm",
                (Decimal(base) * n / 4).quantize(Decimal("0.01")),
                "Bois",
                "m2",
            )
    for code, name, base in _PLASTICS:
        for thickness in ("3", "4", "5", "6", "8", "10"):
            yield DemoItem(
                "material",
                f"{code}-{thickness}",
                f"{name} {thickness} mm",
                (Decimal(base) * Decimal(thickness) / 3).quantize(Decimal("0.01")),
                "Plastiques",
                "m2",
            )


def _fasteners() -> Iterator[DemoItem]:
    for size in ("M4", "M5", "M6", "M8", "M10", "M12"):
        weight = Decimal(size[1:])
        for length in ("16", "20", "30", "40", "60"):
            yield DemoItem(
                "accessory",
                f"SCR-{size}-{length}",
                f"Vis hexagonale {size} × {length}, boîte de 100",
                (weight * Decimal(length) / 25 + 4).quantize(Decimal("0.01")),
                "Visserie",
                "boîte",
            )
        for code, name, factor in (
            ("NUT", "Écrou hexagonal", "0.9"),
            ("WSH", "Rondelle", "0.4"),
            ("RIV", "Écrou à sertir", "2.6"),
        ):
            yield DemoItem(
                "accessory",
                f"{code}-{size}",
                f"{name} {size}, boîte de 100",
                (weight * Decimal(factor) + 2).quantize(Decimal("0.01")),
                "Visserie",
                "boîte",
            )


def _fittings() -> Iterator[DemoItem]:
    for code, name, base in (
        ("HNG", "Charnière", "6"),
        ("HDL", "Poignée", "9"),
        ("BRK", "Équerre", "3"),
        ("FOOT", "Pied réglable", "4"),
        ("CAST", "Roulette", "11"),
        ("GAS", "Vérin à gaz", "18"),
    ):
        for n, size in enumerate(("S", "M", "L", "XL"), 2):
            yield DemoItem(
                "accessory",
                f"{code}-{size}",
                f"{name}, taille {size}",
                Decimal(base) * n / 2,
                "Ferrures",
                PIECE,
            )
    for number, colour in (
        ("9005", "noir foncé"),
        ("9010", "blanc pur"),
        ("7016", "gris anthracite"),
        ("3020", "rouge signalisation"),
        ("5010", "bleu gentiane"),
        ("6005", "vert mousse"),
    ):
        yield DemoItem(
            "accessory",
            f"RAL-{number}",
            f"Peinture de retouche RAL {number} {colour}",
            Decimal("14.90"),
            "Peinture",
            "pot",
        )


def _work() -> Iterator[DemoItem]:
    for code, name, price, unit in _SERVICES:
        yield DemoItem("service", code, name, Decimal(price), "Atelier", unit)
    for code, name, price in _FEES:
        yield DemoItem("fee", code, name, Decimal(price), "Livraison et frais", PIECE)


def build(now: datetime) -> Company:
    company = Company(
        CURRENCY,
        items=items(),
        carrier="Transports Démo",
        note="Fictif : inventé pour la démonstration",
        refusal="Prix trop élevé.",
    )
    company.customers = [
        DemoCustomer(
            code,
            name,
            mail,
            claim_code(code),
            "PRO" if code == DEMO_CUSTOMER else None,
            country,
            *((ADDRESSES, CONTACT) if code == DEMO_CUSTOMER else ()),
        )
        for code, name, mail, country in _CUSTOMERS
    ]
    company.price_lists = {"PRO": "Tarif Pro 2026"}
    sheets = [item for item in company.items if item.category == SHEETS and item.code != "STEEL-SHEET"]
    company.agreed = [
        AgreedPrice("PRO", item, least, (item.price * rate).quantize(Decimal("0.01")))
        for item in sheets
        for least, rate in ((Decimal(0), Decimal("0.96")), (Decimal(20), Decimal("0.90")))
    ]
    add_history(company, now, orders=90, quotes=14, seed=1, busy=DEMO_CUSTOMER)
    add_invoices(company, now)
    return company


def load(dsn: str, now: datetime | None = None) -> LoadReport:
    """Fill the empty company database at `dsn`."""
    moment = now or datetime.now(UTC)
    return LoadReport(load_company(dsn, build(moment), moment))
