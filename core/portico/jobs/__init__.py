"""Background work: jobs in a table of the portal's own database, run by dramatiq workers."""

from portico.jobs.errors import Dead, JobArgumentsError, JobNameError, LeaseLost, Retry
from portico.jobs.queue import enqueue
from portico.jobs.registry import JobRegistry, PluginJobs

__all__ = [
    "Dead", "JobArgumentsError", "JobNameError", "JobRegistry", "LeaseLost", "PluginJobs", "Retry", "enqueue",
]
