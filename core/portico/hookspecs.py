"""Every core hook and nothing else. docs/hooks is generated from these docstrings; a test wants each documented,
tested and implemented. The parts are always: Called, Return, Order, Errors."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from portico.pluginhost import hookspec
from portico.pluginhost.values import (
    AccountAction,
    AccountAddress,
    Activity,
    AgreementCondition,
    AgreementKind,
    ApprovalKind,
    AttachmentKind,
    AuditWords,
    ConnectorType,
    DocumentKind,
    KnownRecord,
    NavItem,
    NotificationKind,
    Origin,
    PurchaseDraft,
    QuickAction,
    Related,
    SyncedRecord,
    Widget,
)
from portico.tenancy.scope import Scope

if TYPE_CHECKING:
    from portico.connections.sync import SyncEntity
    from portico.jobs.registry import PluginJobs
    from portico.web.routes import Routes

# -- at start-up, once per process, for every installed plugin -----------------------------------------------------


@hookspec
def register_routes(routes: Routes) -> None:
    """Add the plugin's pages, actions, fragments and API resources.

    Called: once at start, with a `portico.web.routes.Routes` bound to the plugin.
    Return: nothing.
    Order: a plugin after those it requires.
    Errors: a route without permission, or with a name that does not begin with the plugin's, stops the start.
    """


@hookspec
def register_jobs(jobs: PluginJobs) -> None:
    """Add the plugin's background jobs and periodic work.

    Called: once at start of web, worker and command processes, with a registrar bound to the plugin.
    Return: nothing.
    Order: a plugin after those it requires.
    Errors: a job whose name does not begin with the plugin's stops the start.
    """


@hookspec
def connector_types() -> list[ConnectorType]:
    """The kinds of company database that this plugin can talk to.

    Called: once at start.
    Return: connector types; their names are what a connection stores.
    Order: none; a name that two plugins give stops the start.
    Errors: an exception stops the start.
    """


@hookspec
def sync_entities() -> list[SyncEntity]:
    """What the plugin keeps a copy of from the company's database.

    Called: once at start; each entity is then pulled for the companies that have the plugin on and a connection whose
        connector has the capability.
    Return: `portico.connections.sync.SyncEntity` values.
    Order: entities run in the order of their `order`.
    Errors: an exception stops the start; errors of a run are kept per record and shown to staff.
    """


@hookspec
def audit_words() -> AuditWords:
    """How the plugin's entries of the audit trail read to people.

    Called: once at start, of every installed plugin: what was done stays on record when the plugin is switched off.
    Return: a `portico.pluginhost.values.AuditWords`; actions begin with the plugin's owner word.
    Order: none; core's own words for fields and values count first.
    Errors: an action that does not begin with the owner word stops the start.
    """


# -- in a request or job, only for the plugins that the company has switched on -------------------------------------


@hookspec
def nav_items(scope: Scope) -> list[NavItem]:
    """Entries of the main navigation.

    Called: for each page, through the company's relay; must not query the database.
    Return: items; those whose permission the actor lacks are left out by core.
    Order: sorted by `order`, then title.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def quick_actions(scope: Scope) -> list[QuickAction]:
    """Shortcuts on the dashboard.

    Called: for the dashboard, through the company's relay; must not query the database.
    Return: actions; those whose permission the actor lacks are left out by core.
    Order: sorted by `order`, then title.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def dashboard_widgets(scope: Scope) -> list[Widget]:
    """Cards of the dashboard.

    Called: for the dashboard, through the company's relay; must not query: each card's fragment is a request of its own.
    Return: widgets; those whose permission the actor lacks are left out by core.
    Order: sorted by `order`.
    Errors: logged with the plugin's name; the others go on. A fragment that fails shows an error with a retry.
    """


@hookspec
def notification_kinds() -> list[NotificationKind]:
    """Which events become notices, in which words, for whom.

    Called: when an event is fanned out (a job) and when notices are shown; must not query the database.
    Return: kinds; several may name the same event for different audiences.
    Order: none.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def activities() -> list[Activity]:
    """How the plugin's events read in the feed of recent activity.

    Called: when the feed is drawn; must not query the database.
    Return: activities; an event without one is not shown.
    Order: none.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def account_connected(db: Session, account_id: UUID) -> None:
    """A customer organisation was linked to its record in the company's database.

    Called: in the transaction of the link, with a session in the company's system scope.
    Return: nothing; typically enqueues a first import.
    Order: none.
    Errors: logged with the plugin's name; use jobs for anything that can fail.
    """


@hookspec
def membership_requested(db: Session, user_id: UUID, claim: str) -> None:
    """Somebody asked to join the company, perhaps with a claim code.

    Called: in the transaction of the request, in the asker's own scope (no member yet): enqueue a job to look the claim up.
    Return: nothing.
    Order: none.
    Errors: logged with the plugin's name; the request to join stands, staff decide.
    """


@hookspec
def related_records(db: Session, references: frozenset[str]) -> list[Related]:
    """Records of the plugin that belong to a record of another: the order of a quote, the quote of an order.

    Called: in a request of its own (the fragment `related.list`), with the reader's session: the wall holds.
    Return: related records; `references` are ids and numbers by which the other record is known outside its plugin.
    Order: sorted by title.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def synchronised_records(db: Session, kind: str, record_id: UUID) -> list[SyncedRecord]:
    """As what a record of the plugin is synchronised, so that its page can show staff what is wrong with it there.

    Called: in a request of its own (the fragment `admin.sync_problem_of`), with the reader's session: the wall holds.
    Return: the record's sync entity and its reference in the company's system; nothing for records of other plugins, and for
        those that the company's system does not know.
    Order: none.
    Errors: logged with the plugin's name; the page shows no problem.
    """


