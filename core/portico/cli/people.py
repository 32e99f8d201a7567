"""Commands about companies and people."""

from __future__ import annotations

import argparse
import getpass
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.cli.commands import Command, CommandError
from portico.cli.records import by_command
from portico.db.session import SessionFactory
from portico.errors import DomainError
from portico.identity import security_mails
from portico.identity.breached import Known
from portico.identity.email import normalise_email
from portico.identity.passwords import check_strength, hash_password
from portico.identity.service import credentials
from portico.notify.mail import queue_mail
from portico.settings import Settings
from portico.tenancy.choices import NAME_MAX
from portico.web.i18n import _


@dataclass(frozen=True)
class Standing:
    """What a command makes of somebody in the whole installation. told: by mail; done, already: on the screen."""

    help: str
    statement: str
    action: str
    told: str
    done: str
    already: str
    may_sign_in: bool = True


STANDINGS = {
    "disable": Standing(
        "shut a person out of the installation",
        "SELECT * FROM person_set_active(:email, false)",
        "identity.disabled",
        _("Those who run this portal disabled your account. You were signed out everywhere, and your tokens ended."),
        "cannot sign in any more, and every session and token of theirs has ended",
        "was disabled already",
        may_sign_in=False,
    ),
    "enable": Standing(
        "let a person sign in again who was disabled",
        "SELECT * FROM person_set_active(:email, true)",
        "identity.enabled",
        _("Those who run this portal enabled your account. You can sign in again; tokens from before do not work any more."),
        "can sign in again",
        "was not disabled",
    ),
    "no-operator": Standing(
        "take an operator's rights away",
        "SELECT * FROM operator_end(:email)",
        "identity.operator-ended",
        _("You are no longer one of those who run this portal. You were signed out everywhere, and your tokens ended."),
        "does not run the installation any more, and every session and token of theirs has ended",
        "was no operator",
    ),
}


def tenant(parser: argparse.ArgumentParser) -> Command:
    """List the companies, or add one.

    portico tenant                                       lists them
    portico tenant add acme "Acme Ltd" --currency EUR    adds one with the default plugins on
    """
    actions = parser.add_subparsers(dest="action")
    add = actions.add_parser("add", help="add a company")
    add.add_argument("slug", help="its short name in addresses: lower-case letters, digits, hyphens")
    add.add_argument("name")
    add.add_argument("--currency", required=True, help="ISO 4217, for example EUR")
    add.add_argument("--locale", default="en", help="its main language: en, fr or ar")
    add.add_argument("--time-zone", default="UTC", help="for example Europe/Paris")
    add.add_argument("--theme", default="portico_clear")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.app import opened

        with opened(settings) as parts:
            if options.action == "add":
                add_company(parts, options)
            else:
                list_companies(parts)

    return run


def user(parser: argparse.ArgumentParser) -> Command:
    """Add a person with a confirmed address, make somebody staff of a company, or let in who lost every second factor.

    portico user add ada@example.com "Ada"                       a person; asks for the password
    portico user add olga@example.com "Olga" --operator          somebody who runs the installation
    portico user add ada@example.com "Ada" --company acme --role admin
    portico user add ada@example.com "Ada" --replace-password    of somebody who has an account; they are told by mail
    portico user reset-factors ada@example.com                   removes their second factors and signs them out
    portico user disable ada@example.com                         shuts them out: sessions, tokens and mailed links end at once
    portico user enable ada@example.com                          lets them sign in again; what had ended stays ended
    portico user no-operator olga@example.com                    takes an operator's rights away and signs them out
    """
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="add a person")
    add.add_argument("email")
    add.add_argument("name")
    add.add_argument("--operator", action="store_true", help="may run the installation")
    add.add_argument("--company", help="short name of a company to become staff of")
    add.add_argument("--role", default="agent", help="admin or agent, or a role that the company made")
    add.add_argument("--replace-password", action="store_true",
                     help="of somebody who has an account: ends their sessions, and they are told by mail")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    reset = actions.add_parser("reset-factors", help="remove a person's second factors; make sure first who asks")
    reset.add_argument("email")
    for name, what in STANDINGS.items():
        actions.add_parser(name, help=what.help).add_argument("email")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.app import opened

        with opened(settings) as parts:
            if options.action == "reset-factors":
                reset_factors(parts, options.email)
                print(f"{options.email} signs in with the password alone, until they set up a new factor.")
            elif options.action in STANDINGS:
                change_standing(parts, options.email, STANDINGS[options.action])
            else:
                add_person(parts, options)

    return run


