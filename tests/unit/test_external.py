"""No test of the portal's database is left out on the external server without a word."""

from __future__ import annotations

import re
from pathlib import Path

from tests.external import OWN_SERVER

ROOT = Path(__file__).parents[2]
STARTS_A_SERVER = re.compile(r"\b(EmbeddedServer|start_embedded|Portal\.build)\(")


def takes_the_given(path: Path) -> bool:
    """A portal of its own, on the server that is tested."""
    return 'os.environ.get("PORTICO_TEST_DATABASE_URL")' in path.read_text()


def test_tests_that_bring_their_own_server_are_named_with_a_reason() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if STARTS_A_SERVER.search(path.read_text()) and path != ROOT / "tests/external.py" and not takes_the_given(path)
    }
    unnamed = {path for path in found if not any(path.startswith(name) for name in OWN_SERVER)}
    assert unnamed == set()
    assert {name for name in OWN_SERVER if not any(path.startswith(name) for path in found)} == set()


def test_what_is_left_out_exists() -> None:
    assert [name for name in OWN_SERVER if not (ROOT / name).exists()] == []
