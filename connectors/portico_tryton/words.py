"""What people call the fields that go wrong."""

from __future__ import annotations

from portico_tryton.i18n import _

FIELDS = {
    "available": _("Available"),
    "category": _("Category"),
    "code": _("Code"),
    "currency": _("Currency"),
    "customer_ref": _("Party"),
    "country": _("Country"),
    "due_on": _("Maturity date"),
    "email": _("E-mail address"),
    "expected_on": _("Planned date"),
    "gross": _("Total"),
    "gross_total": _("Total"),
    "issued_on": _("Invoice date"),
    "line_total": _("Total of the line"),
    "name": _("Name"),
    "net": _("Total before tax"),
    "net_total": _("Total before tax"),
    "note": _("Comment"),
    "number": _("Number"),
    "open_amount": _("Amount to pay"),
    "ordered_at": _("Sale date"),
    "po_number": _("Reference"),
    "price": _("Price"),
    "quantity": _("Quantity"),
    "shipped_at": _("Effective date"),
    "status": _("Status"),
    "tax": _("Tax"),
    "tax_rate": _("Tax rate"),
    "tax_total": _("Tax"),
    "unit": _("Unit"),
    "unit_price": _("Unit price"),
    "valid_until": _("Last day of validity"),
}
