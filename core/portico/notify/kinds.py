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
    ),
)


def all_kinds(relay: Any) -> list[NotificationKind]:
    return [*_CORE, *relay.call("notification_kinds")]
