"""Switching plugins: dependencies, effect on every process at once, two administrators, nothing dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portico.app import build
from portico.pluginhost import toggles
from portico.pluginhost.host import PluginHost
from portico.pluginhost.manifest import Manifest
from portico.tenancy.models import TenantPlugin, TenantRole
from portico.testing.portal import Company, Portal

BASE, MIDDLE, TOP = "portico_sample_base", "portico_sample_middle", "portico_sample_top"


@pytest.fixture(scope="module")
def plugins(portal: Portal) -> Iterator[PluginHost]:
    """Three features, each needing the one before, known to the portal for as long as the module's tests run."""
    host = portal.parts.plugins
    known = dict(host.manifests)
    for name, requires in ((BASE, ()), (MIDDLE, (BASE,)), (TOP, (MIDDLE,))):
        word = name.removeprefix("portico_")
        host.manifests[name] = Manifest(
            name=name,
            title=word.title(),
            version="1.0",
            requires=requires,
            default=False,
            folder=Path("/nowhere"),
            permissions={f"{word}:see": "See it", f"{word}:change": "Change it"},
            roles={"customer": (f"{word}:see",), "agent": (f"{word}:see",), "admin": (f"{word}:see", f"{word}:change")},
        )
    yield host
    host.manifests.clear()
    host.manifests.update(known)


@pytest.fixture
def company(portal: Portal, plugins: PluginHost) -> Company:
    return portal.company(plugins=[])


def switch(company: Company, portal: Portal, plugin: str, on: bool, **options: Any) -> list[str]:
    with company.system() as db:
        return toggles.switch(db, portal.parts, plugin, on, **options)


def test_a_plugin_that_needs_another_is_refused_until_that_is_switched_on_too(portal: Portal, company: Company) -> None:
    with pytest.raises(toggles.PluginNeedsError) as refused:
        switch(company, portal, TOP, True)
    assert refused.value.data["plugins"] == [BASE, MIDDLE]
    assert company.tenant.plugins == frozenset()
    assert switch(company, portal, TOP, True, also=True) == [BASE, MIDDLE, TOP]
    assert company.tenant.plugins == {BASE, MIDDLE, TOP}


def test_a_plugin_that_others_need_is_refused_until_they_are_switched_off_too(portal: Portal, company: Company) -> None:
    switch(company, portal, TOP, True, also=True)
    with pytest.raises(toggles.PluginNeededError) as refused:
        switch(company, portal, BASE, False)
    assert refused.value.data["plugins"] == [TOP, MIDDLE]
    assert switch(company, portal, BASE, False, also=True) == [TOP, MIDDLE, BASE]
    assert company.tenant.plugins == frozenset()


def test_what_depends_only_on_plugins_that_are_off_is_left_alone(portal: Portal, company: Company) -> None:
    switch(company, portal, BASE, True)
    assert switch(company, portal, BASE, False) == [BASE]


def test_switching_to_where_it_stands_changes_nothing(portal: Portal, company: Company) -> None:
    switch(company, portal, BASE, True)
    version = company.tenant.config_version
    assert switch(company, portal, BASE, True) == []
    assert company.tenant.config_version == version


def test_another_process_knows_with_its_next_question(portal: Portal, company: Company) -> None:
    second = build(portal.settings)
    try:
        assert BASE not in second.tenant(company.id).plugins
        switch(company, portal, BASE, True)
        assert BASE in second.tenant(company.id).plugins
        switch(company, portal, BASE, False)
        assert BASE not in second.tenant(company.id).plugins
    finally:
        second.connections.close()
        second.engine.dispose()


def test_settings_of_a_plugin_survive_switching_off(portal: Portal, company: Company) -> None:
    switch(company, portal, BASE, True)
    with company.system() as db:
        db.scalars(sa.select(TenantPlugin).where(TenantPlugin.plugin == BASE)).one().settings = {"kept": 1}
    switch(company, portal, BASE, False)
    switch(company, portal, BASE, True)
    assert company.tenant.plugin_settings[BASE] == {"kept": 1}


def test_composed_roles_get_the_usual_permissions_the_first_time_only(portal: Portal, company: Company) -> None:
    with company.system() as db:
        db.add(TenantRole(name="buyer", title="Buyer", kind="customer", permissions=["company:mail"]))
        db.add(TenantRole(name="seller", title="Seller", kind="staff", permissions=[]))
    switch(company, portal, BASE, True)
    assert company.tenant.roles["buyer"] == {"company:mail", "sample_base:see"}
    assert company.tenant.roles["seller"] == {"sample_base:see"}
    with company.system() as db:
        db.scalars(sa.select(TenantRole).where(TenantRole.name == "buyer")).one().permissions = []
    switch(company, portal, BASE, False)
    switch(company, portal, BASE, True)
    assert company.tenant.roles["buyer"] == frozenset()


