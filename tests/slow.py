"""What `make quick` leaves out. `make test` runs everything.

Quick is what one runs between two edits: about six minutes on two cores, with every wall that is generated from the route
table once. Left out is what drives other programs, builds wheels, or tries a whole corpus at every route.
"""

from __future__ import annotations

SLOW = (
    "tests/browser/",
    "tests/contract/",
    "tests/tryton/",
    "tests/docs/test_backup.py",
    "tests/docs/test_connector_tutorial.py",
    "tests/docs/test_install.py",
    "tests/docs/test_tutorial.py",
    "tests/functional/backup/",
    "tests/functional/files/test_previews.py",
    "tests/functional/identity/test_saml_forged.py",
    "tests/functional/identity/test_sso_forged.py",
    "tests/functional/jobs/test_crashes.py",
    "tests/functional/packaging/",
    "tests/functional/scaffold/",
    "tests/functional/system/",
    "tests/functional/testing/",
    "tests/unit/cli/test_failures.py",
    "tests/unit/files/test_rendering.py",
    "tests/unit/portico_demo/test_regency.py",
    "tests/unit/web/test_server.py",
    "tests/walls/test_definers.py",
    "tests/walls/test_document.py",
    "tests/walls/test_escaping.py",
    "tests/walls/test_fields.py",
    "tests/walls/test_handoffs.py",
    "tests/walls/test_malformed.py",
)
"""Beginnings of ids; a test may also be marked by itself."""
