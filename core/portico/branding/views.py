"""A company's colours as a stylesheet, and its logo: addressed by content, so that browsers keep them for a year."""

from __future__ import annotations

import base64
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from portico.branding.tokens import brand_css

_YEAR = "public, max-age=31536000, immutable"


def stylesheet(context: None, request: Request) -> Response:
    brand: Any = request.tenant.brand if request.tenant else {}
    return _kept(Response(body=brand_css(brand), content_type="text/css", charset="utf-8"))


def favicon(context: None, request: Request) -> Response:
    """The logo on a square."""
    made = ((request.tenant.brand if request.tenant else {}).get("logo") or {}).get("favicon")
    if not made:
        raise HTTPNotFound
    return _image(base64.b64decode(made), "image/png")


def logo(context: None, request: Request) -> Response:
    stored = (request.tenant.brand if request.tenant else {}).get("logo")
    if not stored:
        raise HTTPNotFound
    return _image(base64.b64decode(stored["data"]), stored["type"])


def _image(data: bytes, content_type: str) -> Response:
    response = _kept(Response(body=data, content_type=content_type))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = _YEAR
    return response
