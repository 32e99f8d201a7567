"""Units of measure as UN/ECE recommendations 20 and 21 write them (BT-130)."""

from __future__ import annotations

from portico.web import units

ONE = "C62"
"""For a unit that nobody knows: so many of it."""
CODES = {
    "bag": "XBG", "bottle": "XBO", "box": "XBX", "can": "XCA", "carton": "XCT", "day": "DAY", "dozen": "DZN", "hour": "HUR",
    "minute": "MIN", "month": "MON", "pack": "XPK", "pair": "PR", "pallet": "XPX", "piece": "H87", "roll": "XRO",
    "service": "E48", "set": "SET", "sheet": "XST", "week": "WEE", "year": "ANN", "mm": "MMT", "cm": "CMT", "m": "MTR",
    "km": "KMT", "m2": "MTK", "m3": "MTQ", "g": "GRM", "kg": "KGM", "t": "TNE", "ml": "MLT", "l": "LTR", "kwh": "KWH",
}  # fmt: skip


def code(unit: str) -> str:
    """Of a company's word or code for a unit, in any of the languages that `portico.web.units` knows."""
    return CODES.get(units.known(unit) or "", ONE)
