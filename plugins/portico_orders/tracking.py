"""Which addresses of carriers are led to: those under TLS. Whatever else a company records is shown as text."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_link(address: str | None) -> bool:
    """An https address with a host, without a login in it."""
    if not address or any(one.isspace() or not one.isprintable() for one in address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and "\\" not in address
    except ValueError:
        return False
