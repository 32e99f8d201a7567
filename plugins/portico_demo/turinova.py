"""Turinova: sheet metal, wood and workshop services, in euro. Item names English, descriptions French; all
invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from portico_demo.company import AgreedPrice, Company, DemoCustomer, DemoItem, LoadReport
from portico_demo.company import load as load_company
from portico_demo.history import add_history

CURRENCY = "EUR"
DEMO_CUSTOMER = "TUR-001"
"""The customer of customer@turinova.example."""

_METALS = [
    ("ST", "Steel", "Acier", "2.10"),
    ("SS", "Stainless steel", "Inox", "5.40"),
    ("AL", "Aluminium", "Aluminium", "4.60"),
    ("CU", "Copper", "Cuivre", "11.80"),
    ("BR", "Brass", "Laiton", "9.70"),
]
_THICKNESSES = ("1", "1.5", "2", "3", "4", "5", "6", "8", "10")
_DIAMETERS = ("12", "16", "20", "25", "30", "40", "50")
_PROFILES = (("AN", "angle", "Cornière", "0.8"), ("FL", "flat bar", "Plat", "0.7"))
_WOODS = [
    ("OAK", "Oak board", "Planche de chêne", "58"),
    ("PIN", "Pine board", "Planche de pin", "19"),
    ("PLY", "Birch plywood", "Contreplaqué bouleau", "34"),
    ("MDF", "MDF panel", "Panneau MDF", "14"),
    ("OSB", "OSB panel", "Panneau OSB", "11"),
]
_PLASTICS = [
    ("PMMA", "Acrylic sheet", "Plaque acrylique", "28"),
    ("PC", "Polycarbonate sheet", "Plaque polycarbonate", "36"),
]
_SERVICES = [
    ("CUT-LASER", "Laser cutting", "Découpe laser", "1.80", "m"),
    ("CUT-WATER", "Water-jet cutting", "Découpe jet d'eau", "3.20", "m"),
    ("CUT-SAW", "Sawing to length", "Sciage à longueur", "4.50", "cut"),
    ("BEND", "Bending", "Pliage", "2.90", "bend"),
    ("ROLL", "Rolling", "Roulage", "38.00", "hour"),
    ("WELD-MIG", "MIG welding", "Soudage MIG", "62.00", "hour"),
    ("WELD-TIG", "TIG welding", "Soudage TIG", "74.00", "hour"),
    ("DRILL", "Drilling", "Perçage", "0.85", "hole"),
    ("TAP", "Thread tapping", "Taraudage", "1.40", "hole"),
    ("MILL", "CNC milling", "Fraisage CNC", "88.00", "hour"),
    ("TURN", "CNC turning", "Tournage CNC", "82.00", "hour"),
    ("POLISH", "Polishing", "Polissage", "29.00", "m2"),
    ("BRUSH", "Brushing", "Brossage", "17.00", "m2"),
    ("ANOD", "Anodising", "Anodisation", "41.00", "m2"),
    ("COAT", "Powder coating", "Thermolaquage", "33.00", "m2"),
    ("GALV", "Hot-dip galvanising", "Galvanisation", "1.15", "kg"),
    ("EDGE", "Edge banding", "Placage de chants", "3.60", "m"),
    ("SAND", "Sanding", "Ponçage", "12.00", "m2"),
    ("OIL", "Oiling", "Huilage", "14.50", "m2"),
    ("DRAW", "Technical drawing", "Dessin technique", "65.00", "hour"),
    ("SITE", "Site measurement", "Relevé sur site", "180.00", "visit"),
    ("INST", "Installation on site", "Pose sur site", "58.00", "hour"),
]
_FEES = [
    ("DLV-LOCAL", "Delivery up to 50 km", "Livraison jusqu'à 50 km", "45.00"),
    ("DLV-NAT", "Delivery, France", "Livraison France", "95.00"),
    ("DLV-EU", "Delivery, European Union", "Livraison Union européenne", "240.00"),
    ("CRANE", "Unloading by crane", "Déchargement grue", "120.00"),
    ("PACK", "Wooden crate", "Caisse bois", "68.00"),
    ("PALLET", "Pallet", "Palette", "12.00"),
    ("MIN", "Small order surcharge", "Frais petite commande", "25.00"),
    ("RUSH", "Express production", "Production express", "150.00"),
    ("CERT", "Material certificate 3.1", "Certificat matière 3.1", "30.00"),
]
_CUSTOMERS = [
    ("TUR-001", "Atelier Lavoisier", "achats@lavoisier.example", "FR"),
    ("TUR-002", "Menuiserie du Rhône", "contact@menuiserie-rhone.example", "FR"),
    ("TUR-003", "Garonne Métal", "bureau@garonne-metal.example", "FR"),
    ("TUR-004", "Studio Perrault Architectes", "projets@perrault.example", "FR"),
    ("TUR-005", "Northfield Fabrication", "orders@northfield.example", "IE"),
    ("TUR-006", "Ardennes Machines", "compta@ardennes-machines.example", "BE"),
]


def claim_code(customer: str) -> str:
    return f"CLAIM-{customer}"


def items() -> list[DemoItem]:
    return [*_signature(), *_metal(), *_profiles(), *_boards(), *_fasteners(), *_fittings(), *_work()]


def _signature() -> Iterator[DemoItem]:
    for code, name, french, price, category in (
        ("STEEL-SHEET", "Steel sheet", "Tôle d'acier 3000 × 1500 × 10 mm", "1000.00", "Sheet metal"),
        ("ALU-SHEET", "Aluminium sheet", "Tôle d'aluminium 3000 × 1500 × 8 mm", "800.00", "Sheet metal"),
        ("WOOD-PANEL", "Wood panel", "Panneau de bois massif 2500 × 1250 × 40 mm", "200.00", "Wood"),
    ):
        yield DemoItem("material", code, name, Decimal(price), category, description=french)


def _metal() -> Iterator[DemoItem]:
    cent = Decimal("0.01")
    for code, name, french, base in _METALS:
        for thickness in _THICKNESSES:
            price = (Decimal(base) * Decimal(thickness) * 9 + 12).quantize(cent)
            yield DemoItem(
                "material",
                f"{code}-SH-{thickness}",
                f"{name} sheet 2000 × 1000 × {thickness} mm",
                price,
                "Sheet metal",
                description=f"Tôle {french.lower()} {thickness} mm",
            )
        for diameter in _DIAMETERS:
            bar = (Decimal(base) * Decimal(diameter) ** 2 / 110 + 3).quantize(cent)
            yield DemoItem(
                "material",
                f"{code}-RD-{diameter}",
                f"{name} round bar Ø {diameter} mm",
                bar,
                "Bars",
                "m",
                description=f"Barre ronde {french.lower()} Ø {diameter} mm",
            )
            yield DemoItem(
                "material",
                f"{code}-TB-{diameter}",
                f"{name} tube Ø {diameter} × 2 mm",
                (bar * Decimal("0.62")).quantize(cent),
                "Tubes",
                "m",
                description=f"Tube {french.lower()} Ø {diameter} × 2 mm",
            )


def _profiles() -> Iterator[DemoItem]:
    for code, name, french, base in _METALS[:3]:
        for short, shape, shape_french, factor in _PROFILES:
            for width in ("20", "25", "30", "40", "50", "60"):
                price = (Decimal(base) * Decimal(width) * Decimal(factor) / 9 + 2).quantize(Decimal("0.01"))
                yield DemoItem(
                    "material",
                    f"{code}-{short}-{width}",
                    f"{name} {shape} {width} mm",
                    price,
                    "Bars",
                    "m",
                    description=f"{shape_french} {french.lower()} {width} mm",
                )


def _boards() -> Iterator[DemoItem]:
    for code, name, french, base in _WOODS:
        for n, thickness in enumerate(("9", "12", "18", "22", "27"), 2):
            yield DemoItem(
                "material",
                f"{code}-{thickness}",
                f"{name} {thickness} mm",
                (Decimal(base) * n / 4).quantize(Decimal("0.01")),
                "Wood",
                "m2",
                description=f"{french} {thickness} mm",
            )
    for code, name, french, base in _PLASTICS:
        for thickness in ("3", "4", "5", "6", "8", "10"):
            yield DemoItem(
                "material",
                f"{code}-{thickness}",
                f"{name} {thickness} mm",
                (Decimal(base) * Decimal(thickness) / 3).quantize(Decimal("0.01")),
                "Plastics",
                "m2",
                description=f"{french} {thickness} mm",
            )


def _fasteners() -> Iterator[DemoItem]:
    for size in ("M4", "M5", "M6", "M8", "M10", "M12"):
        weight = Decimal(size[1:])
        for length in ("16", "20", "30", "40", "60"):
            yield DemoItem(
                "accessory",
                f"SCR-{size}-{length}",
                f"Hexagon screw {size} × {length}, box of 100",
                (weight * Decimal(length) / 25 + 4).quantize(Decimal("0.01")),
                "Fasteners",
                "box",
                description=f"Vis hexagonale {size} × {length}, boîte de 100",
            )
        for code, name, french, factor in (
            ("NUT", "Hexagon nut", "Écrou hexagonal", "0.9"),
            ("WSH", "Washer", "Rondelle", "0.4"),
            ("RIV", "Blind rivet nut", "Écrou à sertir", "2.6"),
        ):
            yield DemoItem(
                "accessory",
                f"{code}-{size}",
                f"{name} {size}, box of 100",
                (weight * Decimal(factor) + 2).quantize(Decimal("0.01")),
                "Fasteners",
                "box",
                description=f"{french} {size}, boîte de 100",
            )


def _fittings() -> Iterator[DemoItem]:
    for code, name, french, base in (
        ("HNG", "Hinge", "Charnière", "6"),
        ("HDL", "Handle", "Poignée", "9"),
        ("BRK", "Angle bracket", "Équerre", "3"),
        ("FOOT", "Levelling foot", "Pied réglable", "4"),
        ("CAST", "Castor", "Roulette", "11"),
        ("GAS", "Gas spring", "Vérin à gaz", "18"),
    ):
        for n, size in enumerate(("S", "M", "L", "XL"), 2):
            yield DemoItem(
                "accessory",
                f"{code}-{size}",
                f"{name}, size {size}",
                Decimal(base) * n / 2,
                "Fittings",
                description=f"{french}, taille {size}",
            )
    for number, colour in (
        ("9005", "jet black"),
        ("9010", "pure white"),
        ("7016", "anthracite"),
        ("3020", "red"),
        ("5010", "blue"),
        ("6005", "green"),
    ):
        yield DemoItem(
            "accessory",
            f"RAL-{number}",
            f"Touch-up paint RAL {number} {colour}",
            Decimal("14.90"),
            "Paint",
            "can",
            description=f"Peinture de retouche RAL {number}",
        )


def _work() -> Iterator[DemoItem]:
    for code, name, french, price, unit in _SERVICES:
        yield DemoItem("service", code, name, Decimal(price), "Workshop", unit, description=french)
    for code, name, french, price in _FEES:
        yield DemoItem("fee", code, name, Decimal(price), "Delivery and fees", description=french)


def build(now: datetime) -> Company:
    company = Company(CURRENCY, items=items(), carrier="Transports Démo")
    company.customers = [
        DemoCustomer(code, name, mail, claim_code(code), "PRO" if code == DEMO_CUSTOMER else None, country)
        for code, name, mail, country in _CUSTOMERS
    ]
    company.price_lists = {"PRO": "Tarif Pro 2026"}
    sheets = [item for item in company.items if item.category == "Sheet metal" and item.code != "STEEL-SHEET"]
    company.agreed = [
        AgreedPrice("PRO", item, least, (item.price * rate).quantize(Decimal("0.01")))
        for item in sheets
        for least, rate in ((Decimal(0), Decimal("0.96")), (Decimal(20), Decimal("0.90")))
    ]
    add_history(company, now, orders=90, quotes=14, seed=1, busy=DEMO_CUSTOMER)
    return company


def load(dsn: str, now: datetime | None = None) -> LoadReport:
    """Fill the empty company database at `dsn`."""
    moment = now or datetime.now(UTC)
    return LoadReport(load_company(dsn, build(moment), moment))
