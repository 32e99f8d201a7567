"""Which mails go out in a company's name, as data: those of notices, and core's own two.

What concerns a person's login, at whichever company, is not among them: nobody but those who run the portal words those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portico.notify.kinds import core_kinds
from portico.pluginhost.relay import Relay
from portico.pluginhost.values import MailVariable, NotificationKind
from portico.web.i18n import _

COMPANY = MailVariable("company", _("The name of your company"), "")
"""Every mail has it; its sample is the company's own name."""
RECIPIENT = MailVariable("recipient", _("The name of whoever gets the mail"), _("Alex Martin"))
NOTICE = "portico/mail/notification"
LOOK = _("Have a look")


@dataclass(frozen=True)
class DeclaredMail:
    """key: what its words are kept under. plugin: whose it is, None for core. template: without its ending.
    audience: as of `NotificationKind`. values: what its template takes beside the recipient's address, made of words for its
    variables. button: "" if its label is not the company's to choose."""

    key: str
    plugin: str | None
    title: Any
    description: Any
    template: str
    audience: str
    variables: Sequence[MailVariable]
    button: Any
    values: Callable[[Mapping[str, str]], Mapping[str, Any]]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(one.name for one in self.variables)


ADMITTED = DeclaredMail(
    "portico.admitted",
    None,
    _("A customer is let in"),
    _("To somebody who asked to become a customer, once staff agreed."),
    "portico/mail/admitted",
    "user",
    (RECIPIENT, COMPANY),
    _("Open the portal"),
    lambda said: {"name": said["recipient"]},
)
INVITED = DeclaredMail(
    "portico.invited",
    None,
    _("A colleague is invited"),
    _("To somebody who is invited into a customer's organisation. Its link is theirs alone, and works once."),
    "portico/mail/join-organisation",
    "user",
    (
        MailVariable("organisation", _("The customer's organisation"), _("Sample Company")),
        MailVariable("inviter", _("Who invites"), _("Robin Dubois")),
        MailVariable("role", _("What the invited person will be there"), _("Purchaser")),
        COMPANY,
    ),
    _("Accept the invitation"),
    lambda said: {"organisation": said["organisation"], "inviter": said["inviter"], "role": said["role"]},
)


def key_of(kind: NotificationKind) -> str:
    return f"{kind.event}.{kind.audience}"


def of_kind(kind: NotificationKind, plugin: str | None = None) -> DeclaredMail | None:
    """None: it has no mail, or one whose words are nobody's to change."""
    if not kind.mail or kind.required:
        return None
    return DeclaredMail(
        key_of(kind),
        plugin,
        kind.label or kind.title,
        kind.description,
        kind.mail_template,
        kind.audience,
        (*(one for one in kind.variables if one.name not in ("recipient", "company")), RECIPIENT, COMPANY),
        LOOK if kind.mail_template == NOTICE else kind.button,
        lambda said: {"name": said["recipient"], "title": kind.title, "body": kind.body, "data": dict(said), "choices": ""},
    )


def all_mails(relay: Relay) -> list[DeclaredMail]:
    """Of core and of the plugins that are on, core's first."""
    found = [ADMITTED, INVITED, *map(of_kind, core_kinds())]
    for plugin, kinds in relay.by_plugin("notification_kinds"):
        found += [of_kind(kind, plugin) for kind in kinds]
    return [one for one in found if one is not None]
