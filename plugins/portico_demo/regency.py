"""Regency Giftware: real invoices of a British wholesaler, cleaned by stated rules, every dropped row
counted.

The rules, in the order in which a row meets them:

- codes are upper-cased; a row whose code is an entry of the books (D discount, M manual, S samples, B bad
debt) is dropped; POST, DOT, C2, BANK CHARGES, AMAZONFEE and CRUK are fees; gift vouchers are services; - rows
of a cancellation (number with C) are dropped, but an order that one of them returns in full becomes
"cancelled"; - rows of other numbers with letters, without a customer, with a quantity or a price of zero or
less are dropped; - a product's name is its commonest description in capitals (the shop's staff wrote remarks
such as "damaged?" in lower case); one without such a description or without any price is dropped. Its list
price is the commonest positive one; - orders move by whole days, so that the newest is of today; what would
then lie in the future is put at now.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

FEES = {"POST", "DOT", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK"}
BOOK_ENTRIES = {"D", "M", "S", "B"}
VOUCHER = "GIFT_"


@dataclass(frozen=True)
class Product:
    code: str
    name: str
    kind: str
    category: str
    price: Decimal


@dataclass
class Line:
    code: str
    quantity: int
    price: Decimal


@dataclass
class Invoice:
    """`at`: as in the data (the shop's clock, taken as UTC)."""

    number: str
    customer: str
    country: str
    at: datetime
    lines: list[Line] = field(default_factory=list)
    cancelled: bool = False


@dataclass
class Credit:
    """A cancellation of the data, which is a credit note. about: number of the invoice that it returns in full, None = it is a
    part of one, or of several, and the data does not say which."""

    note: Invoice
    about: str | None = None


@dataclass
class Cleaned:
    """What is left of the rows, and why the others are not: `rows` = lines of invoices + sum of `dropped`."""

    rows: int = 0
    products: dict[str, Product] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    credits: list[Credit] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)


def read_rows() -> Iterable[dict[str, str]]:
    """The shipped extract, row by row."""
    packed = files("portico_demo").joinpath("data/regency.csv.gz")
    with packed.open("rb") as raw, gzip.open(raw, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def clean(rows: Iterable[dict[str, str]]) -> Cleaned:
    result = Cleaned()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Counter[Decimal]] = defaultdict(Counter)
    returns: list[Invoice] = []
    kept: list[tuple[dict[str, str], Line]] = []
    cancellations: dict[str, Invoice] = {}
    for row in rows:
        result.rows += 1
        code = row["StockCode"].upper()
        if code != row["StockCode"]:
            result.noted["codes in lower case, upper-cased"] += 1
        name = " ".join(row["Description"].split())
        quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
        if is_name(name):
            names[code][name] += 1
        if price > 0 and quantity > 0:
            prices[code][price] += 1
        reason = why_dropped(row, code, quantity, price)
        if reason == "rows of cancellations":
            invoice = cancellations.setdefault(row["InvoiceNo"], _invoice(row))
            invoice.lines.append(Line(code, -quantity, price))
        if reason:
            result.dropped[reason] += 1
        else:
            kept.append((row, Line(code, quantity, price)))
    returns.extend(cancellations.values())
    _name_products(result, names, prices, {line.code for _row, line in kept})
    for row, line in kept:
        if line.code in result.products:
            result.invoices.setdefault(row["InvoiceNo"], _invoice(row)).lines.append(line)
        else:
            result.dropped["rows of products without a usable name"] += 1
    _mark_cancelled(result, returns)
    return result


def is_name(text: str) -> bool:
    """Capitals for the most part, and no question mark: a product's name and no remark of the warehouse."""
    letters = [character for character in text if character.isalpha()]
    return len(letters) > 2 and "?" not in text and sum(map(str.isupper, letters)) > len(letters) / 2


def why_dropped(row: dict[str, str], code: str, quantity: int, price: Decimal) -> str | None:
    number = row["InvoiceNo"]
    if number.startswith("C") and row["CustomerID"]:
        return "rows of cancellations"
    if code in BOOK_ENTRIES:
        return "entries of the books (discount, manual, samples, bad debt)"
    if not number.isdigit():
        return "rows of other documents"
    if not row["CustomerID"]:
        remark = not is_name(row["Description"])
        return "remarks of the warehouse (damaged, lost, test, none)" if remark else "rows without a customer"
    if quantity <= 0:
        return "rows with a quantity of zero or less"
    return "rows with a price of zero or less" if price <= 0 else None


