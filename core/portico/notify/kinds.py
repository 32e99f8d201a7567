"""What becomes a notice: what plugins declare, and core's own."""

from __future__ import annotations

from typing import Any

from portico.pluginhost.values import NotificationKind
from portico.web.i18n import _

NEW_DEVICE = "identity.new-device"
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
    ),
)


def all_kinds(relay: Any) -> list[NotificationKind]:
    return [*_CORE, *relay.call("notification_kinds")]
