"""Two administrators at once: a form carries the configuration's version that its page showed."""

from __future__ import annotations

from pyramid.request import Request

from portico.errors import InvalidError
from portico.web.params import text_param


def seen_version(request: Request) -> int:
    """The hidden field "version". Raises InvalidError if it is missing: whoever changes settings says what they saw."""
    try:
        return int(text_param(request, "version"))
    except ValueError:
        raise InvalidError from None
