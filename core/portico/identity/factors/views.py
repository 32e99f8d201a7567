"""Pages of second factors: showing one at the gate, proving again who sits there, setting up and removing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import colander
import segno
from markupsafe import Markup
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.forms.submission import handle, make_form, refuse
from portico.identity import schemas
from portico.identity import service as identity
from portico.identity.cookies import clear_session_cookie, set_session_cookie
from portico.identity.devices import alerts
from portico.identity.factors import passkeys, service
from portico.identity.factors.totp import address as totp_address
from portico.identity.handoff import doors as handoff
from portico.identity.onward import onward_next, safe_next
from portico.identity.views import signed_in_for, start
from portico.web.flash import flash
from portico.web.i18n import _, translate
from portico.web.params import text_param, uuid_param


def _key(request: Request) -> bytes:
    key: bytes = request.registry.portico.settings.master_key
    return key


def _site(request: Request) -> passkeys.Site:
    return passkeys.Site.of(request.host_url)


def _elevated(request: Request, method: str, *, second_factor: bool) -> Response:
    token = identity.elevate(request.db, method, second_factor=second_factor)
    response = HTTPSeeOther(safe_next(request))
    set_session_cookie(request, response, token)
    signed_in_for(request, response)
    if request.scope.pending_user_id is not None:  # at the gate: it is signed in only now
        alerts.browser_seen(request, response, request.scope.pending_user_id, second_factor=True)
    return response


def second_factor(context: None, request: Request) -> Any:
    """The gate: nobody is signed in until one factor was shown."""
    who = request.scope.pending_user_id
    if request.scope.gate != "second-factor" or who is None:
        return HTTPSeeOther(safe_next(request))
    if request.method == "POST" and "handle" in request.POST:
        return _by_passkey(request, who, schemas.SecondFactor())

    def enter(values: dict[str, Any]) -> Response:
        sessions = request.registry.portico.sessions
        method = service.prove(request.db, sessions, _key(request), who, values["code"])
        if method == "recovery":
            left = service.recovery_codes_left(request.db, who)
            flash(request, _("You used a recovery code. ${n} are left.", mapping={"n": left}), "warning")
        return _elevated(request, method, second_factor=True)

    answer = handle(request, schemas.SecondFactor(), enter, submit=_("Continue"))
    return answer | _ways(request, who) if isinstance(answer, dict) else answer


def _ask(request: Request, purpose: str, known: list[bytes]) -> passkeys.Ceremony:
    """In a transaction of its own: a page that shows an error is rolled back, and its challenge must be good."""
    with request.registry.portico.sessions.scoped(request.scope) as db:
        return passkeys.begin_assertion(db, _site(request), purpose, known)


def _ways(request: Request, who: UUID) -> dict[str, Any]:
    """What the person can use here: {"codes": bool, "passkey": ceremony or None, "elsewhere": hosts of their other passkeys}."""
    factors, host = service.confirmed(request.db, who), _site(request).host
    known = [one.credential_id for one in factors if one.credential_id and one.good_at(host)]
    ceremony = _ask(request, passkeys.SECOND_FACTOR, known) if known else None
    elsewhere = sorted({one.host for one in factors if one.host and not one.good_at(host)})
    return {"codes": any(one.kind == "totp" for one in factors), "passkey": ceremony, "elsewhere": elsewhere}


def _by_passkey(request: Request, who: UUID, schema: colander.SchemaNode) -> Any:
    """The answer of the browser's passkey; a refusal shows the same page, with every other way still open."""
    try:
        row = passkeys.finish_assertion(request.db, _site(request), passkeys.SECOND_FACTOR, *_signed(request))
        if row.user_id != who:
            raise passkeys.PasskeyError
    except passkeys.PasskeyError as error:
        form = make_form(request, schema, submit=_("Continue"))
        refuse(request, form, error)
        return {"form": form} | _ways(request, who)
    return _elevated(request, "passkey", second_factor=True)


