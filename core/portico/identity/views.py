"""Pages around signing in. Each shows a form and takes it; the deep link that brought a person in survives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.forms.submission import handle
from portico.identity import asked, consents, schemas, service
from portico.identity.cookies import (
    clear_onward_cookie,
    clear_session_cookie,
    onward_token,
    own_token,
    set_onward_cookie,
    set_session_cookie,
)
from portico.identity.devices import alerts
from portico.identity.mails import send_link
from portico.identity.onward import onward_next, query_of, safe_next, wanted_path
from portico.identity.sso import service as sso
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import link_param


def start(
    request: Request,
    person: service.Person,
    target: str,
    way_in: service.WayIn = service.WayIn(),
    *,
    tenant_id: UUID | None = None,
) -> Response:
    """Open a new browser session and go on; an old one of this browser ends (rotation, ASVS 7.2.4).

    tenant_id: the session is good in this company alone.
    """
    end_former(request)
    place = request.registry.portico.places.of(request.scope.address)
    _id, token = service.open_session(
        request.db,
        person,
        kind="browser",
        tenant_id=tenant_id,
        agent=request.user_agent or "",
        way_in=replace(way_in, place=place),
    )
    response = HTTPSeeOther(target)
    set_session_cookie(request, response, token)
    signed_in_for(request, response)
    alerts.browser_seen(request, response, person.id, second_factor=way_in.second_factor)
    return response


def signed_in_for(request: Request, response: Response) -> None:
    """Whoever signs in on a page that says which company's own host it leads to is not asked again whether they want to go there;
    signing in for anything else takes that back."""
    if on := onward_next(request):
        set_onward_cookie(request, response, on.challenge)
    elif onward_token(request):
        clear_onward_cookie(request, response)


def end_former(request: Request) -> None:
    """Ends what this browser's cookie names before another takes its place: also where it has idled and counts no more, for
    what was handed over from it still does."""
    if request.scope.session_id:
        service.end_session(request.db, request.scope.session_id)
    former = own_token(request)
    if former is not None:
        service.displace(request.db, former)


def sign_in(context: None, request: Request) -> Any:
    if request.scope.signed_in and request.method == "GET":
        return HTTPSeeOther(safe_next(request))

    def enter(values: dict[str, Any]) -> Response:
        sessions = request.registry.portico.sessions
        try:
            person = service.sign_in(request.db, sessions, values["email"], values["password"])
        except service.UnconfirmedError:
            with sessions.scoped(request.scope) as db:  # this request's own transaction is rolled back
                again = service.resend_verification(db, service.login_address(db, values["email"]))
                if again:
                    send_link(db, request.registry.portico, again, "verify")
            raise
        return start(request, person, safe_next(request))

    answer = handle(request, schemas.sign_in(request.tenant is not None), enter, submit=_("Sign in"))
    if not isinstance(answer, dict):
        return answer
    return answer | {"sso": sso.offered(request.db) if request.tenant else None, "sso_url": _sso_url(request)}


def _sso_url(request: Request) -> str:
    """The company's own sign-in, with where one wants to go: at its own host, if that is where this page leads."""
    if on := onward_next(request):
        return f"{on.base}/sign-in/sso{query_of(next=on.path)}"
    return request.route_path("identity.sso_start") + query_of(next=wanted_path(request)) if request.tenant else ""


def sign_in_link(context: None, request: Request) -> Any:
    """A link by mail instead of a password. Who has a second factor is still asked for it."""

    def send(values: dict[str, Any]) -> Response:
        asked.sign_in_link(request.db, request.registry.portico, values["email"], safe_next(request, ""))
        flash(request, _("If this address is known, a link is on its way. It works for 15 minutes."), "info")
        return _back_to_sign_in(request)

    return handle(request, schemas.Forgot(), send, submit=_("Send me a link"))


def _back_to_sign_in(request: Request) -> Response:
    """With where one wants to go: whoever remembers the password after all gets there, too."""
    return HTTPSeeOther(request.route_path("identity.sign_in") + query_of(next=wanted_path(request)))


