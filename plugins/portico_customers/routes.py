"""Every page, action and API resource of the plugin."""

from __future__ import annotations

from typing import Any

from portico_customers import address_views, api, schemas, views

VIEW, SEE, CONTACT, DELIVER, NOTE = (
    "customers:view", "customers:addresses", "customers:contact", "customers:deliver", "customers:note",
)  # fmt: skip
T = "portico_customers/"
BOTH = ("GET", "POST")
OF = "/addresses/{account_id}"
ONE = f"{OF}/{{customer_address_id}}"
API, API_ONE = "/organisations/{account_id}/addresses", "/organisations/{account_id}/addresses/{customer_address_id}"


def add_routes(routes: Any) -> None:
    routes.page("customers.list", "/customers", views.listing, permission=VIEW, renderer=T + "list.jinja2")
    routes.page(
        "customers.detail", "/customers/{account_id}", views.detail, permission=VIEW, context=views.customer,
        renderer=T + "detail.jinja2",
    )  # fmt: skip
    _addresses(routes)
    _api(routes)


def _addresses(routes: Any) -> None:
    v, organisation, address = address_views, address_views.organisation, address_views.address
    routes.page("customers.addresses_home", "/addresses", v.home, permission=SEE, renderer=T + "organisations.jinja2")
    routes.page(
        "customers.addresses", OF, v.page, permission=SEE, context=organisation, renderer=T + "addresses.jinja2"
    )
    # First what has a word where the last pattern has an address's id.
    for name, pattern, view, permission, context in (
        ("address_remove", f"{ONE}/remove", v.remove, DELIVER, address),
        ("address_default", f"{ONE}/default", v.make_default, DELIVER, address),
        ("noted", f"{OF}/noted", v.note_by_hand, NOTE, organisation),
        ("send_again", f"{OF}/send", v.send_again, NOTE, organisation),
    ):
        routes.action(f"customers.{name}", pattern, view, permission=permission, context=context)
    for name, pattern, view, permission, context in (
        ("contact", f"{OF}/contact", v.edit_contact, CONTACT, organisation),
        ("address_new", f"{OF}/new", v.add, DELIVER, organisation),
        ("address", ONE, v.edit, DELIVER, address),
    ):
        routes.page(
            f"customers.{name}", pattern, view, permission=permission, context=context, methods=BOTH,
            renderer=f"{T}{name}.jinja2",
        )  # fmt: skip


def _api(routes: Any) -> None:
    s, organisation, address = schemas, address_views.organisation, address_views.address
    contact = "/organisations/{account_id}/contact"
    for name, path, view, method, permission, context, body, response, status, title in (
        ("contact", contact, api.contact, "GET", SEE, organisation, None, s.ContactAnswer, 200, "Contact details"),
        ("contact", contact, api.change_contact, "PATCH", CONTACT, organisation, s.ContactBody, s.ContactAnswer, 200,
         "Change contact details"),
        ("addresses", API, api.listing, "GET", SEE, organisation, None, s.AddressesAnswer, 200, "Delivery addresses"),
        ("addresses", API, api.add, "POST", DELIVER, organisation, s.AddressBody, s.AddressAnswer, 201,
         "Add a delivery address"),
        ("address", API_ONE, api.one, "GET", SEE, address, None, s.AddressAnswer, 200, "One delivery address"),
        ("address", API_ONE, api.change, "PATCH", DELIVER, address, s.AddressChange, s.AddressAnswer, 200,
         "Change a delivery address, or make it the default"),
        ("address", API_ONE, api.remove, "DELETE", DELIVER, address, None, None, 204, "Remove a delivery address"),
    ):  # fmt: skip
        routes.api(
            name, path, view, method=method, permission=permission, context=context, body=body, response=response,
            status=status, title=title, idempotent=method == "POST",
        )  # fmt: skip
