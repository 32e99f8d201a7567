"""What an actor raises to say how its job ends, and what the queue itself raises."""

from __future__ import annotations

from typing import Any

from portico.connections.errors import plain


class Retry(Exception):
    """Call the actor again after `after_s` seconds; the world is not ready, the job is not at fault.

    Uses up none of the actor's attempts. None: wait longer each time, up to 15 minutes. A job that is older
    than its actor's `max_age_s` when it asks is given up.
    """

    def __init__(self, after_s: float | None = None, reason: Any = "") -> None:
        super().__init__(plain(reason) or "asked to be called later")
        self.after_s, self.reason = after_s, reason


class Dead(Exception):
    """The job can never succeed: to the dead letters at once, with this reason (shown to staff; may be translatable)."""

    def __init__(self, reason: Any) -> None:
        super().__init__(plain(reason))
        self.reason = reason


class LeaseLost(Exception):
    """The job is no longer ours (frozen or cut off past the lease): nothing of it may be committed."""


class JobArgumentsError(ValueError):
    """The arguments of a job are not JSON, or too large."""


class JobNameError(ValueError):
    """The name of an actor or of periodic work is taken, unknown, or another plugin's."""
