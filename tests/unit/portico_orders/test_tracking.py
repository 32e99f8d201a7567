"""Where a page leads people to follow a parcel."""

from __future__ import annotations

import pytest

from portico_orders.tracking import safe_link


@pytest.mark.parametrize("address", ["https://track.example/1", "https://track.example:8443/a?b=c#d", "https://suivi.example/é"])
def test_an_address_under_tls_is_led_to(address: str) -> None:
    assert safe_link(address)


@pytest.mark.parametrize(
    "address",
    [
        None, "", "http://track.example/1", "javascript:alert(1)", "data:text/html,x", "//track.example", "https:///x", "https://",
        "https://user:pw@track.example", "https://good.example\\@bad.example", " https://track.example", "https://a b.example",
        "java\nscript:x", "https://[broken", "JD0146",
    ],
)  # fmt: skip
def test_anything_else_is_text(address: str | None) -> None:
    assert not safe_link(address)
