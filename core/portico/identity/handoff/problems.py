"""Why somebody could not go on to a company on another host, in words for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portico.web.i18n import _


@dataclass(frozen=True)
class Words:
    """again: beginning anew may help. sso: the company's own sign-in does."""

    title: Any
    text: Any
    again: bool = False
    sso: bool = False


CODE = "code"
PROBLEMS: Mapping[str, Words] = {
    CODE: Words(
        _("This way in is closed"),
        _("It works once, for one minute, in the browser that asked for it. Begin anew: whoever is signed in is not asked for "
          "a password again."),
        again=True,
    ),
    "disabled": Words(
        _("Your account is switched off"),
        _("Those who run this portal switched it off. Ask them, or your contact at the company."),
    ),
    "barred": Words(
        _("You are no member here any more"),
        _("The company's staff ended your membership. Ask your contact there to let you in again."),
    ),
    "factor": Words(
        _("A second factor is needed first"),
        _("This company asks you for more than your password. Set up a second factor for your account, or show yours, then "
          "come back."),
        again=True,
    ),
    "sso": Words(
        _("Use the company's own sign-in"),
        _("The people of this company come in by its own sign-in alone. Use that."),
        sso=True,
    ),
    "old": Words(
        _("You have been signed in for too long"),
        _("This company asks everybody to sign in anew after some hours."),
        again=True,
    ),
}  # fmt: skip


def known(code: str) -> str:
    return code if code in PROBLEMS else CODE