def add_person(parts: Any, options: argparse.Namespace) -> None:
    """Somebody new; of somebody known, what was asked for explicitly and nothing else. Raises CommandError."""
    name = " ".join(options.name.split())
    if not 1 <= len(name) <= NAME_MAX:
        raise CommandError(f"a name has 1 to {NAME_MAX} characters")
    try:
        email = normalise_email(options.email)
    except DomainError as error:
        raise CommandError(in_words(error)) from error
    if options.company:
        check_role(parts, options.company, options.role)  # before anything is made
    person = known(parts, email)
    if person is None or options.replace_password:
        password = read_password(from_stdin=options.password_stdin)
        try:
            check_strength(password, email=email, name=name, breached=Known(parts.settings.breached_passwords))
        except DomainError as error:
            raise CommandError(in_words(error)) from error
    elif not (options.company or options.operator):
        raise CommandError(f"{email} has an account already: --replace-password gives it a new password, and they are told")
    if person is None:
        create_person(parts, email, name, password, operator=options.operator)
    elif options.replace_password:
        replace_password(parts, email, password)
    if person is not None and options.operator:
        make_operator(parts, email)
    if options.company:
        add_staff(parts, email, name, options.company, [options.role])
    print(f"{email} can sign in." if person is None or options.replace_password else f"{email} signs in as before.")


def add_company(parts: Any, options: argparse.Namespace) -> None:
    from portico.tenancy.setup import create_company

    try:
        create_company(
            parts,
            slug=options.slug,
            name=options.name,
            currency=options.currency.upper(),
            locale=options.locale,
            locales=[options.locale],
            time_zone=options.time_zone,
            theme=options.theme,
        )
    except DomainError as error:
        raise CommandError(in_words(error)) from error
    print(f"Added. It is at {parts.settings.public_url}/c/{options.slug}/")


def list_companies(parts: Any) -> None:
    from portico.tenancy.scope import Scope

    with parts.sessions.scoped(Scope(kind="operator")) as db:
        for row in db.execute(sa.text("SELECT slug, name, status, currency, theme FROM tenant ORDER BY slug")):
            print(f"{row.slug:20} {row.name:30} {row.status:10} {row.currency}  {row.theme}")


def in_words(error: DomainError) -> str:
    """One line: what to do, and for each value what is wrong with it."""
    from portico.web.i18n import translate

    fields = [f"{name.replace('_', ' ')}: {translate('en', text)}" for name, text in error.fields.items()]
    return " ".join(fields or [translate("en", error.message)])


def read_password(*, from_stdin: bool) -> str:
    """Typed unseen, or the first line of standard input. Raises CommandError where nobody can type it unseen."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass("Password: ")
    except (EOFError, getpass.GetPassWarning) as error:
        raise CommandError("there is no terminal to type the password at: pass it with --password-stdin") from error


def check_role(parts: Any, slug: str, role: str) -> None:
    """Raises CommandError unless the company is there and has this role for its staff."""
    from portico.admin.people import roles

    company = active_company(parts, slug)
    with parts.sessions.scoped(parts.system_scope(company)) as db:
        known = [one.name for one in roles(db, "staff")]
    if role not in known:
        raise CommandError(f"{slug} has no role {role!r} for its staff: choose one of {', '.join(sorted(known))}")


def active_company(parts: Any, slug: str) -> Any:
    from portico.app import UnknownTenantError

    try:
        return parts.tenant(slug=slug)
    except UnknownTenantError as error:
        raise CommandError(f"there is no active company {slug!r}; `portico tenant` lists them") from error


def known(parts: Any, email: str) -> Any:
    """The row of `user_credentials`; None: nobody has this address."""
    with parts.sessions.scoped(by_command()) as db:
        return credentials(db, email)


def create_person(
    parts: Any, email: str, name: str, password: str, *, operator: bool = False, locale: str | None = None
) -> None:
    """A person with a confirmed address. `locale` None: the browser's. Raises CommandError for an address that is known."""
    if known(parts, email) is not None:
        raise CommandError(f"{email} has an account already")
    with by_owner(parts) as db:
        _write(db, email, name, hash_password(password), operator=operator, locale=locale)
        person = credentials(db, email)
        audit.record(db, "identity.person-added", subject=("user", person.user_id), after={"operator": operator})


