"""What a request of somebody who may must carry to succeed: from the page's own form, from the API's schema, and where
these do not say it, declared here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import colander
import pyotp
import sqlalchemy as sa
from tests.functional.identity.saml_company import metadata
from tests.saml_idp.running import key_pair
from tests.walls.used import NotDoneError
from tests.walls.world import Side
from webtest import TestResponse, Upload

from portico.api.schema import Uuid
from portico.db.types import new_id, now
from portico.errors import NotFoundError
from portico.identity.cookies import hash_token, new_token
from portico.identity.factors import service as factors
from portico.identity.service import mail_token, new_refresh_token
from portico.links import service as links
from portico.links.terms import LinkTerms
from portico.organisation.models import AccountInvitation
from portico.pluginhost import agreements
from portico.privacy import service as privacy
from portico.testing.person import Person
from portico.web.routes import RouteSpec
from portico_signatures import signing
from portico_signatures.choices import consent

NEW_PASSWORD = "a quite different sentence"
A_CONTRACTS_KIND = "contracts.contract"
NOT_SENT = ("csrf_token", "csrf-token")
Values = dict[str, Any]


def of_the_table(column: str, table: str) -> Callable[[Side], str]:
    """Of any record of the company."""

    def read(side: Side) -> str:
        with side.company.system() as db:
            return str(db.scalar(sa.text(f"SELECT {column} FROM {table} LIMIT 1")))

    return read


def a_quotes_version(side: Side) -> str:
    """Of the sample's, as it is now."""
    with side.company.system() as db:
        statement = sa.text("SELECT version FROM quotes_quote WHERE id = cast(:i AS uuid)")
        return str(db.scalar(statement, {"i": side.samples["quote_id"]}))


def a_quote(side: Side) -> str:
    """The sample, as a list's form names it."""
    return f"{side.samples['quote_id']}.{a_quotes_version(side)}"


def another_town(side: Side) -> str:
    return f"Town {new_id().hex[-6:]}"


def a_contracts_version(side: Side) -> str:
    """Of the sample's, as it is now."""
    with side.company.system() as db:
        statement = sa.text("SELECT version FROM contracts_contract WHERE id = cast(:i AS uuid)")
        return str(db.scalar(statement, {"i": side.samples["contract_id"]}))


def the_quotes_document(side: Side) -> str:
    """The SHA-256 of the sample's, as the owner is shown it now; nothing is noted of that."""
    return _document(side, side.samples["agreement_kind"], side.samples["agreement_id"])


def the_quotes_consent(side: Side) -> str:
    """The SHA-256 of the words that are agreed to by signing the sample."""
    return _consent(side, side.samples["agreement_kind"], side.samples["agreement_id"])


def the_contracts_document(side: Side) -> str:
    """As `the_quotes_document`."""
    return _document(side, A_CONTRACTS_KIND, side.samples["contract_id"])


def the_contracts_consent(side: Side) -> str:
    """As `the_quotes_consent`."""
    return _consent(side, A_CONTRACTS_KIND, side.samples["contract_id"])


def _document(side: Side, name: str, record_id: str) -> str:
    with side.company.scope_of(_owner(side)) as db:
        kind = agreements.kind_of(db, name)
        made = signing.document(db, side.company.portal.parts, kind, kind.find(db, UUID(record_id)), "en")
    return signing.digest(made.content)


def _consent(side: Side, name: str, record_id: str) -> str:
    with side.company.scope_of(_owner(side)) as db:
        kind = agreements.kind_of(db, name)
        title = kind.terms(db, kind.find(db, UUID(record_id))).title
    return consent(side.company.tenant, "en", title).sha256


def a_configs_version(side: Side) -> str:
    """Of the company's configuration, as it is now."""
    return str(side.company.tenant.config_version)


def others_email(side: Side) -> str:
    """Of one who signs in with a password alone."""
    person = side.clients["other"].person
    assert person is not None
    return person.email


