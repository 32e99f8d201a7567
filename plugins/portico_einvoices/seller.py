"""What the company says of itself, and decided, for its e-invoices: checked where it is entered, and before each use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portico.web.countries import CODES
from portico_einvoices import codes
from portico_einvoices.document import Account, Category, Party
from portico_einvoices.errors import Reason
from portico_einvoices.i18n import _

COUNTRIES = frozenset(CODES)


@dataclass(frozen=True, slots=True)
class Seller:
    """zero_home, zero_abroad: what a tax rate of zero means for buyers in the seller's country and elsewhere; None: the company
    did not say, and such invoices are not stated. exemption: why sales are exempt (BT-120). terms: BT-20 without a day."""

    party: Party
    account: Account | None = None
    zero_home: Category | None = None
    zero_abroad: Category | None = None
    exemption: str = ""
    terms: str = ""

    def missing(self) -> Iterator[Reason]:
        """What EN 16931 wants of every seller, of that what is not there (BR-06, BR-09, BR-CO-26, BR-S-02)."""
        party = self.party
        if not party.name:
            yield Reason("seller_name", _("The company's legal name is missing."))
        if party.address.country not in COUNTRIES:
            yield Reason("seller_country", _("The company's country is missing."))
        if not (party.vat_id or party.tax_number):
            yield Reason("seller_tax", _("The company has neither a VAT number nor a tax number."))
        elif not (party.vat_id or party.registration):
            yield Reason(
                "seller_registration", _("A company without a VAT number needs its number in the register of companies.")
            )
        if party.vat_id and not codes.is_vat_id(party.vat_id, COUNTRIES):
            yield Reason("seller_vat_id", _("The company's VAT number does not begin with the two letters of a country."))
        if self.account and not codes.is_iban(self.account.iban):
            yield Reason("seller_iban", _("The company's IBAN is wrong."))
        if Category.EXEMPT in (self.zero_home, self.zero_abroad) and not self.exemption:
            yield Reason("seller_exemption", _("The reason for which sales are exempt from tax is missing."))
