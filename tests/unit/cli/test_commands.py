"""Which commands `portico` loads."""

from __future__ import annotations

import argparse

import pytest

from portico.cli.commands import registry


@pytest.mark.parametrize(("wanted", "others"), [("", True), ("nonsense", True), ("worker", False), ("mapping", False)])
def test_commands_of_plugins_are_loaded_when_they_are_called_or_all_are_named(wanted: str, others: bool) -> None:
    found = registry(argparse.ArgumentParser(), wanted)
    assert {"serve", "worker", "run", "migrate"} <= found.keys()
    assert ("demo" in found) is others
    assert ("mapping" in found) is (others or wanted == "mapping")