def a_new_email(side: Side) -> str:
    return f"{new_id().hex}@example.com"


def a_description_of_a_provider(side: Side) -> str:
    """Of one that speaks SAML 2.0."""
    return metadata(key_pair()[0])


def a_link_to_reset(side: Side) -> str:
    return _link(side, _owner(side).id, "reset")


def a_link_to_sign_in(side: Side) -> str:
    return _link(side, _owner(side).id, "sign-in")


def a_link_to_a_new_address(side: Side) -> str:
    with side.company.system() as db:
        return mail_token(db, _owner(side).id, "email", dt.timedelta(hours=1), {"email": a_new_email(side)})


def a_link_to_confirm(side: Side) -> str:
    """Of somebody who has just registered."""
    with side.company.portal.superuser() as connection:
        registered = sa.text("SELECT user_id FROM user_register(:email, 'Nora New', :hash, 'en')")
        user_id = connection.scalar(registered, {"email": f"{new_id().hex}@example.com", "hash": Person.HASH})
    return _link(side, user_id, "verify")


def an_invitation(side: Side) -> str:
    """The token of a new one, to the first customer's address."""
    token, address = new_token(), _owner(side).email
    with side.company.system() as db:
        db.execute(sa.update(AccountInvitation).where(AccountInvitation.email == address).values(status="revoked"))
        db.add(
            AccountInvitation(account_id=side.accounts[0], email=address, role="viewer", reach="all", locale="en",
                              token_hash=hash_token(token), expires_at=now() + dt.timedelta(days=1))
        )
    return token


def a_link_to_the_offer(side: Side) -> str:
    """To the sample, as it was mailed to one of its organisation who signs in with a password alone."""
    quote_id = UUID(side.samples["quote_id"])
    whose = "SELECT account_id, site_id, author_id, version, now() + interval '1 day' FROM quotes_quote WHERE id = :i"
    with side.company.system() as db:
        terms = LinkTerms("quote", *db.execute(sa.text(whose), {"i": quote_id}).one(), acts=True)
        colleague = "SELECT m.user_id, m.display_name, m.email FROM membership m JOIN account_member a USING (tenant_id, user_id) WHERE a.id = :m"
        sent = dict(zip(("user_id", "recipient", "email"), db.execute(sa.text(colleague), {"m": UUID(side.samples["member_id"])}).one(), strict=True))
        return links.make(db, "quotes.answer", quote_id, terms, **sent)


def _link(side: Side, user_id: UUID, purpose: str) -> str:
    with side.company.system() as db:
        return mail_token(db, user_id, purpose, dt.timedelta(hours=1))


def a_refresh_token(side: Side) -> str:
    portal = side.company.portal
    session_id = UUID(portal.session(_owner(side), "api", side.company.id))
    with side.company.system() as db:
        return new_refresh_token(db, session_id)


def a_link_to_keep_the_account(side: Side) -> str:
    return _link(side, _owner(side).id, privacy.UNDO)


def a_colleague(side: Side) -> str:
    """Of the first customer's organisation."""
    with side.company.system() as db:
        found = sa.text("SELECT user_id FROM account_member WHERE id = cast(:m AS uuid)")
        return str(db.scalar(found, {"m": side.samples["member_id"]}))


def a_pdf(side: Side) -> Upload:
    return Upload("another.pdf", b"%PDF-1.7 another sample")


def a_file(side: Side) -> Upload:
    return Upload("another.txt", b"Another sample.")


def the_begun(side: Side) -> str:
    return side.samples["begun_id"]


def a_code_of_the_app(side: Side) -> str:
    """Of the authenticator that the owner is setting up, of this half minute."""
    with side.company.scope_of(_owner(side)) as db:
        try:
            secret = factors.begun_totp(db, side.company.portal.settings.master_key, UUID(side.samples["begun_id"]))
        except NotFoundError as error:  # set up by now
            raise NotDoneError("nothing is begun") from error
    return pyotp.TOTP(secret).now()


