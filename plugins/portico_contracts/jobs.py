"""Background work: takes answers to the company, exactly once whatever fails, and reminds of what ends."""

from __future__ import annotations

import uuid
from typing import Any

from portico.connections.target import NoConnectionError
from portico.jobs import Retry
from portico_contracts import answering, delivery, reminding
from portico_erp import agreement
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError

TIMEOUT_S = 20.0


def answer(job: Any, answer_id: str) -> None:
    """The company's unique reference decides: the same answer twice changes nothing there. No session is open meanwhile."""
    own = uuid.UUID(answer_id)
    with job.session() as db:
        packed = delivery.pack(db, own)
    if packed is None:
        return
    connection_id, given = packed
    host = job.portico.connections
    try:
        target = host.target(job.tenant.id, connection_id, job.tenant.config_version)
        receipt = host.call(target, answering.CAPABILITY, "answer_contract", given, timeout_s=TIMEOUT_S)
    except ConnectorUnavailableError as error:
        raise Retry(error.retry_after_s, error.message) from error
    except (NoConnectionError, ConnectorUnauthorisedError) as error:
        with job.session() as db:
            delivery.end_orphans(db)  # the next attempt then finds nothing to bring
        # Staff can mend it, and an earlier attempt, whose reply was lost, may have bound both sides.
        raise Retry(None, str(error)) from error
    except ConnectorRejectedError as error:
        if error.is_fault:
            raise Retry(None, str(error)) from error
        with job.session() as db:
            delivery.refused(db, own, error, changed=error.code == agreement.CHANGED)
    else:
        with job.session() as db:
            delivery.taken(db, own, receipt.status)


def tidy(job: Any) -> None:
    with job.session() as db:
        delivery.end_orphans(db)
        delivery.wake(db)
        reminding.remind(db)


def register(jobs: Any) -> None:
    jobs.actor(answering.JOB, answer, max_attempts=20, time_limit_s=60)
    jobs.actor("contracts.tidy", tidy, max_attempts=3)
    jobs.periodic("contracts.tidy", every_s=300, per="tenant")
