"""Which actors and which periodic work exist, and whose they are; filled once at start-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from portico.jobs.errors import JobNameError

ActorFunction = Callable[..., None]
"""`func(job, **arguments)`; idempotent, because a job runs at least once."""

Per = Literal["installation", "tenant", "connection"]

DAY_S = 86_400
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True)
class ActorSpec:
    """One actor. `plugin` None: core, always on. `tenant` False: runs for the installation."""

    name: str
    func: ActorFunction
    max_attempts: int
    queue: str
    time_limit_s: float
    max_age_s: float
    plugin: str | None
    tenant: bool


@dataclass(frozen=True)
class PeriodicSpec:
    """An actor that is enqueued every `every_s` seconds, once per installation, tenant or connection.

    at_night: once a day, between one and five o'clock in the tenant's own time zone.
    """

    name: str
    every_s: float
    per: Per
    at_night: bool = False


class JobRegistry:
    """All actors and periodic work of the installation."""

    def __init__(self) -> None:
        self.actors: dict[str, ActorSpec] = {}
        self.periodics: dict[str, PeriodicSpec] = {}

    def actor(
        self,
        name: str,
        func: ActorFunction,
        *,
        max_attempts: int = 8,
        queue: str = "default",
        time_limit_s: float = 60,
        max_age_s: float = 3 * DAY_S,
        plugin: str | None = None,
        tenant: bool = True,
    ) -> None:
        """Register `func`. `max_age_s` bounds how long an actor may go on asking for a Retry."""
        if not _NAME.fullmatch(name):
            raise JobNameError(f"{name!r} is no actor name: write owner.verb, like quotes.submit")
        if name in self.actors:
            owner = self.actors[name].plugin or "core"
            raise JobNameError(f"there is an actor {name!r} already, of {owner}")
        self.actors[name] = ActorSpec(
            name, func, max_attempts, queue, time_limit_s, max_age_s, plugin, tenant
        )

    def periodic(self, name: str, *, every_s: float, per: Per = "tenant", at_night: bool = False) -> None:
        """Enqueue actor `name` every `every_s` seconds; per "connection" it receives `connection_id`. at_night: a day apart,
        while it is night at the tenant's.
        """
        if name in self.periodics:
            raise JobNameError(f"{name!r} is periodic already")
        if every_s <= 0:
            raise JobNameError(f"{name!r} cannot run every {every_s} s")
        if at_night and (every_s != DAY_S or per == "installation"):
            raise JobNameError(f"{name!r} runs at night: that is once a day, per tenant or connection")
        self.periodics[name] = PeriodicSpec(name, every_s, per, at_night)

    def actor_named(self, name: str) -> ActorSpec:
        try:
            return self.actors[name]
        except KeyError:
            known = ", ".join(sorted(self.actors))
            raise JobNameError(f"there is no actor {name!r}; known: {known}") from None

    def check(self) -> None:
        """Raise JobNameError unless every periodic work has an actor of the right kind; once, at start."""
        for periodic in self.periodics.values():
            actor = self.actor_named(periodic.name)
            if actor.tenant == (periodic.per == "installation"):
                kind = "per tenant" if actor.tenant else "for the installation"
                raise JobNameError(f"{actor.name!r} runs {kind} but is periodic per {periodic.per}")

    def queues(self) -> frozenset[str]:
        return frozenset(actor.queue for actor in self.actors.values())

    def for_plugin(self, plugin: str, prefix: str | None = None) -> PluginJobs:
        """The registrar that a plugin's `register_jobs(jobs)` receives.

        `prefix` is what its names begin with: by default the plugin's name without `portico_`.
        """
        return PluginJobs(self, plugin, prefix or plugin.removeprefix("portico_"))


class PluginJobs:
    """A registrar bound to one plugin: it stamps the plugin on each actor and refuses foreign names."""

    def __init__(self, registry: JobRegistry, plugin: str, prefix: str) -> None:
        self._registry = registry
        self.plugin = plugin
        self.prefix = prefix

    def actor(
        self,
        name: str,
        func: ActorFunction,
        *,
        max_attempts: int = 8,
        queue: str = "default",
        time_limit_s: float = 60,
        max_age_s: float = 3 * DAY_S,
        tenant: bool = True,
    ) -> None:
        self._own(name)
        self._registry.actor(name, func, max_attempts=max_attempts, queue=queue, time_limit_s=time_limit_s,
                             max_age_s=max_age_s, plugin=self.plugin, tenant=tenant)

    def periodic(self, name: str, *, every_s: float, per: Per = "tenant", at_night: bool = False) -> None:
        self._own(name)
        self._registry.periodic(name, every_s=every_s, per=per, at_night=at_night)

    def _own(self, name: str) -> None:
        if not name.startswith(self.prefix + "."):
            raise JobNameError(f"plugin {self.plugin!r}: {name!r} must begin with '{self.prefix}.'")
