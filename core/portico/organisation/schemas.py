"""Forms and API bodies of customer organisations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import colander
import deform

from portico.api.schema import BodySchema, ExactDecimal, SentDecimal, Uuid
from portico.forms.widgets import EmailWidget, NumberWidget
from portico.identity.permissions import ACCOUNT_ROLES
from portico.organisation.people import REACHES
from portico.web.i18n import _

String, Node = colander.String, colander.SchemaNode

ROLE_HELP = {
    "owner": _("Does everything, runs this page, and has no limit."),
    "purchaser": _("Buys, up to a limit if you set one."),
    "finance": _("Sees, and approves what others ask for."),
    "viewer": _("Sees, and changes nothing."),
}


# -- forms -------------------------------------------------------------------------------------------------------------


def part_form(sites: Sequence[Any], currency: str, approvers: Iterable[Any] | None = None, *, email: bool = False) -> Any:
    """Role, reach, sites and limit. approvers: colleagues to choose from; None leaves the choice out."""
    schema = colander.MappingSchema()
    if email:
        schema.add(
            Node(String(), name="email", title=_("E-mail address"), validator=colander.Length(max=254), widget=EmailWidget())
        )
    schema.add(_choice("role", _("Role"), list(ACCOUNT_ROLES.items())))
    schema.add(
        _choice(
            "reach",
            _("What they see"),
            list(REACHES.items()),
            description=_("Of everything that is written here. Owners see all of it."),
        )
    )
    if sites:
        schema.add(
            Node(
                colander.Set(),
                name="sites",
                title=_("Sites"),
                missing=(),
                validator=colander.ContainsOnly([str(one.id) for one in sites]),
                widget=deform.widget.CheckboxChoiceWidget(values=[(str(one.id), one.name) for one in sites]),
            )
        )
    schema.add(
        Node(
            ExactDecimal(),
            name="limit",
            title=_("Limit per order, in ${currency}", mapping={"currency": currency}),
            missing=None,
            description=_(
                "Above it, a colleague has to approve, and they approve no more than that for others. Empty: no limit."
            ),
            widget=NumberWidget(),
        )
    )
    if approvers is not None:
        chosen = [("", _("Any owner, or finance")), *((str(one.user_id), one.name) for one in approvers)]
        schema.add(
            Node(
                String(),
                name="approver",
                title=_("Who approves"),
                missing="",
                validator=colander.OneOf([value for value, _title in chosen]),
                description=_("An owner can always step in. Nobody approves what they asked for themselves."),
                widget=deform.widget.SelectWidget(values=chosen),
            )
        )
    return schema


def _choice(name: str, title: Any, values: list[tuple[str, Any]], **options: Any) -> colander.SchemaNode:
    return Node(
        String(),
        name=name,
        title=title,
        validator=colander.OneOf([value for value, _title in values]),
        widget=deform.widget.RadioChoiceWidget(values=values),
        **options,
    )


class Site(colander.MappingSchema):
    name = Node(String(), title=_("Name"), validator=colander.Length(max=120))
    address = Node(
        String(),
        title=_("Address"),
        missing="",
        validator=colander.Length(max=1000),
        widget=deform.widget.TextAreaWidget(rows=4, attributes={"autocomplete": "street-address"}),
    )


class Enrol(colander.MappingSchema):
    name = Node(
        String(),
        title=_("Your name"),
        validator=colander.Length(max=120),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "name"}),
    )
    password = Node(
        String(),
        title=_("Password"),
        validator=colander.Length(max=1000),
        description=_("At least 8 characters. A short sentence is easy to remember."),
        widget=deform.widget.PasswordWidget(attributes={"autocomplete": "new-password"}),
    )


# -- API: what is sent -------------------------------------------------------------------------------------------------


class SiteIds(colander.SequenceSchema):
    site = Node(Uuid())


class PartBody(BodySchema):
    role = Node(String(), validator=colander.OneOf(list(ACCOUNT_ROLES)))
    reach = Node(
        String(),
        missing="all",
        validator=colander.OneOf(list(REACHES)),
        description="own: what they wrote; site: that of their sites as well; all: everything. Owners see everything.",
    )
    sites = SiteIds(missing=(), validator=colander.Length(max=500))
    limit = Node(
        SentDecimal(), missing=None, description="In the company's currency; above it they ask for approval. Null: no limit."
    )


class MemberBody(PartBody):
    approver_id = Node(
        Uuid(), missing=None, description="user_id of the colleague who approves; null: any owner, or finance"
    )


class InvitationBody(PartBody):
    email = Node(String(), validator=colander.Length(max=254))


class SiteBody(BodySchema):
    name = Node(String(), validator=colander.Length(max=120))
    address = Node(String(), missing="", validator=colander.Length(max=1000))


# -- API: what is answered ---------------------------------------------------------------------------------------------


class SiteAnswer(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    address = Node(String())


class SiteAnswers(colander.SequenceSchema):
    site = SiteAnswer()


class MemberAnswer(colander.MappingSchema):
    id = Node(Uuid())
    user_id = Node(Uuid())
    name = Node(String())
    email = Node(String())
    status = Node(String(), description="active, or the company ended their access")
    role = Node(String())
    reach = Node(String())
    sites = SiteIds()
    limit = Node(ExactDecimal(), missing=None)
    currency = Node(String(), missing=None)
    approver_id = Node(Uuid(), missing=None)
    last_activity_at = Node(colander.DateTime(), missing=None)


class MemberAnswers(colander.SequenceSchema):
    member = MemberAnswer()


class InvitationAnswer(colander.MappingSchema):
    id = Node(Uuid())
    email = Node(String())
    role = Node(String())
    reach = Node(String())
    sites = SiteIds()
    limit = Node(ExactDecimal(), missing=None)
    currency = Node(String(), missing=None)
    invited_by = Node(String())
    sent_at = Node(colander.DateTime())
    expires_at = Node(colander.DateTime())


class InvitationAnswers(colander.SequenceSchema):
    invitation = InvitationAnswer()


class OrganisationAnswer(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    members = MemberAnswers()
    invitations = InvitationAnswers()
    sites = SiteAnswers()


class OrganisationRow(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())


class OrganisationRows(colander.SequenceSchema):
    organisation = OrganisationRow()


class Organisations(colander.MappingSchema):
    items = OrganisationRows()
