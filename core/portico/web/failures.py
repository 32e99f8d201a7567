"""Everything that went wrong, drawn for whom it went wrong: a page, a fragment, or a problem document (RFC 9457)."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy.exc
from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, PredicateMismatch, URLDecodeError
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.api.schema import encode
from portico.errors import (
    BrokenError,
    ConflictError,
    DomainError,
    FeatureOffError,
    ForbiddenError,
    MalformedError,
    MethodError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from portico.identity.permissions import OWN_HERE, SIGNED_IN
from portico.identity.policy import way_in
from portico.identity.see_as.service import SeeingOnlyError
from portico.web.i18n import _, translate
from portico.web.limits import ANONYMOUS
from portico.web.outside import OutsideNeeded
from portico.web.refusals import below_api, words_for

log = logging.getLogger("portico.failure")
PROBLEM = "application/problem+json"
API = "/api/"
READ_ONLY = "25006"
"""SQLSTATE of a write in a transaction that only reads."""
GONE = _("What you wanted to change is not there any more, or it is not yours to change. Go back, and see how it stands now.")
SWITCHED_OFF = _("The company has switched this feature off. What you have in it is kept.")


class ExpiredFormError(DomainError):
    status = 403
    code = "form-expired"
    message = _("This form was open for too long, or was opened elsewhere. Reload the page and send it again.")
    remedy = _(
        "A form carries a mark that ties it to your session, and this one did not fit: you signed in or out "
        "since, or the form came from elsewhere. Reload the page and send it from there."
    )


class CompanySessionError(ForbiddenError):
    code = "company-session"
    message = _(
        "You came in through this company, and this page belongs to your personal account. Sign in with your e-mail address "
        "to open it."
    )
    remedy = _(
        "A session that a company opened, by its own sign-in, reaches what is the company's and nothing of a person's own "
        "account. Sign out, and sign in with your own password, passkey or link."
    )


def is_api(request: Request) -> bool:
    return bool(request.path_info.startswith(API))


def draw(request: Request, error: DomainError) -> Response:
    """The answer for an error, in the form that the asker understands."""
    message = translate(request.locale_name, error.message)
    fields = {name: translate(request.locale_name, text) for name, text in error.fields.items()}
    if is_api(request):
        problem = {
            "type": error.address(error.code),
            "title": message,
            "status": error.status,
            "code": error.code,
            "request_id": request.request_id,
            **error.data,
        }
        if fields:
            problem["errors"] = [
                {"pointer": name and "/" + name.removeprefix("/"), "detail": text} for name, text in fields.items()
            ]
        response = Response(
            body=json.dumps(problem, default=encode, ensure_ascii=False).encode(),
            status=error.status,
            content_type=PROBLEM,
            charset="utf-8",
        )
        if error.status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="portico"'
    else:
        template = "portico/error_fragment.jinja2" if request.headers.get("HX-Request") else "portico/error.jinja2"
        gone = request.method == "POST" and error.code == NotFoundError.code and request.matched_route is not None
        values = {
            "status": error.status,
            "gone": gone,
            "message": GONE if gone else message,
            "fields": fields,
            "code": error.code,
            "back": _back(request),
        }
        html = request.registry.portico.themes.render_for(request, template, values)
        response = Response(text=html, status=error.status)
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, TooManyRequestsError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, MethodError):
        response.headers["Allow"] = ", ".join(error.allow)
    return response


def _back(request: Request) -> str:
    """The page of ours whose form was sent, as its browser tells; "" otherwise."""
    if request.method != "POST" or not request.referer:
        return ""
    came = urlsplit(request.referer)
    ours = came.netloc == request.host and came.path.startswith(f"{request.script_name}/") and not came.path.startswith("//")
    return urlunsplit(("", "", came.path, came.query, "")) if ours else ""


def domain_error(error: DomainError, request: Request) -> Response:
    return draw(request, error)


def not_found(error: Any, request: Request) -> Response:
    """Also where only the method is wrong: then the route was found, and no view of it."""
    if isinstance(error, PredicateMismatch) and request.matched_route is not None:
        allow = request.registry.portico.routes.methods(request.matched_route.name)
        if request.method not in allow:
            return draw(request, MethodError(allow))
    if request.matched_route is None:
        try:  # no route has counted it, and whoever looks for addresses that exist asks for many that do not
            request.registry.portico.limits.check(request.scope, ANONYMOUS)
        except TooManyRequestsError as too_many:
            return draw(request, too_many)
    if not _is_switched_off(request):
        return draw(request, NotFoundError())
    only_looked = request.method in ("GET", "HEAD")
    return draw(request, FeatureOffError(SWITCHED_OFF if only_looked else None))


def _is_switched_off(request: Request) -> bool:
    """Whether the address would exist for this member if a plugin were on."""
    if request.matched_route is not None or request.scope.kind not in ("customer", "staff"):
        return False
    table = request.registry.portico.routes.by_name
    for route in request.registry.getUtility(IRoutesMapper).get_routes():
        spec = table.get(route.name)
        if spec is not None and spec.plugin is not None and route.match(request.path_info) is not None:
            return not request.scope.plugin_on(spec.plugin)
    return False


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    """Refused by permission. Evidence is kept in a transaction of its own: this request's will be rolled back."""
    scope = request.scope
    if scope.signed_in:
        route = request.matched_route.name if request.matched_route else None
        audit.apart(
            request.registry.portico.sessions, scope, "access.refused", after={"route": route, "method": request.method}
        )
    if is_api(request):
        return draw(request, ForbiddenError() if scope.signed_in else UnauthenticatedError())
    way = way_in(request)
    if isinstance(way, HTTPSeeOther):
        if request.headers.get("HX-Request"):  # a fragment cannot show the sign-in page: send the whole window there
            return Response(status=204, headers={"HX-Redirect": way.location})
        return way
    spec = request.registry.portico.routes.by_name.get(request.matched_route.name) if request.matched_route else None
    if scope.actor_id is not None:
        return draw(request, SeeingOnlyError(_("The customer's own account is theirs alone, and is not shown to you.")))
    if scope.of_company and spec is not None and spec.permission in (SIGNED_IN, OWN_HERE):
        return draw(request, CompanySessionError())
    return draw(request, ForbiddenError())


