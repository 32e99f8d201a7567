"""What an export costs: time, and the most memory that the process ever held, by rows and format.

    python -m bench.exports
    python -m bench.exports --rows 1000 20000 100000

Orders are put into a company of a portal of its own (an embedded PostgreSQL in a temporary folder), and exported by the view that
serves people, in a process of its own for each figure: what that process held at most (`ru_maxrss`) is compared with what it
held before the request. The rows are read through row-level security by a cursor of the server's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from portico.db.embedded import EmbeddedServer
from portico.testing.portal import Company, Portal

FORMATS = ("csv", "xlsx")
_ORDERS = """
INSERT INTO orders_order (tenant_id, id, account_id, erp_ref, number, po_number, status, status_at, currency, net, tax, gross,
  line_count, delivery_count, note, ordered_at, expected_on, erp_updated_at, synced_at, digest, search, created_at, updated_at)
SELECT :tenant, uuidv7(), :account, n::text, 'SO-' || n, 'PO-' || n, 'delivered', now(), 'GBP', 1000 + n, 200, 1200 + n,
  7, 1, '', now() - n * interval '5 minutes', (now() - n * interval '5 minutes')::date + 7,
  now(), now(), '', 'so-' || n, now(), now()
FROM generate_series(1, :rows) n
"""


def measured(company: Company, person: Any, form: str, results: Any) -> None:
    """In a process of its own: rows, seconds, KiB held before and at most, bytes of the file."""
    from portico_orders import exporting
    from portico_orders.filters import Filters

    company.portal.parts.engine.dispose(close=False)  # the parent's connections are the parent's
    with company.scope_of(person) as db:
        scope = db.info["scope"]
        request: Any = SimpleNamespace(db=db, scope=scope, tenant=scope.tenant, locale_name="en")
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        response = exporting.export(request, Filters(), form)
        size = sum(map(len, response.app_iter))
        took = time.perf_counter() - started
    results.put((took, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, size))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    options = parser.parse_args()
    forked = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as home:
        portal = Portal.build(Path(home), "exports")
        print("| rows | format | s | MiB before | MiB at most | MiB of the file |\n|---|---|---|---|---|---|")
        for rows in options.rows:
            company = portal.company(plugins=["portico_orders"])
            account = company.account("Acme", "C-1")
            with company.system() as db:
                db.execute(sa.text(_ORDERS), {"tenant": company.id, "account": account, "rows": rows})
            person = company.customer_person(account)
            for form in FORMATS:
                results = forked.Queue()
                child = forked.Process(target=measured, args=(company, person, form, results))
                child.start()
                took, before, most, size = results.get(timeout=300)
                child.join()
                held = f"{before / 1024:.0f} | {most / 1024:.0f}"
                print(f"| {rows:,} | {form} | {took:.1f} | {held} | {size / 2**20:.1f} |", flush=True)
        portal.close()
        EmbeddedServer(Path(home)).destroy()


if __name__ == "__main__":
    main()
