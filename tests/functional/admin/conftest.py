"""Helpers of the administration's tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


def read_version(page: Any) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, page.text[:500]
    return found[1]


@pytest.fixture
def version_of() -> Callable[[Any], str]:
    """The configuration's version that a page's form carries."""
    return read_version