def replace_password(parts: Any, email: str, password: str) -> None:
    """As if the person had done it: every session and every mailed link ends, they are told by mail, the trail says who did
    it. Their name and what they may do stay."""
    with parts.sessions.scoped(by_command()) as db:
        person = credentials(db, email)
        db.execute(sa.select(sa.func.user_set_password(person.user_id, hash_password(password))))
        db.execute(sa.select(sa.func.session_end_all(person.user_id, None)))
        audit.record(db, "identity.password-replaced", subject=("user", person.user_id))
        security_mails.tell_person(db, parts, "password", email=email, name=person.name, locale=person.locale)


def make_operator(parts: Any, email: str) -> None:
    """Somebody who is known runs the installation from now on; all else of theirs stays."""
    with by_owner(parts) as db:
        person = credentials(db, email)
        if not person.is_operator:
            _write(db, email, person.name, person.password_hash, operator=True, locale=person.locale)
            audit.record(db, "identity.operator-made", subject=("user", person.user_id))


@contextmanager
def by_owner(parts: Any) -> Iterator[Session]:
    """A transaction that acts for the installation and in which `owner_calls` works: what it does and its entry in the trail
    are there both, or neither."""
    engine = parts.owner_engine()
    try:
        with SessionFactory(engine).scoped(by_command()) as db:
            yield db
    finally:
        engine.dispose()


def owner_calls(db: Session, statement: str, values: dict[str, Any]) -> Any:
    """The row of what only the owner's login may call, and no request ever; None: it gave none."""
    db.execute(sa.text("RESET ROLE"))
    row = db.execute(sa.text(statement), values).one_or_none()
    db.execute(sa.text("SELECT set_config('role', :role, true)"), {"role": db.info["scope"].database_role})
    return row


def _write(db: Session, email: str, name: str, hashed: str | None, *, operator: bool, locale: str | None) -> None:
    owner_calls(
        db,
        "SELECT user_create_verified(:email, :name, :hash, :operator, :locale)",
        {"email": email, "name": name, "hash": hashed, "operator": operator, "locale": locale},
    )


def add_staff(parts: Any, email: str, name: str, slug: str, roles: list[str]) -> None:
    from portico.tenancy.service import add_member

    with parts.sessions.scoped(by_command(parts.system_scope(active_company(parts, slug)))) as db:
        add_member(db, email=email, name=name, kind="staff", roles=roles)


def reset_factors(parts: Any, email: str) -> None:
    """Removes second factors and recovery codes, ends every session, leaves a trace and tells the person by mail."""
    with by_owner(parts) as db:
        address, row = _of_address(db, "SELECT * FROM factors_reset(:email)", email)
        audit.record(db, "identity.factors-reset", subject=("user", row.user_id))
        link = parts.tenant_url(None) + "/sign-in"
        queue_mail(db, parts, address, "portico/mail/factors-reset", locale=row.locale or "en", name=row.name, link=link)


def change_standing(parts: Any, email: str, standing: Standing) -> None:
    """Leaves a trace and tells the person by mail. Raises CommandError if nobody has the address."""
    with by_owner(parts) as db:
        address, row = _of_address(db, standing.statement, email)
        if row.changed:
            audit.record(db, standing.action, subject=("user", row.user_id))
            link = parts.tenant_url(None) + "/sign-in" if standing.may_sign_in else ""
            queue_mail(
                db, parts, address, "portico/mail/standing-changed",
                locale=row.locale or "en", name=row.name, link=link, what=standing.told,
            )  # fmt: skip
    print(f"{address} {standing.done if row.changed else standing.already}.")


def _of_address(db: Session, statement: str, email: str) -> tuple[str, Any]:
    """The normalised address and the row of `owner_calls` for it. Raises CommandError."""
    try:
        address = normalise_email(email)
    except DomainError as error:
        raise CommandError(in_words(error)) from error
    row = owner_calls(db, statement, {"email": address})
    if row is None:
        raise CommandError(f"nobody has the address {address}")
    return address, row


COMMANDS = (("tenant", tenant), ("user", user))
