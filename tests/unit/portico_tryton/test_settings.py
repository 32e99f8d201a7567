"""The settings of a connection."""

from __future__ import annotations

from typing import Any

import pytest

from portico_erp.errors import ConnectorRejectedError
from portico_tryton.connector import Tryton
from portico_tryton.settings import TrytonSettings, names

GOOD: dict[str, Any] = {"host": "erp.example", "database": "erp", "user": "portico"}


def test_address_of_calls() -> None:
    assert TrytonSettings.read(GOOD, {"password": "x"}).url == "https://erp.example:443/erp/rpc/"
    six = TrytonSettings.read(GOOD | {"host": "::1", "port": 8000, "protocol": "http", "database": "a b"}, {"password": "x"})
    assert six.url == "http://[::1]:8000/a%20b/rpc/"


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"host": "erp.example/x"}, "host"),
        ({"host": "user@erp.example"}, "host"),
        ({"port": 0}, "port"),
        ({"database": "../erp"}, "database"),
        ({"database": ".."}, "database"),
        ({"database": "a\nb"}, "database"),
        ({"protocol": "ftp"}, "protocol"),
        ({"language": "English"}, "language"),
        ({"user": ""}, "user"),
    ],
)
def test_settings_that_make_no_sense_name_their_field(other: dict[str, Any], field: str) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        TrytonSettings.read(GOOD | other, {"password": "x"})
    assert (caught.value.field, caught.value.code) == (field, "settings")


def test_password_shows_nowhere() -> None:
    assert "s3cret" not in repr(TrytonSettings.read(GOOD, {"password": "s3cret"}))


def test_http_alone_checks_nobody() -> None:
    assert Tryton().unverified(GOOD, opened=False) is None
    assert Tryton().unverified(GOOD | {"protocol": "http"}, opened=True) == "protocol"


def test_names_are_parted_by_commas() -> None:
    assert names(" Fittings, ,Nüts ") == {"fittings", "nüts"}