def own_email(side: Side) -> str:
    return _owner(side).email


def a_link_to_the_archive(side: Side) -> str:
    key = side.company.portal.settings.master_key
    return privacy.link_token(key, _owner(side).id, UUID(side.samples["data_request_id"]))


def _owner(side: Side) -> Person:
    person = side.clients["owner"].person
    assert person is not None
    return person


BODIES: dict[str, dict[str, str | Callable[[Side], str | Upload]]] = {
    "admin.email": {"subject": "In our words"},
    "admin.email_reset": {"version": a_configs_version},
    "admin.invite": {"name": "New Colleague", "email": a_new_email},
    "admin.connection_edit": {"database": "erp", "user": "portal"},
    "admin.connection_rate": {"calls": "60", "per_s": "60"},
    "admin.role": {"name": "Renamed"},
    "companydb.mapping_entity": {"table": "items", "key": "id", "name.column": "name", "price.column": "price"},
    "admin.role_new": {"name": "Of their own"},
    "admin.see_as": {"reason": "as a test of all routes"},
    "admin.sso_provider": {"issuer": "http://127.0.0.1:9", "client_secret": "another"},
    "admin.sso_saml": {"metadata": a_description_of_a_provider},
    "admin.sso_domain_new": {"domain": "another.example"},
    "core.api.register": {"name": "Nora New", "email": a_new_email, "password": NEW_PASSWORD},
    "core.api.verify": {"token": a_link_to_confirm, "password": Person.PASSWORD},
    "core.api.forgot": {"email": others_email},
    "core.api.reset": {"token": a_link_to_reset, "password": NEW_PASSWORD},
    "core.api.password": {"current": Person.PASSWORD, "password": NEW_PASSWORD},
    "core.api.second_factor_confirm": {"id": the_begun, "code": a_code_of_the_app},
    "core.api.refresh": {"refresh_token": a_refresh_token},
    "core.api.token": {"email": others_email, "password": Person.PASSWORD},
    "identity.email": {"email": a_new_email},
    "identity.email_confirm": {"token": a_link_to_a_new_address},
    "identity.authenticator": {"code": a_code_of_the_app},
    "identity.data_file": {"token": a_link_to_the_archive},
    "identity.erase": {"email": own_email},
    "identity.erase_undo_link": {"token": a_link_to_keep_the_account},
    "identity.forgot": {"email": others_email},
    "identity.password": {"current": Person.PASSWORD, "password": NEW_PASSWORD},
    "identity.register": {"name": "Nora New", "email": a_new_email, "password": NEW_PASSWORD},
    "identity.reset": {"token": a_link_to_reset, "password": NEW_PASSWORD},
    "identity.open_link": {"token": a_link_to_sign_in},
    "identity.reauthenticate": {"password": Person.PASSWORD},
    "identity.rename_factor": {"name": "Renamed"},
    "identity.sign_in_link": {"email": others_email},
    "identity.sign_in": {"email": others_email, "password": Person.PASSWORD},
    "identity.verify": {"token": a_link_to_confirm, "password": Person.PASSWORD},
    "core.api.invitations": {"email": a_new_email},
    "customers.api.addresses": {"city": "Lyon", "country": "FR"},
    "customers.address_new": {"street": "2 Sample Street", "country": "FR"},
    "organisation.invitation": {"token": an_invitation},
    "organisation.invite": {"email": a_new_email},
    "approvals.decline": {"reason": "Too much"},
    "organisation.site_new": {"name": "Another"},
    "quotes.accept": {"version": a_quotes_version},
    "einvoices.company": {"city": another_town},
    "einvoices.customer": {"city": another_town, "country": "DE"},
    "contracts.agree": {"version": a_contracts_version},
    "contracts.decline": {"version": a_contracts_version},
    "contracts.api.contract_agree": {"version": a_contracts_version},
    "contracts.api.contract_decline": {"version": a_contracts_version},
    "quotes.by_link": {"token": a_link_to_the_offer, "answer": "accept", "version": a_quotes_version},
    "quotes.ask_accept": {"version": a_quotes_version},
    "quotes.api.quote_accept": {"version": a_quotes_version},
    "quotes.api.quote_accept_approval": {"version": a_quotes_version},
    "quotes.ask_revision": {"version": a_quotes_version, "message": "Cheaper, please"},
    "quotes.api.quote_revision": {"version": a_quotes_version, "message": "Cheaper, please"},
    "quotes.move_line": {"by": "1"},
    "quotes.add_section": {"title": "Metal"},
    "quotes.template_save": {"name": "Every week"},
    "quotes.template_change": {"name": "Renamed"},
    "quotes.api.template": {"name": "Renamed", "shared": "true"},
    "quotes.duplicate_many": {"quote": a_quote},
    "quotes.submit_many": {"quote": a_quote},
    "quotes.discard_many": {"quote": a_quote, "sure": "1"},
    "quotes.restore_many": {"quote": a_quote},
    "signatures.sign": {"version": a_quotes_version, "document_sha256": the_quotes_document, "agree": "true",
                        "consent_sha256": the_quotes_consent},
    "signatures.verify": {"file": a_pdf},
    "signatures.delegate": {"to": a_colleague, "reason": "On holiday"},
    "signatures.refuse": {"reason": "Too expensive"},
    "signatures.api.quote_sign_delegate": {"to": a_colleague, "reason": "On holiday"},
    "signatures.api.quote_sign_decline": {"reason": "Too expensive"},
    "signatures.api.quote_sign": {"version": a_quotes_version, "document_sha256": the_quotes_document,
                                  "name": "Sam Sample", "consent_sha256": the_quotes_consent},
    "signatures.api.contract_sign_delegate": {"to": a_colleague, "reason": "On holiday"},
    "signatures.api.contract_sign_decline": {"reason": "Too expensive"},
    "signatures.api.contract_sign": {"version": a_contracts_version, "document_sha256": the_contracts_document,
                                     "name": "Sam Sample", "consent_sha256": the_contracts_consent},
    "quotes.add_code": {"code": "SAMPLE", "quantity": "2"},
    "quotes.enter": {"text": "SAMPLE 2", "add": "1"},
    "quotes.add_file": {"file": a_file},
    "quotes.add_line": {"item": of_the_table("id", "quotes_item"), "quantity": "2"},
    "quotes.quick_add": {"item": of_the_table("id", "quotes_item"), "quantity": "2"},
}
"""Route → fields that its form leaves empty, or that an action takes without a page of its own; in a GET, its query."""


