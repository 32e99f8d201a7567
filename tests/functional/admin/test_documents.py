"""What a company says about its paper, on the next document."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages, pdf

from portico.testing.portal import Company, Portal

VALUES = {"address": "12 Mill Lane\r\nSheffield", "footer": "Registered no. 7 ·\r\nBank 42", "paper": "letter"}


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def test_it_is_on_the_next_document(company: Company, version_of: Any) -> None:
    admin = company.admin()
    admin.post("/admin/documents", VALUES | {"version": version_of(admin.get("/admin/documents"))}, status=303)
    shown = admin.get("/admin/documents").text
    assert "12 Mill Lane" in shown
    made = pdf(["Tube"], tenant=company.tenant)
    assert "12 Mill Lane\nSheffield" in pages(made)[0]
    assert "Registered no. 7 · Bank 42" in pages(made)[0]
    with pypdfium2.PdfDocument(made) as opened:
        assert round(opened[0].get_width()) == 612


def test_what_else_the_company_set_stays(company: Company, portal: Portal, version_of: Any) -> None:
    with portal.superuser() as db:
        statement = """UPDATE tenant SET settings = '{"welcome": {"en": "Hello"}}', config_version = config_version + 1 WHERE id = :t"""
        db.execute(sa.text(statement), {"t": company.id})
    admin = company.admin()
    admin.post("/admin/documents", VALUES | {"version": version_of(admin.get("/admin/documents"))}, status=303)
    assert company.tenant.settings["welcome"] == {"en": "Hello"}
    assert company.tenant.settings["documents"]["paper"] == "letter"
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT before, after FROM audit_entry WHERE action = 'company.documents' AND tenant_id = :t"),
                         {"t": company.id}).one()  # fmt: skip
    assert row.before["paper"] == "usual"
    assert row.after == {"address": "12 Mill Lane\nSheffield", "footer": "Registered no. 7 · Bank 42", "paper": "letter"}


def test_an_old_form_overwrites_nothing(company: Company, version_of: Any) -> None:
    admin = company.admin()
    version = version_of(admin.get("/admin/documents"))
    admin.post("/admin/documents", VALUES | {"version": version}, status=303)
    admin.post("/admin/documents", VALUES | {"version": version, "footer": "other"}, status=409)
    assert "other" not in str(company.tenant.settings)


@pytest.mark.parametrize("wrong", [{"paper": "a0"}, {"address": "x" * 501}, {"footer": "x" * 301}])
def test_what_cannot_be_meant_changes_nothing(company: Company, version_of: Any, wrong: dict[str, str]) -> None:
    admin = company.admin()
    admin.post("/admin/documents", VALUES | wrong | {"version": version_of(admin.get("/admin/documents"))}, status=422)
    assert "documents" not in company.tenant.settings
