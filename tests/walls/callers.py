"""People who call the functions that pass by row security, with rows of their own in every table that these look at, and the
calls: tests/walls/test_definers.py takes the functions' conditions out.

What is the other company's has the identifiers of what is ours wherever the database allows it, so that no condition on the
company stands behind the luck of identifiers.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portico.db.types import new_id
from portico.testing.portal import Company, Portal

TABLES = (
    "account_invitation", "account_member", "app_user", "approval", "consent", "data_request", "membership", "recovery_code",
    "user_factor", "user_token", "web_session",
)  # fmt: skip
"""All that most functions could change."""
FURTHER = {"retain": ("event", "mail", "notification")}
"""Function → what it could change besides."""
TAKEN = (
    ("to_me", "returning"), ("to_me", "user"), ("revoked", "user"), ("late", "user"), ("to_ended", "user"), ("to_disabled", "disabled"),
    ("to_unverified", "unverified"), ("to_elsewhere", "elsewhere"), ("to_barred", "barred"), ("to_returning", "returning"),
)  # fmt: skip
"""The link of an invitation, and who comes with it."""
SEARCHED = (
    ("'gasket'", "NULL", "NULL"), ("'gasket'", "'part'", "NULL"), ("'gasket'", "NULL", "'seals'"), ("'gaskte'", "NULL", "NULL"),
    (":misspelt", "NULL", "NULL"), ("'ab'", "NULL", "NULL"), ("'  '", "NULL", "NULL"),
)  # fmt: skip
"""Words, a kind and a category: as they are written, misspelt, too short to be misspelt, and none. What is `misspelt` one company
writes otherwise; the other has it, and does not know the word."""


def _together(*calls: str) -> str:
    """One call of several, one after the other."""
    return f"({' UNION ALL '.join(f'SELECT {one}' for one in calls)})"


CALLS = {
    "account_leave": ("account_leave(:account)",),
    "data_request_open": ("data_request_open(:fresh, 'export', NULL, 'en', '1 day')",),
    "email_change": ("email_change(:hash)",),
    "factor_add": ("factor_add(:fresh, 'totp', 'New', NULL, NULL, NULL, 0, NULL, true, NULL)",),
    "factor_confirm": ("factor_confirm(:begun, 5)",),
    "factor_remove": ("factor_remove(:begun)", "factor_remove(:factor)"),
    "factor_rename": ("factor_rename(:factor, 'Renamed')",),
    "handoff_begin": ("handoff_begin(:own, :new_hash, :slug || '.example', 'challenge', '1 minute')",),
    "handoff_target": ("handoff_target(:own)",),
    "invitation_peek": ("invitation_peek(:hash)",),
    "invitation_take": (_together(*(f"result, account_id FROM invitation_take(:{link}, :{whom})" for link, whom in TAKEN)),),
    "link_open": ("link_open(:hash, 'quotes.answer')",),
    "membership_leave": ("membership_leave(:tenant)",),
    "membership_request": ("membership_request(:tenant, 'claim')",),
    "my_consents": ("my_consents()",),
    "my_data_file": ("my_data_file(:request)",),
    "my_data_requests": ("my_data_requests()",),
    "my_memberships": ("my_memberships()",),
    "my_other_sessions_end": ("my_other_sessions_end(NULL)",),
    "my_session_end": ("my_session_end(:session)",),
    "my_sessions": ("my_sessions()",),
    "orders_find": ("orders_find('%sample%', 100)", "orders_find('%nothing%', 100)"),
    "invoices_find": ("invoices_find('%sample%', 100)", "invoices_find('%nothing%', 100)"),
    "payments_find": ("payments_find('%sample%', 100)", "payments_find('%nothing%', 100)"),
    "organisation_people": ("organisation_people(:account)",),
    "personal_token_open": ("personal_token_open(:fresh, :new_hash, :tenant, '1 day', '', false, '{}', 'New')",),
    "quotes_item_search": tuple(
        f"quotes_item_search({words}, {kind}, {category}, 100)" for words, kind, category in SEARCHED
    ),
    "recovery_replace": ("recovery_replace(ARRAY[:new_hash])",),
    "retain": ("retain(:tenant, '2 days', '2 days', '2 days')",),
    "signatures_known": ("signatures_known(ARRAY[encode(:hash, 'hex')], NULL)", "signatures_known('{}', encode(:hash, 'hex'))"),
    "sso_person": ("sso_person(:user)",),
    "sso_sessions_end": ("sso_sessions_end()",),
}
"""Each is called by everybody with what is everybody's, see `made`."""

