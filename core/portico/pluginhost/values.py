"""What hooks give back: plain values, so that a page can draw them without asking the plugin again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True)
class NavItem:
    """An entry of the main navigation. `route` without parameters; `active` are route prefixes that mark it current.
    area: "main", or "account" for the account menu."""

    title: Any
    route: str
    icon: str
    permission: str
    order: int = 50
    active: tuple[str, ...] = ()
    badge: str | None = None
    area: str = "main"


@dataclass(frozen=True)
class QuickAction:
    title: Any
    route: str
    icon: str
    permission: str
    order: int = 50


@dataclass(frozen=True)
class Widget:
    """A card of the dashboard. `route` names its fragment, which is a request of its own: a slow or failing one never
    holds up the page. size: 1 (third), 2 (two thirds) or 3 (whole row). live: event kinds that refresh it."""

    name: str
    title: Any
    route: str
    permission: str
    size: int = 1
    order: int = 50
    live: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotificationKind:
    """How an event becomes a notice. `event` is the kind of event; `title` and `body` are messages with ${names} from
    the event's data; `route` with `route_params` (parameter → key of the event's data, or "subject") leads to its subject.
    audience: "account" (members of the event's account), "user" (the event's user), "staff" (those with `permission`).
    label: what it is called where people choose what they are told; without one, the title without its ${names}.
    required: nobody can do without it.
    """

    event: str
    title: Any
    body: Any
    route: str
    route_params: Mapping[str, str] = field(default_factory=dict)
    audience: str = "account"
    permission: str | None = None
    icon: str = "bell"
    mail: bool = True
    mail_template: str = "portico/mail/notification"
    label: Any = ""
    required: bool = False


@dataclass(frozen=True)
class Activity:
    """How an event reads in the feed of recent activity."""

    event: str
    title: Any
    icon: str
    route: str
    route_params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditWords:
    """How entries of the audit trail read to people. actions: action ("quotes.submitted") → title. subjects: type of what
    it was done to → its name. fields: key in `before` and `after` → label; a key without one is shown to nobody but those
    who unfold the technical detail. values: key → {stored word: what people call it}. amounts: keys that hold an amount in
    the entry's `currency`."""

    actions: Mapping[str, Any]
    subjects: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    amounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Related:
    """A record of another plugin: what it is called, where it is, how it stands."""

    title: Any
    route: str
    route_params: Mapping[str, str]
    icon: str = "link"
    status: Any = None


@dataclass(frozen=True)
class Origin:
    """Whose a record is: the customer organisation, and within it the site and the person it goes back to, if known."""

    account_id: UUID
    site_id: UUID | None = None
    author_id: UUID | None = None


@dataclass(frozen=True)
class ApprovalKind:
    """Something that a colleague can let be done. title: what is asked for; `route` with `route_params` (parameter →
    "subject") leads to the record.

    lock(db, subject_id): locks the record until the transaction ends; raises NotFoundError.
    perform(db, approval): does it, in the scope of whoever approved; raises a DomainError if it cannot be done any more,
        which undoes the decision. refuse(db, approval): notes that it was declined, or withdrawn by its author.
    """

    name: str
    title: Any
    route: str
    route_params: Mapping[str, str]
    lock: Callable[[Any, UUID], Any]
    perform: Callable[[Any, Any], None]
    refuse: Callable[[Any, Any], None]


@dataclass(frozen=True)
class AttachmentKind:
    """Records that files can be attached to. name: begins with the plugin's owner word ("quotes.quote").

    find(db, subject_id): the record, behind the wall of whoever asks, or None; asked again at every download. If it has an
        `account_id`, the permission is asked for in that organisation. permission: what whoever reads a file has to have.
    most: how many files one record may have.
    """

    name: str
    permission: str
    find: Callable[[Any, UUID], Any]
    most: int = 20


@dataclass(frozen=True)
class AccountAction:
    """What staff can do for a customer organisation, beside its record. `route` takes no parameters: it is sent
    `account`, the organisation's id. method: "get" leads to a page, "post" does something."""

    title: Any
    route: str
    icon: str
    permission: str
    method: Literal["get", "post"] = "get"
    order: int = 50


@dataclass(frozen=True)
class AccountAddress:
    """Where a customer organisation takes deliveries. street: its lines, parted by line feeds. country: ISO 3166-1 alpha-2.
    route: the page of the organisation's addresses; it takes the parameter account_id."""

    id: UUID
    name: str
    street: str
    postcode: str
    city: str
    region: str
    country: str
    phone: str
    is_default: bool
    route: str


@dataclass(frozen=True)
class ConnectionPage:
    """A page of the plugin's own on one connection of its kind. `route` takes the parameter connection_id."""

    title: Any
    route: str
    icon: str


@dataclass(frozen=True)
class ConnectorType:
    """A kind of company database. See `portico.connections` for what `factory` has to give.

    words: capability → `portico.connections.connector.CapabilityWords`, of all that its contract knows: what a connector does
    not have of these, the page of its connections tells. Their domain's catalogue is read from the package of that name. Those
    that any connector brings count for all. pages: the plugin's own, to which a connection's page leads.
    unproven: a sentence on what was never tried against a running system of that kind; staff read it before they connect one.
    """

    name: str
    title: Any
    factory: Callable[..., Any]
    description: Any = ""
    words: Mapping[str, Any] = field(default_factory=dict)
    unproven: Any = ""
    pages: Sequence[ConnectionPage] = ()