WALKS = "tests/browser/test_walks.py::"
SHOWN_ELSEWHERE: dict[tuple[str, str], str] = {
    ("identity.passkey", "POST"): WALKS + "test_passkey",
    ("identity.passkey_sign_in", "POST"): WALKS + "test_passkey",
    ("identity.token_new", "POST"): "tests/functional/identity/test_personal_tokens.py::test_token_reads_what_it_was_made_for",
}
"""Routes whose success cannot be put into a body, as where a key has to sign: the test of it."""
@dataclass(frozen=True)
class Before:
    """What must be so before a request can succeed: SQL in the company's own scope, with the samples as parameters."""

    statement: str


A_QUOTE = "UPDATE quotes_quote SET {} WHERE id = cast(:quote_id AS uuid)"
PROCESSED = Before(A_QUOTE.format("state = 'processed', number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent'"))
UNDOABLE = Before(A_QUOTE.format(
    "state = 'accepted', number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent', answer = 'accept', "
    "answer_due_at = now() + interval '1 hour', before_answer = "
    "jsonb_build_object('state', 'processed', 'reason', '', 'answered_by', '', 'po_number', '')"))
ASKED_TO_CHANGE = Before(
    "WITH asked AS (INSERT INTO quotes_revision (tenant_id, id, account_id, quote_id, message, wishes, asker, asked_at, reply, replier) "
    "SELECT tenant_id, uuidv7(), account_id, id, 'Cheaper', '[]', 'x', now(), '', '' FROM quotes_quote WHERE id = cast(:quote_id AS uuid) "
    "ON CONFLICT DO NOTHING) "
    + A_QUOTE.format("state = 'processed', number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent', requested_at = now()"))