@hookspec
def approval_kinds() -> list[ApprovalKind]:
    """What of the plugin's can be asked approval for, when it is above somebody's limit.

    Called: when approvals are shown or decided; must not query the database.
    Return: kinds; their names begin with the plugin's owner word.
    Order: none; of two with the same name one counts.
    Errors: logged with the plugin's name; its approvals cannot be decided until it is mended.
    """


@hookspec
def attachment_kinds() -> list[AttachmentKind]:
    """Which records of the plugin's files can be attached to, and who may have these.

    Called: when a file is attached, and each time one is downloaded, through the company's relay; must not query the
        database itself: `find` of a kind does, in the scope of whoever asks.
    Return: kinds; their names begin with the plugin's owner word.
    Order: none; of two with the same name one counts.
    Errors: logged with the plugin's name; its files cannot be downloaded until it is mended.
    """


@hookspec
def document_kinds() -> list[DocumentKind]:
    """Which of the plugin's records a PDF can be made of, and what is in it.

    Called: when somebody asks for a document, and when a mail that carries one is sent, through the company's relay; must not
        query the database itself: `find` and `make` of a kind do, in the scope of whoever asks.
    Return: kinds; their names begin with the plugin's owner word.
    Order: none; of two with the same name one counts.
    Errors: logged with the plugin's name; its documents cannot be made until it is mended.
    """


@hookspec
def agreement_kinds() -> list[AgreementKind]:
    """Which of the plugin's records people agree to bindingly, what they then agree to, and how it is done.

    Called: when somebody is about to give what an agreement must carry, through the company's relay, and once at start, for
        `Routes.agreements`; must not query the database itself: the functions of a kind do, in the scope of whoever asks.
    Return: kinds; their names begin with the plugin's owner word.
    Order: none; of two with the same name one counts.
    Errors: logged with the plugin's name; nothing can be given for its records until it is mended.
    """


@hookspec
def agreement_conditions() -> list[AgreementCondition]:
    """What an agreement must carry before it counts, whatever page or API it comes by.

    Called: before and after an agreement is written, when it ends, and for the page that offers to agree, through the company's
        relay; must not query the database itself: the functions of a condition do.
    Return: conditions, the same each time: what a company chose about them is theirs to read.
    Order: as plugins are required; the first that is not met says so.
    Errors: logged with the plugin's name. What a condition's own functions raise refuses the agreement.
    """


@hookspec
def record_origins(db: Session, references: frozenset[str]) -> dict[str, Origin]:
    """Whose the plugin's records are, within the customers' organisations, so that what comes of them is theirs too.

    Called: when a plugin takes over records from the company that name records of another, with a session in the company's
        system scope; `references` are ids by which the other record is known here or at the company.
    Return: reference → origin, of those that the plugin knows; the caller compares the organisation before it is used.
    Order: none.
    Errors: logged with the plugin's name; the record is then seen by those alone who see all of the organisation.
    """


@hookspec
def known_records(db: Session, kind: str, references: frozenset[str]) -> dict[str, KnownRecord]:
    """The plugin's records that the company names in a record of another: the orders that an invoice bills.

    Called: when a plugin takes over records from the company, with a session in the company's system scope. `kind` says what
        is named ("order"), since a company may call an order and a quote by the same reference.
    Return: reference → record, of those that the plugin keeps; the caller compares the organisation before it is used.
    Order: none.
    Errors: logged with the plugin's name; the record then names none, until it is looked at again.
    """


@hookspec
def account_actions(scope: Scope) -> list[AccountAction]:
    """What staff can do for a customer organisation, beside its record: start something for it, see what it has.

    Called: for the page of a customer organisation, through the company's relay; must not query the database.
    Return: actions; those whose permission the actor lacks are left out by core.
    Order: sorted by `order`, then title.
    Errors: logged with the plugin's name; the others go on.
    """


@hookspec
def account_addresses(db: Session, account_id: UUID) -> list[AccountAddress]:
    """Where a customer organisation takes deliveries: for whatever has to be delivered, and to be shown with it.

    Called: by core for the page of an organisation, and by any plugin through `portico.pluginhost.account_addresses`, with
        the session of whoever asks: the wall holds.
    Return: the addresses in use, the default one first.
    Order: none; the answers of several plugins follow each other.
    Errors: logged with the plugin's name; the organisation is then without addresses.
    """


@hookspec
def purchase_drafts(scope: Scope) -> list[PurchaseDraft]:
    """How customers ask for what they bought before: as a draft of the plugin's, at today's prices.

    Called: by any plugin with records of purchases, through `portico.pluginhost.purchase_drafts`; must not query the database.
    Return: at most one; its `start` is called outside of the hook, and may raise DomainErrors.
    Order: the first one that the actor may use in the organisation counts.
    Errors: logged with the plugin's name; nothing is then offered.
    """


@hookspec
def sample_records(db: Session, account_id: UUID) -> dict[str, str]:
    """Records for tests that walk every route: one of each kind that the plugin's patterns name.

    Called: by the generated wall tests and by `portico.testing`, in a company's system scope; never in production.
    Return: path parameter → id, for example {"quote_id": "…"}; names must begin with the plugin's owner word.
    Order: a plugin after those it requires.
    Errors: fail the test.
    """
