"""Headers that depend on how the portal is reached."""

from __future__ import annotations

from types import SimpleNamespace

from portico.web.headers import standard


def test_https_is_remembered_where_it_is_spoken() -> None:
    """RFC 6797 §7.2: not over plain HTTP. A year, and sub-domains, as ASVS 3.4.1 asks."""
    plain, secure = (standard(SimpleNamespace(static_base="", secure=secure)) for secure in (False, True))
    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_another_origin_of_static_files_is_named_in_the_policy() -> None:
    policy = standard(SimpleNamespace(static_base="https://static.example/p/", secure=True))["Content-Security-Policy"]
    assert "script-src 'self' https://static.example/p" in policy
    assert "frame-ancestors 'none'" in policy
