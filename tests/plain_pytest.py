"""How a test runs a pytest of its own: with the plugins that a package's author has, not with those that our own tests bring."""

from __future__ import annotations

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")
"""Arguments of Python. Importing what is left out takes longer than most of what these tests run."""