def bad_form(error: Any, request: Request) -> Response:
    return draw(request, ExpiredFormError())


def undecodable(error: UnicodeDecodeError, request: Request) -> Response:
    """A path, query string or form that is not UTF-8: the caller's fault, and nothing of it may be read again to say so."""
    request.environ["QUERY_STRING"] = ""
    if isinstance(error, URLDecodeError):
        request.environ["PATH_INFO"] = API if below_api(request.environ["PATH_INFO"].encode("latin1")) else "/"
    return draw(request, MalformedError())


def outside_needed(error: OutsideNeeded, request: Request) -> Response:
    """Never sent: the server makes the call and runs the request again. A server that cannot says so plainly."""
    return Response(status=503, text="outside call pending")


def http_exception(error: HTTPException, request: Request) -> Response:
    """A redirect is an answer; an error that Pyramid or WebOb raised is told in our words."""
    if error.status_int < 400:
        return error
    words = words_for(error.status_int)
    told = DomainError(words.message)
    told.status, told.code = error.status_int, words.code
    return draw(request, told)


def database_error(error: sqlalchemy.exc.DBAPIError, request: Request) -> Response:
    """Serialisation failures and deadlocks are the caller's to repeat; a database that is away is nobody's fault here."""
    state = getattr(error.orig, "sqlstate", None)
    if state == READ_ONLY and request.scope.actor_id is not None:
        return draw(request, SeeingOnlyError())
    if state in ("40001", "40P01", "55P03", "23505"):
        log.warning("conflict %s", state, extra={"request_id": request.request_id})
        return draw(request, ConflictError())
    if error.connection_invalidated or isinstance(error, sqlalchemy.exc.OperationalError):
        log.error("database unavailable: %s", error.orig, extra={"request_id": request.request_id})
        return draw(request, UnavailableError(_("The portal is being looked after. Please try again in a minute.")))
    return broken(error, request)


def no_connection(error: sqlalchemy.exc.TimeoutError, request: Request) -> Response:
    """More at once than there are connections to the database, for as long as anybody may wait for one."""
    log.error("no connection to the database was free: %s", error, extra={"request_id": request.request_id})
    return draw(request, UnavailableError(_("The portal is being looked after. Please try again in a minute.")))


def broken(error: Exception, request: Request) -> Response:
    log.exception("unhandled error", exc_info=error, extra={"request_id": request.request_id})
    return draw(request, BrokenError())


def includeme(config: Configurator) -> None:
    for context, view in (
        (DomainError, domain_error),
        (HTTPNotFound, not_found),
        (UnicodeDecodeError, undecodable),
        (HTTPForbidden, forbidden),
        (BadCSRFToken, bad_form),
        (BadCSRFOrigin, bad_form),
        (OutsideNeeded, outside_needed),
        (sqlalchemy.exc.DBAPIError, database_error),
        (sqlalchemy.exc.TimeoutError, no_connection),
        (Exception, broken),
    ):
        if context is HTTPNotFound:
            config.add_notfound_view(view)
        elif context is HTTPForbidden:
            config.add_forbidden_view(view)
        else:
            config.add_exception_view(view, context=context, portico_api=True)
    config.add_exception_view(http_exception, context=HTTPException, portico_api=True)