def _signed(request: Request) -> tuple[str, str]:
    """(handle, answer) as the page's script sent them."""
    return text_param(request, "handle")[:100], text_param(request, "answer")[:20_000]


def leave_gate(context: None, request: Request) -> Response:
    """Somebody else wants to sign in on this browser."""
    if request.scope.session_id is not None:
        identity.end_session(request.db, request.scope.session_id)
    response = HTTPSeeOther(request.route_path("identity.sign_in", _query=_next(request)))
    clear_session_cookie(request, response)
    return response


def reauthenticate(context: None, request: Request) -> Any:
    """Asks who sits there before a sensitive change: by password, code or passkey, whatever the person has."""
    if request.scope.by_sso:  # the company's provider asks, and nothing of the person's own counts here
        return HTTPSeeOther(request.route_path("identity.sso_start", _query={"fresh": "yes"} | _next(request)))
    if request.scope.host is not None:
        return handoff.start(request, fresh=True)
    if on := onward_next(request):
        handoff.lead_on(request, request.response, on.base)
    who = request.scope.user_id
    ways = _ways(request, who)
    schema = schemas.SecondFactor() if ways["codes"] else schemas.Prove()
    if request.method == "POST" and "handle" in request.POST:
        return _by_passkey(request, who, schema)

    def enter(values: dict[str, Any]) -> Response:
        sessions = request.registry.portico.sessions
        if "code" in values:
            method = service.prove(request.db, sessions, _key(request), who, values["code"])
        else:
            person = identity.sign_in(request.db, sessions, request.scope.user_email, values["password"])
            assert person.id == who
            method = "password"
        return _elevated(request, method, second_factor=method != "password")

    answer = handle(request, schema, enter, submit=_("Continue"))
    return answer | ways if isinstance(answer, dict) else answer


def security(context: None, request: Request) -> dict[str, Any]:
    who = request.scope.user_id
    factors = service.confirmed(request.db, who)
    return {
        "factors": factors,
        "recovery_left": service.recovery_codes_left(request.db, who) if factors else 0,
        "must_enrol": request.scope.gate == "enrol",
        "host": _site(request).host,
    }


def begin_authenticator(context: None, request: Request) -> Response:
    factor_id = service.begin_totp(request.db, _key(request))
    return HTTPSeeOther(request.route_path("identity.authenticator", begun_id=factor_id, _query=_next(request)))


def authenticator(context: UUID, request: Request) -> Any:
    """Shows the secret as a picture and as text, until its first code was typed."""
    secret = service.begun_totp(request.db, _key(request), context)
    issuer = request.tenant.name if request.tenant else "Portico"
    uri = totp_address(secret, request.scope.user_email, issuer)

    def confirm(values: dict[str, Any]) -> Any:
        service.confirm_totp(request.db, request.registry.portico, context, values["name"].strip(), values["code"])
        return _first_factor(request, "totp")

    answer = handle(request, schemas.NewAuthenticator(), confirm, submit=_("Switch it on"))
    spaced = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    return answer | {"secret": spaced, "uri": uri, "picture": qr(uri)} if isinstance(answer, dict) else answer


def qr(text: str) -> Markup:
    """An SVG of modules as one path; scales with the page."""
    return Markup(
        segno.make(text, error="m").svg_inline(
            scale=1, border=4, svgclass="qr-code", lineclass=None, omitsize=True, dark="#000", light="#fff"
        )
    )


def passkey(context: None, request: Request) -> Any:
    """Adds a passkey: the browser asks its person, and signs."""

    def add(values: dict[str, Any]) -> Response:
        made = passkeys.finish_registration(request.db, _site(request), *_signed(request))
        service.add_passkey(request.db, request.registry.portico, values["name"].strip(), made)
        return _first_factor(request, "passkey")

    scope = request.scope
    mine, host = service.confirmed(request.db, scope.user_id), _site(request).host
    known = [one.credential_id for one in mine if one.credential_id and one.good_at(host)]
    with request.registry.portico.sessions.scoped(scope) as db:  # see _ask
        ceremony = passkeys.begin_registration(
            db, _site(request), scope.user_id, scope.user_name, scope.user_email, known
        )
    return handle(
        request,
        schemas.NewPasskey(),
        add,
        submit=_("Add a passkey"),
        hidden={"handle": ceremony.handle, "answer": ""},
        attributes={"data-passkey": "create", "data-options": ceremony.options},
    )


