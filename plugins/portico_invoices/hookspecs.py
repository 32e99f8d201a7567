"""What plugins that require `portico_invoices` may add to its pages. They import `portico_invoices.values`, and answer these
as they answer core's hooks: asked are only those that the company has switched on."""

from __future__ import annotations

from typing import Any

from portico.pluginhost import hookspec
from portico.tenancy.scope import Scope
from portico_invoices.values import InvoiceAction, InvoiceListAction, InvoicePanel


@hookspec
def invoices_panels(scope: Scope, invoice: Any) -> list[InvoicePanel]:
    """Cards on the page of an invoice or credit note: its payments, its other forms.

    Called: for the page, through the company's relay; must not query the database. `invoice` is the row that
        `portico_invoices.reading.invoice` gives.
    Return: panels; those whose permission the actor lacks in the invoice's organisation are left out.
    Order: sorted by `order`.
    Errors: logged with the plugin's name; the others go on. A fragment that fails shows an error with a retry.
    """


@hookspec
def invoices_actions(scope: Scope, invoice: Any) -> list[InvoiceAction]:
    """Links at the head of an invoice's page: pay it, download it in another form.

    Called: for the page, through the company's relay; must not query the database. `invoice` is the row that
        `portico_invoices.reading.invoice` gives.
    Return: actions; those whose permission the actor lacks in the invoice's organisation are left out.
    Order: sorted by `order`, after the plugin's own.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def invoices_list_actions(scope: Scope) -> list[InvoiceListAction]:
    """Links at the head of the list of invoices: pay several at once, a statement.

    Called: for the page, through the company's relay; must not query the database.
    Return: actions; those whose permission the actor lacks are left out.
    Order: sorted by `order`, after the plugin's own.
    Errors: logged with the plugin's name; the others go on.
    """
