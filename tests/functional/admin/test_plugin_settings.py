"""A plugin's settings page, made of its manifest: fields, limits, defaults, audit, and what others see at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from portico.app import build
from portico.audit.models import AuditEntry
from portico.pluginhost import settings
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

PLUGIN = "portico_orders"
PAGE = f"/admin/plugins/{PLUGIN}/settings"
USUAL = {"history_months": 24, "cancelled_days": 90, "draft_days": 7}


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def admin(company: Company) -> Client:
    return company.admin()


def stored(company: Company) -> Any:
    return dict(company.tenant.plugin_settings[PLUGIN])


def submit(admin: Client, status: int = 303, page: str = PAGE, **values: Any) -> Any:
    version = re.search(r'name="version" value="(\d+)"', admin.get(page).text)
    assert version
    return admin.post(page, {"version": version[1], **values}, status=status)


def test_page_shows_defaults_limits_and_help(admin: Client) -> None:
    assert f"{PLUGIN}/settings" in admin.get("/admin/plugins").text
    text = admin.get(PAGE).text
    assert "Months for which customers see their orders" in text
    assert "Unless you change it: 24." in text
    assert re.search(r'name="history_months"[^>]*value="24"|value="24"[^>]*name="history_months"', text)


def test_saved_values_count_at_once_in_another_process(portal: Portal, company: Company, admin: Client) -> None:
    other = build(portal.settings)
    try:
        assert settings.values(other.tenant(slug=company.slug), other.plugins.manifests[PLUGIN]) == USUAL
        submit(admin, history_months="36", cancelled_days="90", draft_days="0")
        seen = other.tenant(slug=company.slug)
        assert settings.values(seen, other.plugins.manifests[PLUGIN]) == {**USUAL, "history_months": 36, "draft_days": 0}
    finally:
        other.engine.dispose()
    assert stored(company) == {"history_months": 36, "draft_days": 0}  # what equals its default follows it


@pytest.mark.parametrize("wrong", ["-1", "601", "many", "", "1.5"])
def test_wrong_value_is_said_beside_its_field_and_nothing_is_stored(company: Company, admin: Client, wrong: str) -> None:
    text = submit(admin, 422, history_months=wrong, cancelled_days="30", draft_days="7").text
    assert re.search(r'id="plugin-history_months-error"><p class="form-error">', text)
    assert 'value="30"' in text  # what else was typed is kept
    assert stored(company) == {}


def test_change_is_on_record_and_no_change_is_not(company: Company, admin: Client) -> None:
    submit(admin, history_months="12", cancelled_days="90", draft_days="7")
    submit(admin, history_months="12", cancelled_days="90", draft_days="7")
    with company.system() as db:
        entries = db.execute(
            sa.select(AuditEntry.before, AuditEntry.after).where(AuditEntry.action == "plugins.settings")
        ).all()
    assert [(dict(one.before), dict(one.after)) for one in entries] == [({"history_months": 24}, {"history_months": 12})]


def test_second_administrator_with_an_old_page_is_told(company: Company, admin: Client) -> None:
    version = str(company.tenant.config_version)
    submit(admin, history_months="12", cancelled_days="90", draft_days="7")
    late = {"version": version, "history_months": "48", "cancelled_days": "90", "draft_days": "7"}
    assert "Somebody else changed the settings" in company.admin().post(PAGE, late, status=409).text
    assert stored(company) == {"history_months": 12}


def test_choices_are_boxes(company: Company, admin: Client) -> None:
    page = "/admin/plugins/portico_customers/settings"
    assert "By a claim code that you gave them" in admin.get(page).text
    version = str(company.tenant.config_version)
    boxes = [("__start__", "match:sequence"), ("checkbox", "claim"), ("checkbox", "email"), ("__end__", "match:sequence")]
    admin.post(page, [("version", version), *boxes], status=303)
    assert dict(company.tenant.plugin_settings["portico_customers"]) == {"match": ["claim", "email"]}


@pytest.mark.parametrize("plugin", ["portico_tryton", "portico_nothing", PLUGIN])
def test_no_page_without_settings_or_for_a_plugin_that_is_off(portal: Portal, plugin: str) -> None:
    company = portal.company(plugins=["portico_tryton"])
    company.admin().get(f"/admin/plugins/{plugin}/settings", status=404)


def test_staff_without_the_permission_see_nothing(company: Company) -> None:
    company.agent().get(PAGE, status=403)