def open_link(context: None, request: Request) -> Any:
    """GET shows a button: mail scanners follow links, and a link is good once."""
    token = link_param(request, "token")
    if request.method == "POST":
        return start(request, service.use_sign_in_link(request.db, token), safe_next(request), service.WayIn(("link",)))
    return {"token": token}


def sign_out(context: None, request: Request) -> Response:
    service.sign_out(request.db, request.scope.session_id)
    # Whoever came in by the company's sign-in is still signed in there; who came from the portal's own host, there no more.
    told = request.scope.by_sso or request.scope.handed_over
    query = {"everywhere": "yes"} if request.scope.handed_over else {}
    response = HTTPSeeOther(
        request.route_path("identity.sso_signed_out", _query=query) if told else request.application_url + "/"
    )
    clear_session_cookie(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def register(context: None, request: Request) -> Any:
    def create(values: dict[str, Any]) -> Response:
        portico = request.registry.portico
        accepted = consents.taken(portico.settings, values)
        asked.register(request.db, portico, **values, accepted=accepted, target=safe_next(request, ""))
        return HTTPSeeOther(request.route_path("identity.register_done") + query_of(next=wanted_path(request)))

    schema = consents.asked(schemas.Register(), request.registry.portico.settings)
    answer = handle(request, schema, create, submit=_("Create account"))
    documents = consents.documents(request.registry.portico.settings)
    return {**answer, "documents": documents} if isinstance(answer, dict) else answer


def register_done(context: None, request: Request) -> dict[str, Any]:
    return {"demo_mail": request.registry.portico.settings.demo, "days": service.VERIFY_TTL.days}


def verify(context: None, request: Request) -> Any:
    """Asks for the password that was chosen with the link: whoever registered, it may not have been the mailbox's owner."""
    token = link_param(request, "token")

    def confirm(values: dict[str, Any]) -> Response:
        person = service.confirm(request.db, request.registry.portico.sessions, token, values["password"])
        flash(request, _("Your address is confirmed. Welcome!"))
        return start(request, person, safe_next(request), service.WayIn(("link",)))

    answer = handle(request, schemas.Confirm(), confirm, submit=_("Confirm and sign in"), hidden={"token": token})
    return answer | {"further": query_of(next=wanted_path(request))} if isinstance(answer, dict) else answer


def forgot(context: None, request: Request) -> Any:
    def send(values: dict[str, Any]) -> Response:
        asked.forgot(request.db, request.registry.portico, values["email"], safe_next(request, ""))
        flash(request, _("If this address is known, a link is on its way. It works for one hour."), "info")
        return _back_to_sign_in(request)

    return handle(request, schemas.Forgot(), send, submit=_("Send me a link"))


def reset(context: None, request: Request) -> Any:
    token = link_param(request, "token")
    if request.method == "GET" and not service.reset_link_works(request.db, token):
        raise service.LinkExpiredError

    def change(values: dict[str, Any]) -> Response:
        person = service.reset(request.db, request.registry.portico, token, **values)
        flash(request, _("Your password is changed. All other devices were signed out."))
        return start(request, person, safe_next(request), service.WayIn(("link",)))

    schema = schemas.reset(name=service.reset_asks_name(request.db, token))
    return handle(request, schema, change, submit=_("Change password"), hidden={"token": token})


def profile(context: None, request: Request) -> Any:
    from portico.identity import account

    def save(values: dict[str, Any]) -> Response:
        account.change_profile(request.db, **values)
        flash(request, _("Saved."))
        # The language chosen here also counts for this browser, whose own choice comes first.
        chosen = {"lang": values["locale"]} if values["locale"] else {}
        return HTTPSeeOther(request.route_path("identity.profile", _query=chosen))

    return handle(request, schemas.Profile(), save, initial=account.profile(request.db), submit=_("Save"))


def password(context: None, request: Request) -> Any:
    def change(values: dict[str, Any]) -> Response:
        service.change_password(request.db, request.registry.portico, values["current"], values["password"])
        flash(request, _("Your password is changed. All other devices were signed out."))
        return HTTPSeeOther(request.route_path("identity.profile"))

    return handle(request, schemas.ChangePassword(), change, submit=_("Change password"))
