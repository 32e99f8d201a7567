"""Tax of an invoice by category and rate (BG-23): what EN 16931 makes of the lines, if it is what the company's system billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from portico_einvoices.amounts import CENT, rounded
from portico_einvoices.document import Category, Line, Party, Tax
from portico_einvoices.errors import Reason
from portico_einvoices.i18n import _
from portico_einvoices.seller import Seller

Group = tuple[Category, Decimal]
SLACK = Decimal(1)
"""By how much less BT-117 may differ from base times rate (BR-CO-17 as CEN's rules check it): what rounding each line brings."""
_CODES = {Category.REVERSE_CHARGE: "VATEX-EU-AE", Category.EXPORT: "VATEX-EU-G"}


def category(rate: Decimal, seller: Seller, buyer: Party) -> Category | None:
    """None: the company did not say what a rate of zero means."""
    if rate > 0:
        return Category.STANDARD
    at_home = buyer.address.country == seller.party.address.country
    return seller.zero_home if at_home else seller.zero_abroad


def amounts(bases: Mapping[Group, Decimal], lines: Sequence[Line], billed: Decimal, unit: Decimal) -> dict[Group, Decimal] | None:
    """BT-117 of each group, which are `billed` together. None: no way of rounding gives that.

    Once per rate, as the norm has it, or once per line, as many systems do; one rate alone takes the rest, if so many lines can
    have rounded so far.
    """
    once = {group: rounded(base * group[1] / 100, unit) for group, base in bases.items()}
    if sum(once.values()) == billed:
        return once
    each = dict.fromkeys(bases, Decimal(0))
    for line in lines:
        each[line.category, line.rate] += rounded(line.net * line.rate / 100, unit)
    if sum(each.values()) == billed and _close(each, once, SLACK):
        return each
    taxed = [group for group in bases if group[1] > 0]
    if len(taxed) == 1:
        whole = {group: billed if group in taxed else Decimal(0) for group in bases}
        if _close(whole, once, min(SLACK, unit * len(lines) + CENT)):
            return whole
    return None


def _close(some: Mapping[Group, Decimal], others: Mapping[Group, Decimal], most: Decimal) -> bool:
    return all(abs(some[group] - others[group]) < most for group in some)


def breakdown(
    bases: Mapping[Group, Decimal], taxes: Mapping[Group, Decimal], seller: Seller, reverse_charge: str
) -> list[Tax]:
    """The highest rate first. reverse_charge: how a reverse charge is called."""
    reasons = {Category.EXEMPT: seller.exemption, Category.REVERSE_CHARGE: reverse_charge}
    return [
        Tax(group[0], group[1], bases[group], taxes[group], reasons.get(group[0], ""), _CODES.get(group[0], ""))
        for group in sorted(bases, key=lambda one: (-one[1], one[0]))
    ]


def problems(bases: Mapping[Group, Decimal], seller: Seller, buyer: Party) -> list[Reason]:
    """What categories want of the parties (BR-AE-02, BR-G-02), and the one rate that the rules cannot check (BR-CO-17)."""
    found, categories = [], {group[0] for group in bases}
    if Category.REVERSE_CHARGE in categories and not (buyer.vat_id or buyer.registration):
        found.append(Reason("buyer_vat_id", _("A reverse charge needs the VAT number of the customer.")))
    if Category.EXPORT in categories and not seller.party.vat_id:
        found.append(Reason("seller_vat_id", _("An export without tax needs the VAT number of the company.")))
    if any(0 < rate < CENT * 50 and abs(base * rate) >= 50 for (_category, rate), base in bases.items()):
        found.append(Reason("tax_rate", _("A tax rate below half a per cent cannot be stated.")))
    return found