def test_every_switch_is_in_the_audit_trail(portal: Portal, company: Company, version_of: Any) -> None:
    admin = company.admin()
    page = admin.get(f"/admin/plugins/{TOP}")
    admin.post(f"/admin/plugins/{TOP}", {"on": "yes", "also": "yes", "version": version_of(page)}, status=303)
    with portal.superuser() as db:
        rows = db.execute(
            sa.text(
                "SELECT subject_id, actor, before, after FROM audit_entry WHERE tenant_id = :t "
                "AND action = 'plugins.switch' ORDER BY at"
            ),
            {"t": company.id},
        ).all()
    assert [row.subject_id for row in rows] == [BASE, MIDDLE, TOP]
    assert {row.actor for row in rows} == {admin.person.email}
    assert rows[0].before == {"on": False}
    assert rows[0].after == {"on": True}


def test_the_page_explains_what_is_switched_along_and_by_whom_a_plugin_is_needed(
    company: Company, version_of: Any
) -> None:
    admin = company.admin()
    page = admin.get(f"/admin/plugins/{TOP}")
    assert all(text in page for text in ("Sample_Base", "Sample_Middle", "Switch all of them on"))
    admin.post(f"/admin/plugins/{TOP}", {"on": "yes", "also": "yes", "version": version_of(page)}, status=303)
    assert "2 plugins depend on this" in admin.get(f"/admin/plugins/{BASE}")
    assert "Needed by: Sample_Top" in admin.get("/admin/plugins")


def test_without_the_word_for_the_others_nothing_is_changed(company: Company, version_of: Any) -> None:
    admin = company.admin()
    page = admin.get(f"/admin/plugins/{TOP}")
    refused = admin.post(f"/admin/plugins/{TOP}", {"on": "yes", "version": version_of(page)}, status=409)
    assert "Sample_Base, Sample_Middle" in refused
    assert company.tenant.plugins == frozenset()


def test_the_second_of_two_administrators_is_told(company: Company, version_of: Any) -> None:
    first, second = company.admin(), company.admin()
    version = version_of(first.get(f"/admin/plugins/{BASE}"))
    assert version == version_of(second.get(f"/admin/plugins/{TOP}"))
    first.post(f"/admin/plugins/{BASE}", {"on": "yes", "version": version}, status=303)
    told = second.post(f"/admin/plugins/{TOP}", {"on": "yes", "also": "yes", "version": version}, status=409)
    assert "Somebody else changed the settings" in told
    assert company.tenant.plugins == {BASE}


@pytest.mark.parametrize("values", [{"on": "yes"}, {"on": "yes", "version": "x"}])
def test_a_switch_that_does_not_say_what_it_saw_is_refused(company: Company, values: dict[str, str]) -> None:
    company.admin().post(f"/admin/plugins/{BASE}", values, status=422)
    assert company.tenant.plugins == frozenset()


@pytest.mark.parametrize("name", ["portico_nothing", "portico_clear", "x' OR 1=1"])
def test_what_is_no_installed_feature_cannot_be_switched(company: Company, name: str) -> None:
    admin = company.admin()
    admin.get(f"/admin/plugins/{name}", status=404)
    admin.post(f"/admin/plugins/{name}", {"on": "yes", "version": "1"}, status=404)


def test_agents_and_customers_may_not_switch(company: Company) -> None:
    company.admin().get("/admin/plugins", status=200)
    for client in (company.agent(), company.customer()):
        client.get("/admin/plugins", status=403)
        client.post(f"/admin/plugins/{BASE}", {"on": "yes", "version": "1"}, status=403)


def test_a_plan_follows_requirements_both_ways(plugins: PluginHost) -> None:
    names = lambda change: [one.name for one in change.further]  # noqa: E731
    assert names(toggles.plan(plugins, {BASE}, TOP, True)) == [MIDDLE]
    assert names(toggles.plan(plugins, {BASE, MIDDLE}, BASE, False)) == [MIDDLE]
    assert names(toggles.plan(plugins, {BASE, MIDDLE, TOP}, TOP, False)) == []
