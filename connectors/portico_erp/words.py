"""What people call each capability, and what the portal goes without where a connector does not have it."""

from __future__ import annotations

from collections.abc import Mapping

from translationstring import TranslationStringFactory

from portico.connections.connector import CapabilityWords

_ = TranslationStringFactory("portico_erp")

# Setup has no words of this kind: a system that has to be prepared by nobody lacks nothing.
WORDS: Mapping[str, CapabilityWords] = {
    "catalogue": CapabilityWords(_("Catalogue"), _("Customers find no catalogue to choose from.")),
    "prices": CapabilityWords(_("Prices"), _("Customers do not see prices of their own.")),
    "price_breaks": CapabilityWords(
        _("Quantity prices"), _("Customers do not see how a price falls with the quantity.")
    ),
    "stock": CapabilityWords(_("Stock"), _("Customers do not see what is in stock.")),
    "quote_submission": CapabilityWords(_("Sending quotes"), _("Requests for quotes do not reach your system.")),
    "quote_destinations": CapabilityWords(
        _("Destinations of quotes"), _("Where and when to deliver stands in the note of a quote.")
    ),
    "quotes": CapabilityWords(_("Reading quotes"), _("What becomes of quotes in your system is not shown.")),
    "quote_decisions": CapabilityWords(
        _("Sending answers to offers"), _("Customers' answers to offers do not reach your system.")
    ),
    "orders": CapabilityWords(_("Orders"), _("Orders are not shown.")),
    "deliveries": CapabilityWords(_("Deliveries"), _("Orders are shown without their deliveries.")),
    "contracts": CapabilityWords(_("Contracts"), _("Contracts are not shown.")),
    "contract_answers": CapabilityWords(
        _("Sending answers to contracts"), _("Customers cannot agree to contracts in the portal, nor decline them.")
    ),
    "invoices": CapabilityWords(_("Invoices"), _("Invoices and credit notes are not shown.")),
    "invoice_documents": CapabilityWords(
        _("Documents of invoices"), _("The documents of invoices cannot be downloaded.")
    ),
    "payments": CapabilityWords(_("Payments"), _("What was paid in your system is not shown.")),
    "payment_posting": CapabilityWords(
        _("Sending payments"), _("Payments made in the portal are not booked in your system by themselves.")
    ),
    "customers": CapabilityWords(
        _("Customers"), _("New customers are not looked up in your system: your staff assign them.")
    ),
    "addresses": CapabilityWords(_("Addresses"), _("Customers' addresses are not read from your system.")),
    "address_updates": CapabilityWords(_("Sending addresses"), _("Changed addresses do not reach your system.")),
    "contact_updates": CapabilityWords(
        _("Contact details"), _("Changed contact details of customers do not reach your system.")
    ),
    "activities": CapabilityWords(
        _("Noting activities"), _("What happens in the portal is not noted in your system.")
    ),
}
