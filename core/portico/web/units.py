"""Units of measure in the reader's language: codes and words that companies use, and what people call them.

A unit that is not known here stays the company's own word.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel import Locale

from portico.web.i18n import _


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Marks the two forms for translation."""
    return one, many


COUNTED: Mapping[str, tuple[str, str]] = {
    "bag": ngettext("bag", "bags"),
    "bottle": ngettext("bottle", "bottles"),
    "box": ngettext("box", "boxes"),
    "can": ngettext("can", "cans"),
    "carton": ngettext("carton", "cartons"),
    "cut": ngettext("cut", "cuts"),
    "bend": ngettext("bend", "bends"),
    "day": ngettext("day", "days"),
    "dozen": ngettext("dozen", "dozens"),
    "hole": ngettext("hole", "holes"),
    "hour": ngettext("hour", "hours"),
    "minute": ngettext("minute", "minutes"),
    "month": ngettext("month", "months"),
    "pack": ngettext("pack", "packs"),
    "pair": ngettext("pair", "pairs"),
    "pallet": ngettext("pallet", "pallets"),
    "piece": ngettext("piece", "pieces"),
    "roll": ngettext("roll", "rolls"),
    "service": ngettext("service", "services"),
    "set": ngettext("set", "sets"),
    "sheet": ngettext("sheet", "sheets"),
    "visit": ngettext("visit", "visits"),
    "week": ngettext("week", "weeks"),
    "year": ngettext("year", "years"),
}
MEASURED: Mapping[str, Any] = {
    "mm": _("mm"),
    "cm": _("cm"),
    "m": _("m"),
    "km": _("km"),
    "m2": _("m²"),
    "m3": _("m³"),
    "g": _("g"),
    "kg": _("kg"),
    "t": _("t"),
    "ml": _("ml"),
    "l": _("l"),
    "kwh": _("kWh"),
}
# Codes of UN/ECE Recommendation 20 and 21, and words that ledgers are full of. In no case "st": pieces to some, sheets to others.
_SAME = {
    "bag": "bg bags sac sacs",
    "bottle": "bo bottles bouteille bouteilles",
    "box": "bx xbx boxes boîte boîtes boite",
    "can": "ca cans pot pots",
    "carton": "ct xct ctn cartons",
    "cut": "cuts coupe coupes",
    "bend": "bends pli plis",
    "day": "days jour jours يوم",
    "dozen": "dzn dz doz dozens douzaine",
    "hole": "holes trou trous",
    "hour": "hur h hr hrs hours heure heures ساعة",
    "minute": "min minutes",
    "month": "mon months mois شهر",
    "pack": "pk xpk packs paquet paquets",
    "pair": "pr pairs paire paires",
    "pallet": "px pallets palette palettes",
    "piece": "pce pces pcs pc ea each c62 h87 pieces unit units nos pièce pièces unité unités قطعة",
    "roll": "ro xro rolls rouleau rouleaux",
    "service": "e48 services prestation خدمة",
    "set": "sets kit kits jeu",
    "sheet": "sheets feuille feuilles",
    "visit": "visits visite visites",
    "week": "wee weeks semaine semaines",
    "year": "ann years an ans سنة",
    "mm": "mmt",
    "cm": "cmt",
    "m": "mtr metre metres meter meters mètre mètres متر",
    "km": "kmt",
    "m2": "mtk m² sqm",
    "m3": "mtq m³ cbm",
    "g": "grm",
    "kg": "kgm kgs",
    "t": "tne",
    "ml": "mlt",
    "l": "ltr litre litres liter",
    "kwh": "",
}
_KNOWN = {word: name for name, words in _SAME.items() for word in (name, *words.split())}


def known(unit: str) -> str | None:
    """Which unit a company's code or word means; None for one that is its own."""
    return _KNOWN.get(unit.strip().rstrip(".").casefold())


def name(language: Any, unit: str, quantity: Decimal | int = 1) -> str:
    """What a `portico.web.catalogues.Language` calls a unit, in the form that goes with the quantity."""
    which = known(unit)
    if which is None:
        return unit
    if which in MEASURED:
        return str(language.translate(MEASURED[which]))
    return str(language.ngettext(*COUNTED[which], _alike(language.code, Decimal(quantity))))


def _alike(locale: str, amount: Decimal) -> int:
    """A whole number whose noun has the form that goes with `amount`: 1.5 is many in English, and one in French."""
    if amount == amount.to_integral_value():
        return int(amount)
    form = Locale.parse(locale).plural_form
    return next((whole for whole in (1, 2, 3, 11, 100) if form(whole) == form(amount)), 2)