def _first_factor(request: Request, method: str) -> Response:
    """This session has shown the factor just now. Whoever has no recovery codes yet is led to them."""
    flash(request, _("Your second factor is on. From now on you are asked for it when you sign in."))
    token = identity.elevate(request.db, method, second_factor=True)
    done = service.recovery_codes_left(request.db, request.scope.user_id) > 0
    to = safe_next(request, request.route_path("identity.security")) if done else request.route_path(
        "identity.recovery_codes", _query=_next(request)
    )
    response = HTTPSeeOther(to)
    set_session_cookie(request, response, token)
    return response


def recovery_codes(context: None, request: Request) -> Any:
    """GET explains; POST makes new codes and shows them, once: the page that was sent twice makes no others."""
    who, portico = request.scope.user_id, request.registry.portico
    if not service.confirmed(request.db, who):
        return HTTPSeeOther(request.route_path("identity.security"))
    codes: list[str] = []
    handle = ""
    if request.method == "POST":
        if not service.take_recovery(request.db, text_param(request, "handle")[:100]):
            words = _("Codes are shown once. Those from before still work; make new ones if you did not keep them.")
            flash(request, words, "info")
            return HTTPSeeOther(request.route_path("identity.recovery_codes", _query=_next(request)))
        codes = service.new_recovery_codes(request.db, portico)
    else:
        with portico.sessions.scoped(request.scope) as db:  # see _ask
            handle = service.begin_recovery(db)
    return {
        "codes": codes,
        "handle": handle,
        "left": service.recovery_codes_left(request.db, who),
        "next": safe_next(request, request.route_path("identity.security")),
    }


def remove_factor(context: UUID, request: Request) -> Response:
    removed = service.remove(request.db, request.registry.portico, context)
    name = removed.name or translate(request.locale_name, _kind(removed.kind))
    flash(request, _("${name} is removed.", mapping={"name": name}))
    return HTTPSeeOther(request.route_path("identity.security"))


def rename_factor(context: UUID, request: Request) -> Any:
    factor = service.get(request.db, context)

    def save(values: dict[str, Any]) -> Response:
        service.rename(request.db, factor, values["name"])
        flash(request, _("Saved."))
        return HTTPSeeOther(request.route_path("identity.security"))

    answer = handle(
        request, schemas.FactorName(), save, initial={"name": factor.name}, cancel_url=request.route_path("identity.security")
    )
    return answer | {"factor": factor} if isinstance(answer, dict) else answer


def _kind(kind: str) -> Any:
    return _("Passkey") if kind == "passkey" else _("Authenticator app")


def passkey_sign_in(context: None, request: Request) -> Any:
    """Signing in by a passkey alone: it is something one has, unlocked by something one is or knows."""
    problem = None
    if request.method == "POST":
        try:
            row = passkeys.finish_assertion(request.db, _site(request), passkeys.SIGN_IN, *_signed(request))
        except passkeys.PasskeyError as error:
            request.response.status_int = error.status
            problem = error.message
        else:
            person = identity.Person(row.user_id, row.email, row.name, row.locale)
            return start(request, person, safe_next(request), identity.WayIn(("passkey",), second_factor=True))
    return {"passkey": _ask(request, passkeys.SIGN_IN, []), "problem": problem}


def _next(request: Request) -> dict[str, str]:
    target = safe_next(request, "")
    return {"next": target} if text_param(request, "next") and target.startswith("/") else {}


def factor_id(request: Request) -> UUID:
    """Context: an id from the path; whose it is, the service checks."""
    return uuid_param(request, "factor_id")


def begun_id(request: Request) -> UUID:
    """Context: an authenticator that is being set up."""
    return uuid_param(request, "begun_id")