A_SECOND_LINE = Before(
    "INSERT INTO quotes_line (tenant_id, id, account_id, quote_id, position, item_ref, code, name, kind, unit, quantity, tax_rate, note, "
    "price_source, price_as_of, gone) SELECT tenant_id, uuidv7(), account_id, quote_id, position + 1, 'material:OTHER', '', 'Other', '', "
    "'', 1, 0, '', 'cached', now(), false FROM quotes_line WHERE id = cast(:quote_line_id AS uuid)")


def a_round(kind: str = "", subject: str = "quote") -> Before:
    """The owner's turn to sign the sample of that kind; "": the one that the samples name."""
    name, record = (f"'{kind}'", f":{subject}_id") if kind else (":agreement_kind", ":agreement_id")
    return Before(
        "WITH mine AS (SELECT tenant_id, account_id, user_id FROM account_member WHERE account_id = cast(:account_id AS uuid) "
        "AND role = 'owner' ORDER BY user_id LIMIT 1), "
        "other AS (UPDATE account_member SET role = 'owner' WHERE id = cast(:member_id AS uuid)), "
        "begun AS (INSERT INTO signatures_round (tenant_id, id, account_id, kind, subject, subject_id, title, version, document_sha256, "
        f"locale, said, starter_id, starter, state, created_at, ended_why) SELECT tenant_id, uuidv7(), account_id, {name}, '{subject}', "
        f"cast({record} AS uuid), 'x', 1, 'x', 'en', '{{}}', user_id, 'x', 'open', now(), '' FROM mine ON CONFLICT DO NOTHING "
        "RETURNING tenant_id, id, account_id, starter_id) "
        "INSERT INTO signatures_signer (tenant_id, id, account_id, round_id, position, user_id, name, delegate, state, reason, asked_at) "
        "SELECT tenant_id, uuidv7(), account_id, id, 0, starter_id, 'x', '', 'asked', '', now() FROM begun"
    )


A_ROUND = a_round()
WAITING = Before(A_QUOTE.format("state = 'submitted', delivery = 'waiting', submitted_at = now()"))
PARKED = Before(A_QUOTE.format("state = 'submitted', delivery = 'problem', submitted_at = now()"))
ANOTHER_OWNER = Before("UPDATE account_member SET role = 'owner' WHERE id = cast(:member_id AS uuid)")
A_CONNECTION = "UPDATE connection SET {} WHERE id = cast(:connection_id AS uuid)"
ASKED_BY_THE_OWNER = Before(
    "UPDATE approval SET author_id = (SELECT user_id FROM account_member WHERE account_id = cast(:account_id AS uuid) "
    "AND role = 'owner' ORDER BY user_id LIMIT 1) WHERE id = cast(:approval_id AS uuid)"
)
TO_BE_ERASED = Before(
    "WITH who AS MATERIALIZED (SELECT set_config('portico.user_id', (SELECT user_id::text FROM account_member "
    "WHERE account_id = cast(:account_id AS uuid) AND role = 'owner' ORDER BY user_id LIMIT 1), true)) "
    "SELECT data_request_open(uuidv7(), 'erasure', NULL, 'en', interval '7 days') FROM who"
)


