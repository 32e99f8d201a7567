"""Which tests pytest-xdist keeps in one worker.

Not by its own mark: that writes a suffix into the item's id, where pytest 9.2 does not look any more, so it groups
nothing. A scheduler of our own is asked for the group of an id, and reads it from the folder.
"""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling

GROUPS = (
    "tests/browser/",
    "tests/tryton/",
    # What all tests of the module look at takes longer to make than they do.
    "tests/contract/test_mapped_mariadb.py",
    "tests/docs/test_connector_tutorial.py",
    "tests/docs/test_tutorial.py",
    "tests/functional/packaging/test_lone_wheel.py",
    "tests/functional/packaging/test_stranger.py",
    "tests/functional/system/test_proxy.py",
)


class Together(LoadGroupScheduling):
    """Tests of these folders and modules stay together; the others go to whoever is free, one by one. The group with the most
    tests is begun first, as xdist does with any."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in GROUPS if nodeid.startswith(folder)), nodeid)
