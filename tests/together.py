"""Which tests pytest-xdist keeps in one worker.

Not by its own mark: that writes a suffix into the item's id, where pytest 9.2 does not look any more, so it groups
nothing. A scheduler of our own is asked for the group of an id, and reads it from the folder.
"""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling

BROWSER = (
    # Who somebody is and what they may do; then everything else. Each has a site and a browser of its own, so that two workers
    # drive them side by side.
    ("tests/browser/test_walks.py", "tests/browser/test_sso.py", "tests/browser/test_saml.py",
     "tests/browser/test_account.py", "tests/browser/test_factors.py"),
    ("tests/browser/",),
)
GROUPS = (
    *BROWSER,
    ("tests/tryton/",),
    # What all tests of the module look at takes longer to make than they do.
    ("tests/contract/test_mapped_mariadb.py",),
    ("tests/docs/test_connector_tutorial.py",),
    ("tests/docs/test_tutorial.py",),
    ("tests/functional/packaging/test_lone_wheel.py",),
    ("tests/functional/packaging/test_stranger.py",),
    ("tests/functional/system/test_proxy.py",),
)
"""Beginnings of ids. The first group that has one of a test's is the test's."""


class Together(LoadGroupScheduling):
    """Tests of these folders and modules stay together; the others go to whoever is free, one by one. The group with the most
    tests is begun first, as xdist does with any."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group[0] for group in GROUPS if nodeid.startswith(group)), nodeid)