def limited(state: str) -> Before:
    """The owner is a purchaser with a limit now, and the colleague the owner."""
    return Before(
        "WITH other AS (UPDATE account_member SET role = 'owner' WHERE id = cast(:member_id AS uuid)), "
        f"quote AS ({A_QUOTE.format(state)}) "
        "UPDATE account_member SET role = 'purchaser', limit_amount = 1, limit_currency = 'EUR' "
        "WHERE account_id = cast(:account_id AS uuid) AND role = 'owner' AND id <> cast(:member_id AS uuid)"
    )


ANSWERED_BY_LINK = Before(
    """WITH allowed AS (UPDATE tenant_plugin SET settings = settings || '{"mail_links": "answer"}' WHERE plugin = 'portico_quotes'), """
    "other AS (UPDATE account_member SET role = 'owner' WHERE id = cast(:member_id AS uuid)) "
    + PROCESSED.statement
)
A_CONTRACT = Before(
    "UPDATE contracts_contract SET connection_id = cast(:connection_id AS uuid) WHERE id = cast(:contract_id AS uuid)"
)
CHECKED = Before(
    "UPDATE einvoices_check c SET invoice_digest = i.digest FROM invoices_invoice i "
    "WHERE i.tenant_id = c.tenant_id AND i.id = c.invoice_id AND i.id = cast(:invoice_id AS uuid)"
)
OFFERED = "state = 'processed', number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent'"
BEFORE: dict[str, Before] = {
    "admin.connection_keep": Before(A_CONNECTION.format("status = 'draft'")),
    "admin.connection_resume": Before(
        A_CONNECTION.format("status = 'paused', reports = '[{\"capability\": \"customers\", \"ok\": true, \"detail\": \"\"}]'")
    ),
    "admin.email_reset": Before(
        "INSERT INTO mail_text (tenant_id, id, mail, locale, subject, heading, opening, closing, button, updated_at) "
        "VALUES (cast(:tenant_id AS uuid), uuidv7(), :mail_kind, :mail_locale, 'S', '', '', '', '', now()) ON CONFLICT DO NOTHING"
    ),
    "admin.member_deactivate": ANOTHER_OWNER,
    "identity.erase_undo": TO_BE_ERASED,
    "identity.erase_undo_link": TO_BE_ERASED,
    "identity.leave": ANOTHER_OWNER,
    "identity.leave_account": ANOTHER_OWNER,
    "core.api.membership": ANOTHER_OWNER,
    "approvals.withdraw": ASKED_BY_THE_OWNER,
    "core.api.approval_withdraw": ASKED_BY_THE_OWNER,
    "contracts.agree": A_CONTRACT,
    "contracts.decline": A_CONTRACT,
    "contracts.api.contract_agree": A_CONTRACT,
    "contracts.api.contract_decline": A_CONTRACT,
    **dict.fromkeys(("einvoices.ubl", "einvoices.facturx", "einvoices.api.einvoice_ubl", "einvoices.api.einvoice_facturx"), CHECKED),
    "quotes.by_link": ANSWERED_BY_LINK,
    "quotes.ask_accept": limited(OFFERED),
    "quotes.ask_submit": limited("state = 'draft'"),
    "quotes.api.quote_accept_approval": limited(OFFERED),
    "quotes.api.quote_submit_approval": limited("state = 'draft'"),
    "quotes.accept": PROCESSED,
    "quotes.move_line": A_SECOND_LINE,
    "signatures.sign": PROCESSED,
    "signatures.api.quote_sign": PROCESSED,
    "signatures.delegate": A_ROUND,
    "signatures.refuse": A_ROUND,
    "signatures.api.quote_sign_delegate": A_ROUND,
    "signatures.api.quote_sign_decline": A_ROUND,
    "signatures.api.contract_sign": A_CONTRACT,
    "signatures.api.contract_sign_delegate": a_round(A_CONTRACTS_KIND, "contract"),
    "signatures.api.contract_sign_decline": a_round(A_CONTRACTS_KIND, "contract"),
    "signatures.call_off": A_ROUND,
    "quotes.decline": PROCESSED,
    "quotes.api.quote_accept": PROCESSED,
    "quotes.api.quote_decline": PROCESSED,
    "quotes.ask_revision": PROCESSED,
    "quotes.api.quote_revision": PROCESSED,
    "quotes.withdraw_revision": ASKED_TO_CHANGE,
    "quotes.refuse_revision": ASKED_TO_CHANGE,
    "quotes.api.quote_revision_withdraw": ASKED_TO_CHANGE,
    "quotes.api.quote_revision_refuse": ASKED_TO_CHANGE,
    "quotes.undo": UNDOABLE,
    "quotes.api.quote_undo": UNDOABLE,
    "quotes.take_back": WAITING,
    "quotes.api.quote_take_back": WAITING,
    "quotes.preview_again": Before("UPDATE file SET preview = 'failed', preview_object = '' WHERE id = cast(:quote_file_id AS uuid)"),
    "quotes.restore_many": Before(A_QUOTE.format("touched_at = now() - interval '10 days'")),
    "quotes.restore": Before(A_QUOTE.format("touched_at = now() - interval '10 days'")),
    "quotes.api.quote_restore": Before(A_QUOTE.format("touched_at = now() - interval '10 days'")),
    "quotes.restore_line": Before("UPDATE quotes_line SET removed_at = now() WHERE id = cast(:quote_line_id AS uuid)"),
    "quotes.send_again": PARKED,
    "quotes.hand_back": PARKED,
}