PEOPLE = ("mate", "buyer", "mates_buyer", "disabled", "unverified", "returning", "barred", "elsewhere", "twin")
"""Others that the functions are called with, or meet."""
IDS = ("factor", "begun", "request", "session", "own", "fresh", "ended", "further", "site", "closed_site", "next_site", "invited", "books", *PEOPLE)
HASHES = ("hash", "new_hash", *dict.fromkeys(link for link, _whom in TAKEN))
AN_INVITATION = (
    "INSERT INTO account_invitation (tenant_id, id, account_id, email, role, reach, site_ids, token_hash, invited_by, inviter, locale, "
    "status, sent_at, expires_at) SELECT {tenant}, {id}, {account}, {email}, 'viewer', 'all', {sites}, {hash}, {by}, '', 'en', {status}, "
    "now(), now() + interval '{ends}'"
)
USUAL = {
    "tenant": ":tenant", "id": "uuidv7()", "account": ":account", "sites": "'{}'", "hash": ":code", "by": "NULL", "status": "'open'",
    "ends": "1 day",
}  # fmt: skip


def _invitation(**values: str) -> str:
    return AN_INVITATION.format(**USUAL | values)


def _to(whom: str, **values: str) -> str:
    return _invitation(email=f"(SELECT email FROM app_user WHERE id = :{whom})", hash=f":to_{whom}", **values)


def _members(tenant: str, account: str, *people: tuple[str, str, str]) -> str:
    rows = ", ".join(f"({tenant}, uuidv7(), {account}, :{who}, '{role}', {approver})" for who, role, approver in people)
    return f"INSERT INTO account_member (tenant_id, id, account_id, user_id, role, approver_id) VALUES {rows}"


def _belongs(tenant: str, who: str, values: str) -> str:
    return (
        "INSERT INTO membership (tenant_id, id, user_id, display_name, email, kind, roles, status, barred) "
        f"SELECT {tenant}, uuidv7(), id, name, email, {values} FROM app_user WHERE id = :{who}"
    )


def _approvals(tenant: str) -> str:
    asked = ", ".join(
        f"({tenant}, uuidv7(), :account, :twin, 'x', 'x', uuidv7()::text, 1, 'EUR', {approver}, '{status}')"
        for approver, status in ((":user", "open"), (":user", "withdrawn"), (":mate", "open"))
    )
    return (
        "INSERT INTO approval (tenant_id, id, account_id, author_id, kind, subject_type, subject_id, amount, currency, approver_id, status) "
        f"VALUES {asked}"
    )


