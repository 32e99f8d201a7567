"""How the plugin's events read as notices and in the feed of recent activity; ${names} come from the event's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.pluginhost.values import MailVariable
from portico_contracts.i18n import _


@dataclass(frozen=True)
class Words:
    """occasion: when its mail goes out, for whoever words it. staff: it is for those who look after customers' contracts."""

    title: Any
    body: Any
    icon: str
    occasion: Any
    variables: tuple[MailVariable, ...] = ()
    staff: bool = False
    mail: bool = True


CONTRACT = (
    MailVariable("number", _("The contract's number"), "C-000042"),
    MailVariable("title", _("What the contract is called"), _("Care of machines")),
)
_REASON = MailVariable("reason", _("The reason that was given, if any"), _("The term is too long."))
_CUSTOMER = MailVariable("customer", _("The customer's name"), "Acme")
_DAY = MailVariable("day", _("The contract's last day"), "2027-03-31")
_NOTICE = MailVariable("notice", _("The last day on which notice can be given"), "2026-12-31")
EVENTS = {
    "contracts.offered": Words(
        _("Contract ${number} waits for your answer"),
        _("${title}: read it and answer."),
        "file-text",
        _("When your company offers a contract, or changes what it offers."),
    ),
    "contracts.active": Words(
        _("Contract ${number} is active"),
        _("${title}: both sides have agreed."),
        "circle-check",
        _("When a contract becomes active in your system."),
    ),
    "contracts.ended": Words(
        _("Contract ${number} has ended"),
        _("${title}: it is not in force any more."),
        "clock",
        _("When a contract ends in your system."),
    ),
    "contracts.cancelled": Words(
        _("Contract ${number} was cancelled"),
        _("${title}: get in touch with the company if you did not expect this."),
        "circle-x",
        _("When a contract is cancelled in your system."),
    ),
    "contracts.ending": Words(
        _("Contract ${number} ends soon"),
        _("${title}: its last day is ${day}."),
        "calendar",
        _("Once, some days before a contract ends, if no day for notice is agreed, or it is past."),
        (_DAY,),
    ),
    "contracts.notice": Words(
        _("Notice of contract ${number} can be given until ${notice}"),
        _("${title}: its last day is ${day}. Notice can be given until ${notice}."),
        "calendar",
        _("Once, some days before the last day on which notice of a contract can be given."),
        (_DAY, _NOTICE),
    ),
    "contracts.answer_refused": Words(
        _("Your answer to contract ${number} was not taken"),
        _("${title}: look at what the company offers by now."),
        "triangle-alert",
        _("When your system does not take a customer's answer to a contract."),
    ),
    "contracts.unconfirmed": Words(
        _("The company's system did not confirm your answer to contract ${number}"),
        _("${title}: your answer stands here. The company is asked to enter it itself; ask it if you hear nothing."),
        "triangle-alert",
        _("When the connection of a contract was deleted before your system confirmed a customer's answer."),
    ),
    "contracts.agreed": Words(
        _("${customer} agreed to contract ${number}"),
        _("${title}: your system is told."),
        "circle-check",
        _("To staff, when a customer agrees to a contract."),
        (_CUSTOMER,),
        staff=True,
    ),
    "contracts.declined": Words(
        _("${customer} declined contract ${number}"),
        _("${title}: your system is told. ${reason}"),
        "circle-x",
        _("To staff, when a customer declines a contract."),
        (_CUSTOMER, _REASON),
        staff=True,
    ),
    "contracts.answer_lost": Words(
        _("The answer of ${customer} to contract ${number} was not taken"),
        _("${title}: nobody is bound by it. The contract's entry in the audit trail says why."),
        "triangle-alert",
        _("To staff, when your system does not take a customer's answer to a contract."),
        (_CUSTOMER,),
        staff=True,
    ),
    "contracts.to_enter": Words(
        _("Enter the answer of ${customer} to contract ${number} yourself"),
        _("${title}: its connection was deleted too early. Look in your system whether it has the answer, and enter it if not."),
        "triangle-alert",
        _("To staff, when the connection of a contract was deleted before your system confirmed a customer's answer."),
        (_CUSTOMER,),
        staff=True,
    ),
}
