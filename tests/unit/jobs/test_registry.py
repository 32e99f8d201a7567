"""Names carry their owner, and periodic work has an actor of its kind."""

from __future__ import annotations

import pytest

from portico.jobs import JobNameError, JobRegistry
from portico.jobs.registry import Per


def nothing(job: object) -> None:
    pass


def test_plugin_registers_under_its_own_prefix_only() -> None:
    registry = JobRegistry()
    jobs = registry.for_plugin("portico_quotes")
    jobs.actor("quotes.submit", nothing, queue="erp")
    jobs.periodic("quotes.expire", every_s=60)
    assert registry.actors["quotes.submit"].plugin == "portico_quotes"
    assert registry.queues() == {"erp"}
    for name in ("orders.sync", "quotes", "quotesx.submit"):
        with pytest.raises(JobNameError):
            jobs.actor(name, nothing)
        with pytest.raises(JobNameError):
            jobs.periodic(name, every_s=1)


def test_strangers_plugin_keeps_its_whole_name() -> None:
    registry = JobRegistry()
    registry.for_plugin("acme_points").actor("acme_points.award", nothing)
    with pytest.raises(JobNameError):
        registry.for_plugin("acme_points").actor("points.award", nothing)


def test_name_is_taken_once() -> None:
    registry = JobRegistry()
    registry.actor("mail.send", nothing)
    with pytest.raises(JobNameError, match=r"already, of core"):
        registry.actor("mail.send", nothing)


@pytest.mark.parametrize("name", ["send", "Mail.send", "mail.", ".send", "mail send.x", ""])
def test_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(JobNameError):
        JobRegistry().actor(name, nothing)


def test_periodic_work_without_actor_is_refused_at_start() -> None:
    registry = JobRegistry()
    registry.periodic("orders.sync", every_s=60, per="connection")
    with pytest.raises(JobNameError):
        registry.check()
    registry.actor("orders.sync", nothing)
    registry.check()


def test_periodic_work_must_match_its_actors_kind() -> None:
    registry = JobRegistry()
    registry.actor("audit.seal", nothing, tenant=False)
    registry.periodic("audit.seal", every_s=5, per="tenant")
    with pytest.raises(JobNameError, match="installation"):
        registry.check()


@pytest.mark.parametrize("every_s", [0, -1])
def test_interval_is_positive(every_s: float) -> None:
    with pytest.raises(JobNameError):
        JobRegistry().periodic("orders.sync", every_s=every_s)


@pytest.mark.parametrize(("every_s", "per"), [(3600, "connection"), (86_400, "installation")])
def test_what_is_done_at_night_is_done_once_a_day_for_somebody_who_has_a_night(every_s: float, per: Per) -> None:
    with pytest.raises(JobNameError, match="once a day"):
        JobRegistry().periodic("orders.compare", every_s=every_s, per=per, at_night=True)
