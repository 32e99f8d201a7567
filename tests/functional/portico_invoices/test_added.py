"""What other plugins add to the pages of invoices: shown to those who may, in order, and a failing one is nobody else's harm."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from portico.pluginhost import hookimpl, hookspec
from portico.pluginhost.manifest import ManifestError
from portico.testing.portal import Company, Portal
from portico_invoices.values import InvoiceAction, InvoiceListAction, InvoicePanel


class Neighbour:
    """wanted: the permission that its additions need."""

    def __init__(self, wanted: str = "invoices:view", *, fails: bool = False) -> None:
        self.wanted, self.fails = wanted, fails

    @hookimpl
    def invoices_panels(self, scope: Any, invoice: Any) -> list[InvoicePanel]:
        if self.fails:
            raise RuntimeError("broken")
        return [
            InvoicePanel("clear.b", "Below", "orders.widget", {}, self.wanted, order=60, wide=True, live=("invoices.*",)),
            InvoicePanel("clear.a", f"Of {invoice.number}", "orders.detail", {"order_id": str(invoice.id)}, self.wanted),
        ]

    @hookimpl
    def invoices_actions(self, scope: Any, invoice: Any) -> list[InvoiceAction]:
        return [
            InvoiceAction("As XML", "orders.list", {}, self.wanted, download=True, order=60),
            InvoiceAction(f"Pay {invoice.number}", "orders.list", {}, self.wanted, main=True),
        ]

    @hookimpl
    def invoices_list_actions(self, scope: Any) -> list[InvoiceListAction]:
        return [InvoiceListAction("Pay several", "orders.list", self.wanted)]


@pytest.fixture
def neighbours(portal: Portal) -> Iterator[Any]:
    """Registers one under the name of a plugin that the company has on, and that has no hooks of its own."""
    host, added = portal.parts.plugins, []

    def add(one: Neighbour) -> None:
        added.append(one)
        host.manager.register(one, name="portico_clear")
        host.relay.cache_clear()

    yield add
    for one in added:
        host.manager.unregister(one)
    host.relay.cache_clear()


def test_panels_and_actions_are_shown_in_order(company: Company, account_id: UUID, invoice_id: UUID, neighbours: Any) -> None:
    neighbours(Neighbour())
    page = company.customer(account_id).get(f"/invoices/{invoice_id}").html
    assert [one["aria-label"] for one in page.select(".invoices-panel")] == ["Below", "Of I-1"]  # wide ones stand below the lines
    assert [one["hx-get"].rpartition("/c/")[2].partition("/")[2] for one in page.select(".invoices-panel [hx-get]")] == [
        "orders-summary", f"orders/{invoice_id}",
    ]  # fmt: skip
    actions = [one.text for one in page.select(".page-header-actions a")]
    assert actions[-2:] == ["Pay I-1", "As XML"]
    assert page.select_one(".page-header-actions .btn-primary").text == "Pay I-1"
    assert page.select_one('.page-header-actions a[href$="/orders"][hx-boost=false]').text == "As XML"


def test_list_has_their_actions(company: Company, account_id: UUID, neighbours: Any) -> None:
    neighbours(Neighbour())
    assert "Pay several" in company.customer(account_id).get("/invoices").text


def test_nobody_is_shown_what_they_may_not(company: Company, account_id: UUID, invoice_id: UUID, neighbours: Any) -> None:
    neighbours(Neighbour("company:plugins"))
    for who, seen in ((company.customer(account_id), False), (company.admin(), True)):
        page = who.get(f"/invoices/{invoice_id}")
        assert (bool(page.html.select(".invoices-panel")), "Pay I-1" in page.text) == (seen, seen)
        assert ("Pay several" in who.get("/invoices").text) is seen


def test_a_failing_one_harms_nobody(company: Company, account_id: UUID, invoice_id: UUID, neighbours: Any) -> None:
    neighbours(Neighbour(fails=True))
    page = company.customer(account_id).get(f"/invoices/{invoice_id}")
    assert page.html.select(".invoices-panel") == []
    assert "Pay I-1" in page.text


def test_a_plugin_specifies_hooks_of_its_own_name_alone(portal: Portal) -> None:
    module = ModuleType("portico_clear.hookspecs")

    @hookspec
    def invoices_panels_too(scope: Any) -> list[Any]:
        return []

    module.invoices_panels_too = invoices_panels_too  # type: ignore[attr-defined]
    host = portal.parts.plugins
    with pytest.raises(ManifestError, match="clear_"):
        host.specify(host.manifests["portico_clear"], module)
