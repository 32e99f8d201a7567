"""Each demo company has a logo that an administrator could have uploaded."""

from __future__ import annotations

from importlib.resources import files

import pytest

from portico.branding.logo import make_logo
from portico_demo.loading import SHOWCASES


@pytest.mark.parametrize("slug", [one.slug for one in SHOWCASES])
def test_logo_is_taken_as_it_is_and_wide_enough_for_a_sharp_header(slug: str) -> None:
    logo = make_logo((files("portico_demo") / "data" / f"{slug}.png").read_bytes())
    assert logo["type"] == "image/png"
    assert logo["height"] >= 64  # shown 32 pixels high
    assert 1 < logo["width"] / logo["height"] <= 5
