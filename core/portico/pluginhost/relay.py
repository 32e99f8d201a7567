"""Calls a request hook on the plugins of one company only, and lets none of them take the others down."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

import pluggy
from prometheus_client import Counter

log = logging.getLogger("portico.plugins")
FAILURES = Counter("portico_hook_failures", "Hook implementations that raised", ["plugin", "hook"])
_SLOW_S = 0.25


class Relay:
    """The hooks of a fixed set of plugins. Made once per distinct set and process, shared by all companies with it."""

    def __init__(self, manager: pluggy.PluginManager, enabled: frozenset[str]) -> None:
        self.enabled = enabled
        self._manager = manager
        self._implementations: dict[str, list[pluggy.HookImpl]] = {}

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """Every implementation's answer, lists flattened, None left out, in pluggy's order.

        An implementation that raises is logged with its plugin's name and leaves the others alone. Raises
        AttributeError for a hook that core does not specify.
        """
        answers: list[Any] = []
        for implementation in self._of(hook):
            started = time.perf_counter()
            try:
                answer = implementation.function(**{name: arguments[name] for name in implementation.argnames})
            except Exception:
                FAILURES.labels(implementation.plugin_name, hook).inc()
                log.exception("plugin %s failed in %s", implementation.plugin_name, hook,
                              extra={"plugin": implementation.plugin_name, "hook": hook})
                continue
            if time.perf_counter() - started > _SLOW_S:
                log.warning("plugin %s was slow in %s", implementation.plugin_name, hook)
            if isinstance(answer, Iterable) and not isinstance(answer, str | bytes | dict):
                answers.extend(answer)
            elif answer is not None:
                answers.append(answer)
        return answers

    def by_plugin(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Like `call`, but pairs each plugin's name with its whole answer."""
        single = []
        for implementation in self._of(hook):
            relay = Relay(self._manager, frozenset({implementation.plugin_name}))
            single.append((implementation.plugin_name, relay.call(hook, **arguments)))
        return single

    def _of(self, hook: str) -> list[pluggy.HookImpl]:
        found = self._implementations.get(hook)
        if found is None:
            caller = getattr(self._manager.hook, hook)
            found = [i for i in reversed(caller.get_hookimpls()) if i.plugin_name in self.enabled]
            self._implementations[hook] = found
        return found
