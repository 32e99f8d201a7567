"""Pages on members and roles."""

from __future__ import annotations

import uuid
from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import composed_roles, people, schemas
from portico.forms.submission import handle
from portico.tenancy import service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def listing(context: None, request: Request) -> dict[str, Any]:
    waiting = people.pending(request.db)
    show = request.GET.get("show", "")
    show = show if show in people.FILTERS else ("pending" if waiting else "customers")
    search = request.GET.get("q", "")[:100]
    return {
        "page": people.page(request.db, show, search, request.GET.get("after")),
        "show": show,
        "search": search,
        "waiting": waiting,
        "titles": _titles(request),
    }


def detail(context: None, request: Request) -> Any:
    """A member; for one who waits, the form that lets them in; for staff, that of their roles."""
    membership = people.get(request.db, uuid_param(request, "membership_id"))
    page = {
        "member": membership,
        "accounts": people.accounts_of(request.db, membership.user_id),
        "titles": _titles(request),
        "own": membership.user_id == request.scope.user_id,
        "form": None,
    }
    if membership.kind == "customer" and membership.status != "active":
        answer = _admit(request, membership)
    elif not page["own"]:
        answer = _roles(request, membership)
    else:
        answer = {}
    return {**page, **answer} if isinstance(answer, dict) else answer


def _admit(request: Request, membership: Any) -> Any:
    known = service.accounts(request.db)
    schema = colander.MappingSchema()
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="account",
            title=_("Existing account"),
            missing="",
            validator=colander.OneOf([str(one.id) for one in known]),
            widget=deform.widget.SelectWidget(
                values=[
                    ("", _("A new one")),
                    *((str(one.id), f"{one.name} ({one.erp_ref})" if one.erp_ref else one.name) for one in known),
                ]
            ),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="name",
            title=_("Name of the new account"),
            missing="",
            validator=colander.Length(max=200),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="erp_ref",
            title=_("Customer number in your system"),
            missing="",
            validator=colander.Length(max=100),
        )
    )

    def let_in(values: dict[str, Any]) -> Response:
        people.admit(
            request.db,
            request.registry.portico,
            membership.id,
            name=values["name"],
            erp_ref=values["erp_ref"],
            account_id=uuid.UUID(values["account"]) if values["account"] else None,
        )
        flash(request, _("${name} can come in, and was told by mail.", mapping={"name": membership.display_name}))
        return HTTPSeeOther(request.route_path("admin.members"))

    return handle(request, schema, let_in, initial={"erp_ref": membership.claim or ""}, submit=_("Let them in"))


def _roles(request: Request, membership: Any) -> Any:
    schema = colander.MappingSchema()
    schema.add(schemas.roles_node(people.roles(request.db, membership.kind)))

    def change(values: dict[str, Any]) -> Response:
        people.change_roles(request.db, request.registry.portico, membership.id, values["roles"])
        flash(request, _("Saved. It takes effect with the person's next page."))
        return HTTPSeeOther(request.route_path("admin.member", membership_id=membership.id))

    return handle(request, schema, change, initial={"roles": set(membership.roles)})


def deactivate(context: None, request: Request) -> Response:
    people.deactivate(request.db, request.registry.portico, uuid_param(request, "membership_id"))
    flash(request, _("Done. It takes effect with the person's next page."))
    return HTTPSeeOther(request.route_path("admin.members"))


def invite(context: None, request: Request) -> Any:
    schema = colander.MappingSchema()
    schema.add(colander.SchemaNode(colander.String(), name="name", title=_("Name"), validator=colander.Length(max=120)))
    schema.add(schemas.email_node())
    schema.add(schemas.roles_node(people.roles(request.db, "staff")))

    def send(values: dict[str, Any]) -> Response:
        people.invite(
            request.db, request.registry.portico, email=values["email"], name=values["name"], role_names=values["roles"]
        )
        flash(request, _("The invitation is on its way to ${email}.", mapping={"email": values["email"]}))
        return HTTPSeeOther(request.route_path("admin.members", _query={"show": "staff"}))

    return handle(
        request,
        schema,
        send,
        initial={"roles": {"agent"}},
        submit=_("Send the invitation"),
        cancel_url=request.route_path("admin.members"),
    )


def roles(context: None, request: Request) -> dict[str, Any]:
    return {
        "roles": people.roles(request.db),
        "granted": {
            role.name: sorted(request.registry.portico.grants.of(request.tenant, (role.name,)))
            for role in people.roles(request.db)
        },
    }


def role_new(context: None, request: Request) -> Any:
    return _role_form(request, None)


def role(context: None, request: Request) -> Any:
    return _role_form(request, composed_roles.get(request.db, uuid_param(request, "role_id")))


def _role_form(request: Request, found: Any) -> Any:
    groups = composed_roles.groups(request.registry.portico, request.scope)
    schema = colander.MappingSchema()
    schema.add(colander.SchemaNode(colander.String(), name="name", title=_("Name"), validator=colander.Length(max=80)))
    if found is None:
        schema.add(
            colander.SchemaNode(
                colander.String(),
                name="kind",
                title=_("For"),
                validator=colander.OneOf(composed_roles.KINDS),
                widget=deform.widget.RadioChoiceWidget(values=[("staff", _("Staff")), ("customer", _("Customers"))]),
            )
        )
    for name, title, offered in groups:
        schema.add(schemas.permissions_node(name, title, offered))

    def save(values: dict[str, Any]) -> Response:
        chosen = {permission for name, _title, _offered in groups for permission in values[name]}
        composed_roles.save(
            request.db,
            name=values["name"],
            kind=values.get("kind", "staff"),
            permissions=chosen,
            role_id=found.id if found else None,
        )
        flash(request, _("Saved. It takes effect with everybody's next page."))
        return HTTPSeeOther(request.route_path("admin.roles"))

    initial: dict[str, Any] = {"kind": "staff"}
    if found:
        initial = {"name": found.title, **{name: set(found.permissions) for name, _title, _offered in groups}}
    answer = handle(request, schema, save, initial=initial, cancel_url=request.route_path("admin.roles"))
    return {**answer, "role": found} if isinstance(answer, dict) else answer


def role_delete(context: None, request: Request) -> Response:
    composed_roles.delete(request.db, uuid_param(request, "role_id"))
    flash(request, _("The role is deleted."))
    return HTTPSeeOther(request.route_path("admin.roles"))


def _titles(request: Request) -> dict[str, Any]:
    return {role.name: role.title for role in people.roles(request.db)}
