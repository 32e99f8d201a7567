"""How long a document takes, and what memory: `python -m bench.documents`. Prints the median of RUNS of each, in turn.

A quote of so many lines is set as the portal sets one, in a process of its own that is begun for it; nothing is kept in between.
"""

from __future__ import annotations

import base64
import datetime as dt
import resource
import statistics
import time
import uuid

from portico.app import build
from portico.pluginhost.values import Document
from portico.settings import Settings
from portico.tenancy.tenant import Tenant

RUNS = 11
SIZES = (0, 30, 500, 1500)
COMPANY = Tenant(
    uuid.UUID(int=1), "mill", "Mill Lane Steel", "en", ("en",), "GBP", "Europe/London", "portico_clear", 1,
)  # fmt: skip
WORDS = ("from", "to", "item", "quantity", "price", "tax", "total", "note", "empty")


def quote(lines: int) -> Document:
    line = {"note": "cut to size", "quantity": "2 pieces", "price": "£1,234.50", "tax": "20%", "total": "£2,469.00"}
    content = {
        "words": {one: one for one in WORDS}, "mark": "", "warning": "", "note": "",
        "customer": {"name": "Buyer", "lines": []}, "facts": [("Date", "20 Nov 2026")],
        "lines": [line | {"name": f"Steel tube {one} × 3 mm", "code": f"ST-{one}"} for one in range(lines)],
        "sums": [("Total", "£3.00", True)],
    }  # fmt: skip
    return Document("portico_quotes/documents/quote.typ", "Quote 7", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), content)


def main() -> None:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    documents = build(Settings.read({"portico.home": "/nonexistent", "portico.master_key": key}, {})).documents
    for lines in SIZES:
        document, times, size = quote(lines), [], 0
        for _ in range(RUNS):
            begun = time.perf_counter()
            size = len(documents.make(COMPANY, "en", document).content)
            times.append(1000 * (time.perf_counter() - begun))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        median = statistics.median(times)
        print(f"{lines:5} lines: {median:6.0f} ms (worst {max(times):.0f}), {size // 1024} kB, at most {memory} MB")


if __name__ == "__main__":
    main()