MADE = (
    "UPDATE tenant SET host = :slug || '.example' WHERE id = :tenant",
    "INSERT INTO web_session (id, token_hash, user_id, kind, tenant_id, expires_at, methods) "
    "VALUES (:session, :hash, :user, 'browser', :tenant, now() + interval '1 day', '{sso}')",
    "INSERT INTO web_session (id, token_hash, user_id, kind, expires_at) "
    "VALUES (:own, uuid_send(:own), :user, 'browser', now() + interval '1 day')",
    "INSERT INTO web_session (id, token_hash, user_id, kind, tenant_id, expires_at) "
    "VALUES (uuidv7(), :code, :user, 'api', :tenant, now() + interval '1 day')",
    "INSERT INTO user_factor (id, user_id, kind, name, confirmed_at) VALUES (:factor, :user, 'totp', 'Mine', now())",
    "INSERT INTO user_factor (id, user_id, kind, name) VALUES (:begun, :user, 'totp', 'Begun')",
    "INSERT INTO recovery_code (user_id, code_hash) VALUES (:user, :code)",
    "INSERT INTO consent (id, user_id, document, version) VALUES (uuidv7(), :user, 'terms', :email)",
    "INSERT INTO data_request (id, user_id, kind, state, locale, file, expires_at) "
    "VALUES (:request, :user, 'export', 'ready', 'en', :code, now() + interval '1 day')",
    "INSERT INTO user_token (token_hash, user_id, purpose, expires_at, data) VALUES "
    "(:hash, :user, 'email', now() + interval '1 day', jsonb_build_object('email', 'new-' || cast(:email AS text)))",
    "INSERT INTO user_token (token_hash, user_id, purpose, expires_at, data) VALUES (:code, :user, 'reset', now() + interval '1 day', '{}')",
    *(
        f"INSERT INTO app_user (id, email, name, status, email_verified_at) VALUES (:{who}, cast(:{who} AS text) || '@example.com', '{who}', "
        f"'{'disabled' if who == 'disabled' else 'active'}', {'NULL' if who == 'unverified' else 'now()'})"
        for who in PEOPLE
    ),
    # Colleagues, some of whom the caller approves for and some another; and somebody who was here, and may come back.
    *(_belongs(":tenant", who, "'customer', '{customer}', 'active', false") for who in ("mate", "buyer", "mates_buyer")),
    _belongs(":tenant", "returning", "'customer', '{customer}', 'inactive', false"),
    _belongs(":tenant", "barred", "'customer', '{customer}', 'inactive', true"),
    _belongs(":other_tenant", "elsewhere", "'staff', '{agent}', 'active', false"),
    _members(":tenant", ":account", ("mate", "owner", "NULL"), ("buyer", "purchaser", ":user"), ("mates_buyer", "purchaser", ":mate"),
             ("returning", "purchaser", "NULL")),
    _approvals(":tenant"),
    "INSERT INTO account (tenant_id, id, name, status) VALUES (:tenant, :ended, 'Ended', 'inactive'), (:tenant, :further, 'Further', 'active'), (:other_tenant, :ended, 'Twin', 'active'), "
    "(:other_tenant, :account, 'Twin', 'active')",
    "INSERT INTO account_site (tenant_id, id, account_id, name, closed_at) VALUES (:tenant, :site, :account, 'Site', NULL), "
    "(:tenant, :closed_site, :account, 'Closed', now()), (:tenant, :next_site, :ended, 'Next', NULL), (:tenant, uuidv7(), :account, 'More', NULL), "
    "(:other_tenant, :closed_site, :account, 'Twin', NULL)",
    # The same organisation in the other company, as far as identifiers go.
    _members(":other_tenant", ":account", ("twin", "owner", "NULL"), ("buyer", "purchaser", ":user")),
    _approvals(":other_tenant"),
    _invitation(tenant=":other_tenant", email="'twin-' || :email", hash="sha256(:code)", by=":user"),
    _invitation(tenant=":other_tenant", id=":invited", email="'invited-' || :email", hash="sha256(:new_hash)"),
    # To somebody, by the caller and by another; to those who may not come, or may not come by this link.
    _invitation(email="'guest-' || :email", hash=":hash", by=":user"),
    _invitation(email="'other-' || :email"),
    _invitation(email=":email", hash=":to_me", id=":invited", by=":mate"),
    _invitation(email=":email", hash=":revoked", status="'revoked'"),
    _invitation(email=":email", hash=":late", account=":further", ends="-1 day"),
    _invitation(email=":email", hash=":to_ended", account=":ended"),
    *(_to(who) for who in ("disabled", "unverified", "elsewhere", "barred")),
    _to("returning", sites="ARRAY[cast(:site AS uuid), :closed_site, :next_site]"),
    # What a company keeps for a while only.
    *(
        f"INSERT INTO {table} (tenant_id, id, {columns}, {at}) SELECT {tenant}, uuidv7(), {values}, now() - make_interval(days => d) "
        "FROM generate_series(1, 3, 2) d"
        for table, columns, values, at, tenant in (
            ("mail", "recipient, kind, subject, text, html, status", "'a@example.com', 'x', d, d, d, 'sent'", "created_at", ":tenant"),
            ("mail", "recipient, kind, subject, text, html, status", "'a@example.com', 'x', d, d, d, 'queued'", "created_at", ":tenant"),
            ("mail", "recipient, kind, subject, text, html, status", "'a@example.com', 'x', d, d, d, 'sent'", "created_at", "NULL::uuid"),
            ("notification", "user_id, event_id, kind, data", ":user, uuidv7(), 'x', '{}'", "at", ":tenant"),
            ("event", "kind, actor, data", "'x', 'x', '{}'", "at", ":tenant"),
        )
    ),
    # What was mailed to a colleague.
    "INSERT INTO action_link (tenant_id, id, account_id, purpose, subject_type, subject_id, version, user_id, recipient, email, token_hash, "
    "made_at, expires_at) SELECT :tenant, uuidv7(), :account, 'quotes.answer', 'quote', uuidv7(), 1, :mate, 'x', 'x', :hash, now(), "
    "now() + interval '1 day'",
    # What is searched.
    "INSERT INTO orders_order (tenant_id, id, account_id, erp_ref, number, status, status_at, currency, net, tax, gross, line_count, "
    "delivery_count, note, ordered_at, erp_updated_at, synced_at, digest, search) SELECT :tenant, uuidv7(), :account, :fresh, 'O-1', 'pending', "
    "now(), 'EUR', 1, 0, 1, 0, 0, '', now(), now(), now(), '', 'a sample of it'",
    "INSERT INTO invoices_invoice (tenant_id, id, account_id, erp_ref, number, kind, status, status_at, currency, net, tax, gross, "
    "open_amount, line_count, issued_on, note, erp_updated_at, synced_at, digest, search) SELECT :tenant, uuidv7(), :account, :fresh, "
    "'I-1', 'invoice', 'open', now(), 'EUR', 1, 0, 1, 1, 0, now(), '', now(), now(), '', 'a sample of it'",
    "INSERT INTO payments_payment (tenant_id, id, account_id, erp_ref, number, source, provider, provider_ref, state, amount, currency, "
    "allocated, paid_on, method, search) SELECT :tenant, uuidv7(), :account, :fresh, 'P-1', 'company', '', '', 'confirmed', 1, 'EUR', 0, "
    "now(), '', 'a sample of it'",
    "INSERT INTO connection (tenant_id, id, connector, name) VALUES (:tenant, :books, 'companydb', 'Books'), "
    "(:other_tenant, :books, 'companydb', 'Twin')",
    "INSERT INTO quotes_item (tenant_id, id, connection_id, ref, code, name, description, kind, category, unit, price, currency, tax_rate, "
    "active, remote_updated_at, synced_at, folded_code, folded) SELECT one.tenant, uuidv7(), :books, concat_ws('-', one.word, one.kind, "
    "one.category, one.active), '', one.word, '', one.kind, one.category, 'piece', 1, 'EUR', 0, one.active, now(), now(), '', one.word FROM (VALUES "
    "(cast(:tenant AS uuid), 'gasket', 'part', 'seals', true), (:tenant, 'gasket', 'part', 'pipes', true), (:tenant, 'gasket', 'work', 'seals', true), "
    "(:tenant, 'gasket', 'part', 'seals', false), (:tenant, 'aab', 'part', 'seals', true), (:tenant, 'elbow', 'part', 'pipes', true), "
    "(:other_tenant, :word, 'part', 'seals', true)) one (tenant, word, kind, category, active)",
    # What was signed, by several; the round has its identifier in the other company, too.
    "INSERT INTO signatures_round (tenant_id, id, account_id, kind, subject, subject_id, title, version, document_sha256, locale, said, "
    "starter_id, starter, state, created_at, ended_why) SELECT t, :fresh, :account, 'x', 'x', uuidv7(), 'x', 1, 'x', 'en', '{}', :user, 'x', "
    "'done', now(), '' FROM (VALUES (cast(:tenant AS uuid)), (:other_tenant)) one (t)",
    "INSERT INTO signatures_signature (tenant_id, id, account_id, kind, subject, subject_id, title, version, signer_id, signer, email, name, "
    "method, drawing, consent, locale, address, user_agent, signed_at, document_name, document_sha256, content, content_sha256, state, "
    "ended_why, reference, sealed_sha256, round_id) SELECT t, uuidv7(), :account, 'x', 'x', uuidv7(), 'x', 1, :user, 'x', 'x', 'x', 'typed', "
    "'[]', 'x', 'en', "
    "'x', 'x', now(), 'x', CASE n WHEN 1 THEN encode(:hash, 'hex') ELSE 'x' END, '{}', 'x', 'agreed', '', "
    "CASE n WHEN 1 THEN encode(:hash, 'hex') ELSE '' END, CASE n WHEN 1 THEN encode(:hash, 'hex') ELSE '' END, :fresh "
    "FROM (VALUES (cast(:tenant AS uuid), 1), (:tenant, 2), (:other_tenant, 2)) one (t, n)",
    "INSERT INTO quotes_word (tenant_id, id, word) SELECT :tenant, uuidv7(), word FROM unnest(ARRAY['aab', 'gasket', 'elbow', :word]) word "
    "ON CONFLICT DO NOTHING",
)


