"""What becomes a notice: what plugins declare, and core's own."""

from __future__ import annotations

import re
from typing import Any

from translationstring import TranslationString

from portico.pluginhost.values import MailVariable, NotificationKind
from portico.web.i18n import _, translate

NEW_DEVICE = "identity.new-device"
_NAME = re.compile(r"[\s:]*\$\{\w+\}")
_CONNECTION = MailVariable("connection", _("The name of the connection"), _("Stock and prices"))
_AUTHOR = MailVariable("author", _("Who asks for it"), _("Robin Dubois"))
_AMOUNT = MailVariable("amount", _("The amount with its currency"), "1,250.00 €")
_NOTE = MailVariable("note", _("What they wrote to it, if anything"), _("We need it by Friday."))
_DECIDER = MailVariable("decider", _("Who decided"), _("Alex Martin"))
_REASON = MailVariable("reason", _("The reason that was given, if any"), _("Please wait until next month."))
_CORE = (
    NotificationKind(
        NEW_DEVICE,
        _("New sign-in to your account"),
        _("Was that you? If not, sign out that device and change your password."),
        "identity.devices",
        audience="user",
        icon="shield-check",
        mail=False,  # the mail says more than a notice may: when, where, with what
        required=True,
    ),
    NotificationKind(
        "approvals.requested",
        _("${author} asks for your approval: ${amount}"),
        _("It is above what they may spend alone. Look at it and decide. ${note}"),
        "approvals.detail",
        {"approval_id": "subject"},
        audience="user",
        icon="circle-alert",
        label=_("Somebody asks for your approval"),
        description=_("To whoever decides what a colleague may order above their limit."),
        variables=(_AUTHOR, _AMOUNT, _NOTE),
    ),
    NotificationKind(
        "approvals.approved",
        _("Approved: ${amount}"),
        _("${decider} approved what you asked for, and it is done."),
        "approvals.detail",
        {"approval_id": "subject"},
        audience="user",
        icon="circle-check",
        label=_("What you asked for was approved"),
        description=_("To whoever asked for the approval."),
        variables=(_AMOUNT, _DECIDER),
    ),
    NotificationKind(
        "approvals.declined",
        _("Not approved: ${amount}"),
        _("${decider} declined what you asked for. ${reason}"),
        "approvals.detail",
        {"approval_id": "subject"},
        audience="user",
        icon="circle-x",
        label=_("What you asked for was declined"),
        description=_("To whoever asked for the approval."),
        variables=(_AMOUNT, _DECIDER, _REASON),
    ),
    NotificationKind(
        "organisation.owner",
        _("You are the owner of ${organisation} now"),
        _("Its owner before you went or handed it over. You invite people there, and decide what they may do."),
        "organisation.detail",
        {"account_id": "subject"},
        audience="user",
        icon="key-round",
        label=_("You become the owner of an organisation"),
        description=_("To a person of a customer's organisation whose owner left or handed it over."),
        variables=(MailVariable("organisation", _("The customer's organisation"), _("Sample Company")),),
    ),
    NotificationKind(
        "connections.stale",
        _("${connection} stands still"),
        _("Nothing was read from it for a while. Pages show what was read before."),
        "admin.connection_runs",
        {"connection_id": "subject"},
        audience="staff",
        permission="company:connections",
        icon="cloud-off",
        label=_("A connection stands still"),
        description=_("To staff who look after connections, once nothing could be read for a while."),
        variables=(_CONNECTION,),
    ),
    NotificationKind(
        "connections.empty",
        _("${connection} brings nothing"),
        _("It answers, but names no record at all. Look at its rights and at the database it leads to."),
        "admin.connection_runs",
        {"connection_id": "subject"},
        audience="staff",
        permission="company:connections",
        icon="triangle-alert",
        label=_("A connection brings nothing"),
        description=_("To staff who look after connections, when all is read and no record comes, though there must be some."),
        variables=(_CONNECTION,),
    ),
    NotificationKind(
        "connections.vanished",
        _("${connection}: ${count} records have vanished"),
        _("That is a lot at once, so nothing was removed here. Look whether it is right, and remove them by hand."),
        "admin.connection_runs",
        {"connection_id": "subject"},
        audience="staff",
        permission="company:connections",
        icon="triangle-alert",
        label=_("Much has vanished from your system"),
        description=_("To staff who look after connections, when much is gone at once."),
        variables=(_CONNECTION, MailVariable("count", _("How many records"), "120")),
    ),
)


def core_kinds() -> tuple[NotificationKind, ...]:
    return _CORE


def all_kinds(relay: Any) -> list[NotificationKind]:
    return [*_CORE, *relay.call("notification_kinds")]


def without_names(reader: Any, title: Any) -> str:
    """A title with ${names}, in the language of a request or locale, as it reads without them."""
    words = " ".join(_NAME.sub(" ", translate(reader, title)).split())
    return words[:1].upper() + words[1:]


def without_values(title: Any) -> Any:
    """A title with ${names} as a message of its own, for where there are no values: "… was received"."""
    names = re.findall(r"\${(\w+)}", str(title))
    return TranslationString(title, mapping=dict.fromkeys(names, "…")) if names else title
