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
        _("It is above what they order alone. Look at it and decide. ${note}"),
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
)


def all_kinds(relay: Any) -> list[NotificationKind]:
    return [*_CORE, *relay.call("notification_kinds")]