def prepare(side: Side, spec: RouteSpec) -> None:
    """Bring the company into the state in which the route's request can succeed, once. Raises NotDoneError if what others
    left in it does not let that be."""
    if spec.method == "GET" or spec.name not in BEFORE or spec.name in side.ready:
        return
    side.ready.add(spec.name)
    statement = sa.text(BEFORE[spec.name].statement)
    try:
        with side.company.system() as db:
            db.execute(statement, {name: side.samples[name] for name in statement._bindparams})
    except sa.exc.IntegrityError as error:
        raise NotDoneError(spec.name) from error


def body(side: Side, spec: RouteSpec, form_page: Callable[[], TestResponse]) -> Any:
    """`form_page`: the page of the same address, as somebody sees it who may send its form."""
    declared = {name: value if isinstance(value, str) else value(side) for name, value in BODIES.get(spec.name, {}).items()}
    if spec.kind == "api":
        return (example(spec.body()) if spec.body else {}) | declared
    if spec.kind == "page":
        return _of_form(form_page(), declared)
    return declared


def _of_form(page: TestResponse, declared: Values) -> Any:
    """As the form stands there, with what is declared: values of fields that the form has once, the rest is added."""
    if page.status_int not in range(200, 300):
        return declared
    here = page.request.path
    forms = [one for one in page.forms.values() if one.method.upper() == "POST" and urljoin(here, one.action) == here]
    if not forms:
        return declared
    form = max(forms, key=lambda one: len(declared.keys() & one.fields.keys()))
    fields = [(name, value) for name, value in form.submit_fields() if name not in NOT_SENT]
    names = {name for name, _value in fields}
    changed = [(name, declared.get(name, value)) for name, value in fields]
    return changed + [(name, value) for name, value in declared.items() if name not in names]


def example(node: colander.SchemaNode) -> Any:
    """A value that the schema takes, of what it requires alone."""
    if isinstance(node.typ, colander.Mapping):
        return {child.name: example(child) for child in node.children if child.required}
    if isinstance(node.typ, colander.Sequence):
        return []
    if isinstance(node.validator, colander.OneOf):
        return node.validator.choices[0]
    if isinstance(node.typ, colander.Boolean):
        return True
    if isinstance(node.typ, Uuid):
        return str(UUID(int=1))
    if isinstance(node.typ, colander.String):
        return "a sample"
    return "1"
