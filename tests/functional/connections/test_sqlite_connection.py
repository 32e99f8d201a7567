"""A connection to a file that the operator put into the company's folder, by the pages: its settings, its test, its mapping."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portico.connections import service
from portico.connections.client import open_client

MAPPING = """
[items]
table = "artstm"
key = "artnr"
[items.fields]
name = "bez"
price = "preis"
"""


@pytest.fixture
def folder(portal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's, as `portico.database_folder` names it."""
    monkeypatch.setattr(portal.parts.connections, "folder", tmp_path)
    return tmp_path


def put(folder: Path, company: Any, name: str) -> None:
    (folder / str(company.id)).mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / str(company.id) / name)) as connection:
        connection.executescript("create table artstm (artnr text, bez text, preis numeric); insert into artstm values ('S1', 'Blech', 1.5)")


def connect(admin: Any, *, status: int = 303, **settings: str) -> Any:
    """The page after its test, or that of the form if that is refused (status 422)."""
    said = {"dialect": "sqlite", "currency": "EUR", "mapping": MAPPING, "host": "", "user": "", "password": ""} | settings
    group = [("__start__", "settings:mapping"), *said.items(), ("__end__", "settings:mapping")]
    form = [("__formid__", "form"), ("connector", "companydb"), ("name", "ERP"), *group]
    answer = admin.post("/admin/connections/new", form, status=status)
    return answer if status == 422 else admin.post(re.sub(r".*?(/admin/)", r"\1", answer.location), status=200)


def test_file_in_the_companys_folder_is_connected_and_read(portal: Any, folder: Path) -> None:
    company = portal.company()
    put(folder, company, "erp.db")
    page = connect(company.admin(), database="erp.db")
    assert "It works, and is in use" in page.text
    (item,) = open_client(portal.parts, company.id, "catalogue").items(None, 10).items
    assert (item.name, str(item.price)) == ("Blech", "1.5")


def test_file_of_another_company_is_none(portal: Any, folder: Path) -> None:
    company, other = portal.company(), portal.company()
    put(folder, other, "erp.db")
    page = connect(company.admin(), database="erp.db")
    assert "There is no file “erp.db”" in page.text
    assert str(other.id) not in page.text
    page = connect(company.admin(), database=f"../{other.id}/erp.db"[:63])
    assert "Enter the name of a file, without a folder." in page.text
    with company.system() as db:
        assert [one.status for one in service.listing(db)] == ["draft"]


def test_server_needs_an_address_and_a_login(portal: Any) -> None:
    page = connect(portal.company().admin(), status=422, dialect="postgresql", database="erp")
    assert page.text.count("A server needs this.") == 2 * 3, "at each field, and in the list of all above the form"
