"""Why somebody could not come in by their company's sign-in, in words for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portico.web.i18n import _


@dataclass(frozen=True)
class Words:
    """again: trying once more may help. admin: it is the company's administrator who can mend it."""

    title: Any
    text: Any
    again: bool = False
    admin: bool = False


_NOT_TRUSTED = _("What came back from the sign-in could not be trusted, so you were not signed in.")

PROBLEMS: Mapping[str, Words] = {
    "cancelled": Words(
        _("You were not signed in"),
        _("The sign-in was cancelled, or you did not agree to it."),
        again=True,
    ),
    "expired": Words(
        _("That took too long"),
        _("This sign-in was begun more than ten minutes ago, in another browser, or was finished already."),
        again=True,
    ),
    "code": Words(_("That was used already"), _("A sign-in counts once. Begin anew."), again=True),
    "clock": Words(
        _("The clocks differ"),
        _("The sign-in is from another time than ours. If it happens again, a clock is wrong: the provider's or the portal's."),
        again=True,
        admin=True,
    ),
    "issuer": Words(
        _("Somebody else answered"),
        _("The answer came from another provider than the one that was asked."),
        admin=True,
    ),
    "audience": Words(
        _("Meant for somebody else"),
        _("The sign-in was made out to another application than this portal."),
        admin=True,
    ),
    "unsigned": Words(_("The sign-in was not signed"), _NOT_TRUSTED, admin=True),
    "token": Words(_("The sign-in could not be checked"), _NOT_TRUSTED, admin=True),
    "encrypted": Words(
        _("The sign-in could not be read"),
        _("The provider encrypts its answers, which this portal does not take."),
        admin=True,
    ),
    "transient": Words(
        _("The provider does not say who you are"),
        _("It gives you another name each time. The portal needs one that stays."),
        admin=True,
    ),
    "keys": Words(_("The sign-in could not be checked"), _NOT_TRUSTED, admin=True),
    "replayed": Words(_("This is not the sign-in that you began"), _NOT_TRUSTED, again=True),
    "fresh": Words(
        _("Prove it once more"),
        _("The provider did not ask you anew who you are, which this page needs."),
        again=True,
    ),
    "client": Words(
        _("The provider does not know this portal"),
        _("It refuses the portal's own name or secret."),
        admin=True,
    ),
    "discovery": Words(_("The provider could not be found"), _("Its description is missing or wrong."), admin=True),
    "pkce": Words(_("The provider could not be used"), _("Its description is missing or wrong."), admin=True),
    "refused": Words(
        _("The provider refused"),
        _("It gave a reason that is not yours to mend."),
        again=True,
        admin=True,
    ),
    "unavailable": Words(
        _("The sign-in does not answer"), _("The company's provider is away at the moment. Try again in a minute."), again=True
    ),
    "off": Words(_("There is no such sign-in here"), _("The company does not offer it, or does not any more.")),
    "no-address": Words(
        _("There is no e-mail address"),
        _("The provider did not say which e-mail address is yours."),
        admin=True,
    ),
    "unverified": Words(
        _("Your e-mail address is not confirmed"),
        _("The provider does not vouch for your e-mail address. Confirm it there, then come back."),
        again=True,
    ),
    "domain": Words(
        _("Not an address of this company"),
        _("Your e-mail address belongs to a domain that this company has not proved to be its own."),
        admin=True,
    ),
    "unknown": Words(
        _("You are not a member yet"),
        _("You signed in well, but this company's portal does not know you. Ask it for an invitation."),
    ),
    "customers": Words(
        _("This sign-in is for staff"),
        _("Customers of this company sign in with their e-mail address."),
    ),
    "ended": Words(_("Your access has ended"), _("An administrator of the company can let you in again."), admin=True),
    "another": Words(
        _("This address belongs to somebody else"),
        _("At the provider another person had this e-mail address before you. An administrator can separate the two."),
        admin=True,
    ),
}


def known(code: str) -> str:
    """`code`, or what stands for one that has no words."""
    return code if code in PROBLEMS else "unavailable"
