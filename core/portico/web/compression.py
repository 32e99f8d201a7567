"""Says which answers are worth gzip, and does it.

Pages hold tokens; what keeps another site from probing them by length (BREACH) is that cookies are SameSite.
"""

from __future__ import annotations

import gzip

from zlib_ng import gzip_ng

MINIMUM = 500
"""Bytes below which gzip gains nothing: the answer fits into one packet anyway."""

_TEXT = frozenset({
    "application/javascript", "application/json", "application/manifest+json", "application/problem+json",
    "application/xml", "image/svg+xml",
})


def accepts_gzip(accept_encoding: str) -> bool:
    for offer in accept_encoding.lower().split(","):
        coding, _, parameters = offer.partition(";")
        if coding.strip() == "gzip":
            name, _, weight = parameters.replace(" ", "").partition("=")
            return name != "q" or weight.strip("0.") != ""
    return False


def is_text(content_type: str) -> bool:
    """Whether this media type shrinks. An event stream is text, but must leave unbuffered."""
    media_type = content_type.partition(";")[0].strip().lower()
    return (media_type.startswith("text/") and media_type != "text/event-stream") or media_type in _TEXT


def compress(data: bytes) -> bytes:
    """A page, as it is sent: by zlib-ng 6 % smaller than by zlib, in 0.06 instead of 0.09 ms for 30 kB."""
    return gzip_ng.compress(data, 3, mtime=0)  # no time stamp: equal input, equal output


def compress_well(data: bytes) -> bytes:
    """A file that is compressed once and sent often."""
    return gzip.compress(data, 9, mtime=0)
