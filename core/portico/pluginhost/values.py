"""What hooks give back: plain values, so that a page can draw them without asking the plugin again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from portico.links.terms import MailLink


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
    holds up the page. size: 1 (third), 2 (two thirds) or 3 (whole row). live: event kinds that refresh it. later: it is fetched
    when it is in sight and the page is used, or still for a while, so that the first view costs nothing for it."""

    name: str
    title: Any
    route: str
    permission: str
    size: int = 1
    order: int = 50
    live: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True)
class MailVariable:
    """A value that a company may put into its own words of a mail, as {name}. name: small letters and "_". meaning: what it
    is, for whoever writes them; sample: what previews show in its place."""

    name: str
    meaning: Any
    sample: Any


@dataclass(frozen=True)
class NotificationKind:
    """How an event becomes a notice. `event` is the kind of event; `title` and `body` are messages with ${names} from
    the event's data; `route` with `route_params` (parameter → key of the event's data, or "subject") leads to its subject.
    audience: "account" (members of the event's account), "user" (the event's user), "staff" (those with `permission`).
    label: what it is called where people choose what they are told; without one, the title without its ${names}.
    required: nobody can do without it, and no company changes its words.
    description: on which occasion the mail goes out, for whoever edits its words; variables: what these may hold, of the
    event's data, and among it every ${name} of title and body. button: the label of the button in a `mail_template` of the
    plugin's own; without one that label cannot be changed.
    document: name of a DocumentKind, whose PDF of the event's subject the mail carries where the company wants that.
    link: how the mail's address opens the event's subject without signing in; None: `route`, behind the sign-in.
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
    description: Any = ""
    variables: Sequence[MailVariable] = ()
    button: Any = ""
    document: str = ""
    link: MailLink | None = None


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
class SyncedRecord:
    """A record as it is synchronised: entity, the name of a `SyncEntity`; ref, what the company's system calls the record;
    connection_id, through which it is read, or None where a plugin knows records by their ref alone: whichever has it."""

    entity: str
    ref: str
    connection_id: UUID | None = None


@dataclass(frozen=True)
class Origin:
    """Whose a record is: the customer organisation, and within it the site and the person it goes back to, if known."""

    account_id: UUID
    site_id: UUID | None = None
    author_id: UUID | None = None


@dataclass(frozen=True)
class KnownRecord:
    """A record of the company's as the plugin that keeps it knows it. number: what people call it."""

    id: UUID
    number: str
    origin: Origin


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
class Document:
    """What is on paper of one record. template: `portico_quotes/documents/quote.typ`, of the plugin's own `templates`.

    title: with the record's number, so that it tells one document from another; the file is named after it. date: as of when
    the record stands so; aware. It is the PDF's date, so that the same data gives the same bytes, to the last one.
    content: JSON-able without floats, everything in the reader's words: what the template reads as `document.content`.
    """

    template: str
    title: Any
    date: Any
    content: Mapping[str, Any]


@dataclass(frozen=True)
class DocumentKind:
    """Records that a PDF can be made of. name: begins with the plugin's owner word ("quotes.quote").

    subject: what the audit trail calls such a record. find(db, subject_id): the record, behind the wall of whoever asks, or
        None. make(db, record, speaker): its Document; speaker: a `portico.web.i18n.Localiser` of whoever reads it.
    issued(portico, tenant, record): for mails, the PDF that the company itself issued, as (file name, bytes), asked for in a job
        with no session open; None: there is none, or it cannot be had now, and `make` is asked.
    """

    name: str
    subject: str
    find: Callable[[Any, UUID], Any]
    make: Callable[[Any, Any, Any], Document]
    issued: Callable[[Any, Any, Any], tuple[str, bytes] | None] | None = None


@dataclass(frozen=True)
class AgreementTerms:
    """What somebody agrees to, as it stands. title: with the record's number. version: another once the terms are others.

    amount: in all, in `currency`; None: none is agreed, which no limit is compared with. content: JSON-able without floats, the
    same for the same terms, in no language. is_open: it can be agreed to now. above_limit: the person in scope has to ask a
    colleague's approval. values: of the kind's fields so far. closed_why: of what is not open, as a condition's `ended` is told.
    """

    title: Any
    version: int
    amount: Any
    currency: str
    content: Mapping[str, Any]
    is_open: bool
    above_limit: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    closed_why: str = "expired"


