"""The browser's cookies: the session's, and the anonymous one that protects forms before sign-in."""

from __future__ import annotations

import hashlib
import secrets

from pyramid.request import Request
from pyramid.response import Response

SESSION_DAYS = 30
DEVICE_DAYS = 365
HANDOFF_S = 3600
"""How long somebody may take to sign in, by a link in a mail as well."""


def _name(request: Request, name: str) -> str:
    # __Host- is refused by browsers on plain http, which only the demo and development use.
    return f"__Host-{name}" if request.registry.portico.settings.secure else name


def session_token(request: Request) -> str | None:
    """The one that counts for this request: that of a view, if it is open here, else the person's own."""
    return view_token(request) if getattr(request, "seeing", False) else own_token(request)


def own_token(request: Request) -> str | None:
    return _token(request, "portico")


def view_token(request: Request) -> str | None:
    """Of staff who look as a customer, beside their own, which stays as it is."""
    return _token(request, "portico_view")


def _token(request: Request, name: str) -> str | None:
    value = request.cookies.get(_name(request, name))
    return value if value and 20 <= len(value) <= 100 else None


def session_token_hash(request: Request) -> bytes | None:
    """What the database knows of the token; None without a cookie."""
    token = session_token(request)
    return None if token is None else hash_token(token)


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def set_session_cookie(request: Request, response: Response, token: str) -> None:
    _set(request, response, "portico", token, SESSION_DAYS * 86400)


def clear_session_cookie(request: Request, response: Response) -> None:
    _set(request, response, "portico", "", 0)


def set_view_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    _set(request, response, "portico_view", token, seconds)


def clear_view_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(_name(request, "portico_view"), path="/")


def anonymous_token(request: Request) -> str:
    """A random value of this browser for forms shown before sign-in; set with the answer if it is new."""
    name = _name(request, "portico_form")
    value = request.cookies.get(name) or request.environ.get("portico.form_token")
    if not value or len(value) < 20:
        value = request.environ["portico.form_token"] = new_token()
        fresh = value
        request.add_response_callback(lambda req, response: _set(req, response, "portico_form", fresh, None))
    return str(value)


def device_token(request: Request) -> str:
    """By which this browser is known again, a new one if it has none; set once somebody has signed in."""
    value = request.cookies.get(_name(request, "portico_device"))
    return value if value and 20 <= len(value) <= 100 else new_token()


def set_device_cookie(request: Request, response: Response, token: str) -> None:
    _set(request, response, "portico_device", token, DEVICE_DAYS * 86400)


def handoff_token(request: Request, state: str) -> str | None:
    """This browser's secret at a company's own host, while somebody signs in at the portal's and comes back with this state."""
    return _token(request, f"portico_handoff_{state}")


def set_handoff_cookie(request: Request, response: Response, state: str, token: str) -> None:
    _set(request, response, f"portico_handoff_{state}", token, HANDOFF_S)


def clear_handoff_cookie(request: Request, response: Response, state: str) -> None:
    _set(request, response, f"portico_handoff_{state}", "", 0)


def onward_token(request: Request) -> str | None:
    """Of the portal's own host: for which challenge of a company's this browser has just signed in."""
    return _token(request, "portico_onward")


def set_onward_cookie(request: Request, response: Response, challenge: str) -> None:
    _set(request, response, "portico_onward", challenge, HANDOFF_S)


def clear_onward_cookie(request: Request, response: Response) -> None:
    _set(request, response, "portico_onward", "", 0)


def _set(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(_name(request, name), value, path="/", httponly=True, samesite="Lax", max_age=max_age,
                        secure=request.registry.portico.settings.secure)