@dataclass
class Caller:
    """A person in the scope of a company, with rows of their own in every table that the functions look at."""

    user: Any
    email: str
    tenant: Any
    account: Any
    things: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """What a call names."""
        return {**self.things, "user": self.user, "tenant": self.tenant, "account": self.account}

    def enter(self, connection: sa.Connection, tenant: Any) -> None:
        values = {"user": str(self.user), "tenant": str(tenant), "accounts": f"{{{self.account}}}"}
        connection.execute(SCOPE, values)


SCOPE = sa.text(
    "SELECT set_config('portico.user_id', :user, true), set_config('portico.tenant_id', :tenant, true), "
    "set_config('portico.accounts', :accounts, true)"
)


def made(portal: Portal) -> dict[str, Caller]:
    """Two customers of one company and one of another, and who administers them."""
    company, other = (portal.company(plugins=[]) for _ in range(2))
    at: dict[str, Company] = {
        "somebody": company, "colleague": company, "stranger": other,
        "only administrator": company, "administrator": other, "second administrator": other,
    }  # fmt: skip
    return {name: _caller(portal, name, one, other if one is company else company) for name, one in at.items()}


def _caller(portal: Portal, name: str, at: Company, elsewhere: Company) -> Caller:
    account = at.account()
    person = at.member("staff", ["admin"], "Ada Admin") if "administrator" in name else at.customer_person(account)
    things: dict[str, Any] = {one: new_id() for one in IDS} | {one: new_id().bytes for one in HASHES}
    things["slug"] = at.slug
    things["word"] = word = "".join(secrets.choice(string.ascii_lowercase) for _ in range(9))
    things["misspelt"] = word[:4] + word[5] + word[4] + word[6:]
    caller = Caller(person.id, person.email, at.id, account, things)
    values = caller.values | {"email": person.email, "code": new_id().bytes, "other_tenant": elsewhere.id}
    with portal.superuser() as connection:
        for statement in MADE:
            text = sa.text(statement)
            connection.execute(text, {key: values[key] for key in text._bindparams})
    return caller