@dataclass(frozen=True)
class AgreementKind:
    """Records that people agree to bindingly: an offer, a contract. name: begins with the plugin's owner word ("quotes.quote").

    subject: what the audit trail calls such a record. title: of the act ("Accept the offer"). document: name of the DocumentKind
    that is what they read. permission: what agreeing takes, in the record's organisation. route, route_params: the record's page;
    the value "subject" stands for its id. fields: name → title of what may be said besides, a line of 100 characters at most.
    api: the record's path in the API, with its id as the only parameter ("/contracts/{contract_id}"), and api_document: that of
    its document as a PDF; what an agreement carries is given below `api`. Both "": not by programs.
    find(db, subject_id): the record behind the wall of whoever asks, or None; it has id, account_id, site_id and author_id.
    terms(db, record): its AgreementTerms. agree(db, record, seen, values): does it, of the version that was seen; values: of the
    fields. ask(db, portico, record, seen, note, values): asks for approval instead. Both ask `portico.pluginhost.agreements`
    whether every condition is met, and raise a DomainError if it cannot be."""

    name: str
    subject: str
    title: Any
    document: str
    permission: str
    route: str
    route_params: Mapping[str, str]
    find: Callable[[Any, UUID], Any]
    terms: Callable[[Any, Any], AgreementTerms]
    agree: Callable[[Any, Any, int, Mapping[str, str]], None]
    ask: Callable[[Any, Any, Any, int, str, Mapping[str, str]], None]
    fields: Mapping[str, Any] = field(default_factory=dict)
    api: str = ""
    api_document: str = ""


@dataclass(frozen=True)
class Agreement:
    """Somebody agrees to a record in one version. kind: name of its AgreementKind. person_id: who agrees."""

    kind: str
    subject: str
    subject_id: UUID
    account_id: UUID
    version: int
    person_id: UUID | None


@dataclass(frozen=True)
class AgreementWay:
    """The page on which what an agreement has to carry is given. is_required: there is no other."""

    route: str
    route_params: Mapping[str, str]
    title: Any
    is_required: bool


@dataclass(frozen=True)
class AgreementCondition:
    """What an agreement must carry. way(tenant, kind, subject_id): where it is given, or None; must not query the database.

    check(db, agreement): raises a DomainError if it is missing; writes nothing. conclude(db, agreement): in the transaction that
        wrote the agreement, whose row it holds: binds what was given to it; raises as `check`. ended(db, kind, subject_id, why):
        the agreement, or what was given for one, counts no more; why: "undone", "changed", "refused", "expired", "not-approved",
        or "not-taken": the company's system takes no answer any more.
    """

    way: Callable[[Any, str, UUID], AgreementWay | None]
    check: Callable[[Any, Agreement], None]
    conclude: Callable[[Any, Agreement], None]
    ended: Callable[[Any, str, UUID, str], None]


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
class FormerLine:
    """What was bought before. item_ref: the company's name for the item, None where it was none of its catalogue.
    unit_price: what one unit cost then, before tax."""

    item_ref: str | None
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class DraftedLine:
    """What became of a former line. unit_price: today's, None where there is none.

    outcome: "same" and "changed" (price) were taken over; "gone" (no longer sold), "unlisted" (never of the catalogue) and
    "unpriced" (the company names no usable price) were not.
    """

    former: FormerLine
    outcome: Literal["same", "changed", "gone", "unlisted", "unpriced"]
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class StartedDraft:
    """A draft that was started from former lines, and what became of each, in their order. `route` with `route_params`
    leads to it. away: the company's system did not answer, so prices are those that it named last."""

    id: UUID
    route: str
    route_params: Mapping[str, str]
    currency: str
    lines: Sequence[DraftedLine]
    away: bool = False


@dataclass(frozen=True)
class PurchaseDraft:
    """How what was bought before is asked for again. permission: what it takes in the organisation that it is for.

    start(request, account_id, source, currency, lines): makes the draft at today's prices; `source` is what the former
        purchase is called, `currency` that of its prices. It asks the company in the middle of the request, which then runs
        again (`portico.web.outside`): nothing with effects outside the database may come before it.
    """

    permission: str
    start: Callable[[Any, UUID, str, str, Sequence[FormerLine]], StartedDraft]


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