def _invoice(row: dict[str, str]) -> Invoice:
    at = datetime.strptime(row["InvoiceDate"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return Invoice(row["InvoiceNo"], row["CustomerID"].removesuffix(".0"), row["Country"], at)


def _name_products(
    result: Cleaned, names: dict[str, Counter[str]], prices: dict[str, Counter[Decimal]], wanted: set[str]
) -> None:
    for code in sorted(wanted):
        if code in FEES or code.startswith(VOUCHER):
            name = names[code].most_common(1)[0][0] if names[code] else code
        elif not names[code] or not prices[code]:
            result.noted["products without a usable name"] += 1
            continue
        else:
            name = min(names[code], key=lambda text: (-names[code][text], text))
        if len(names[code]) > 1:
            result.noted["products with several descriptions, the commonest taken"] += 1
        price = min(prices[code], key=lambda amount: (-prices[code][amount], amount))
        if price != price.quantize(Decimal("0.01")):
            result.noted["list prices rounded to the penny"] += 1
        kind, category = classify(code, name)
        result.products[code] = Product(code, sentence(name), kind, category, price.quantize(Decimal("0.01")))


def sentence(name: str) -> str:
    """The data shouts; a catalogue does not."""
    return re.sub(r"\bt-light", "T-light", name.capitalize())


ACCESSORIES = re.compile(
    r"\b(WRAP|TISSUE|RIBBON|TAGS?|BAG|BAGS|CARD|CARDS|PADS?|BATTERY|BATTERIES|STICKERS?|PEGS|"
    r"HOOKS?|HANGERS?|LABELS?|STRING|TWINE|BOXES|CASES|REFILL|MAGNETS?|KEY RING|CHARM)\b"
)
CATEGORIES = [
    ("Christmas", r"CHRISTMAS|ADVENT|SANTA|REINDEER|XMAS|BAUBLE|SNOW|TREE DEC"),
    ("Candles and lights", r"CANDLE|LIGHT|LANTERN|LAMP|CHANDELIER|INCENSE"),
    (
        "Kitchen and table",
        r"MUG|CUP|PLATE|BOWL|TEA|COFFEE|CAKE|KITCHEN|CUTLERY|JUG|LUNCH|BOTTLE|GLASS|TRAY|EGG|BAK|"
        r"SPOON|APRON|OVEN|NAPKIN|COASTER|POT HOLDER|DISH|JAM|BREAD",
    ),
    (
        "Wrap and stationery",
        r"WRAP|CARD|PAPER|NOTEBOOK|PEN|STICKER|TISSUE|RIBBON|TAG|LETTER|STAMP|DIARY|ALPHABET",
    ),
    ("Bags and purses", r"\bBAGS?\b|PURSE|SHOPPER|SATCHEL|WASH ?BAG"),
    ("Garden", r"GARDEN|PLANT|FLOWER POT|WATERING|BIRD|HERB|SEED|PICNIC|PARASOL|DOORMAT"),
    ("Children", r"CHILD|TOY|DOLL|GIRL|BOY|SPACEBOY|BABY|JIGSAW|PUZZLE|GAME|SKIPPING|CIRCUS|PAINT|RABBIT"),
    ("Jewellery", r"NECKLACE|BRACELET|EARRING|RING|BROOCH|DIAMANTE|HAIR|JEWEL|PENDANT"),
    ("Storage", r"BOX|TIN|STORAGE|BASKET|JAR|DRAWER|CABINET|TRUNK|CRATE|HOLDER"),
    ("Signs, clocks and frames", r"SIGN|CLOCK|FRAME|MIRROR|WALL|HOOK|HANGER|KNOB|MAGNET"),
    ("Textiles", r"CUSHION|BLANKET|TOWEL|QUILT|FELT|FABRIC|RUG|CURTAIN|BUNTING"),
]


def classify(code: str, name: str) -> tuple[str, str]:
    """(kind, category) by words of the name: accessories are what one needs around a gift."""
    if code in FEES:
        return "fee", "Postage and charges"
    if code.startswith(VOUCHER):
        return "service", "Gift vouchers"
    category = next((title for title, words in CATEGORIES if re.search(words, name)), "Decoration")
    return "accessory" if ACCESSORIES.search(name) else "material", category


def _mark_cancelled(result: Cleaned, returns: list[Invoice]) -> None:
    """An order is cancelled when one later cancellation of the same customer returns exactly what it holds.
    """
    by_content: dict[tuple[str, frozenset[tuple[str, int]]], list[Invoice]] = defaultdict(list)
    for invoice in sorted(result.invoices.values(), key=lambda one: one.at):
        by_content[invoice.customer, _content(invoice)].append(invoice)
    for back in sorted(returns, key=lambda one: (one.at, one.number)):
        credit = Credit(back)
        result.credits.append(credit)
        earlier = [
            one
            for one in by_content.get((back.customer, _content(back)), ())
            if one.at <= back.at and not one.cancelled
        ]
        if earlier:
            earlier[-1].cancelled = True
            credit.about = earlier[-1].number
            result.noted["orders that a cancellation returns in full"] += 1


def _content(invoice: Invoice) -> frozenset[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for line in invoice.lines:
        sums[line.code] += line.quantity
    return frozenset(sums.items())


def shift(invoices: Iterable[Invoice], now: datetime) -> timedelta:
    """The whole days to add so that the newest invoice is of today."""
    newest = max(invoice.at for invoice in invoices)
    return timedelta(days=(now.date() - newest.date()).days)
