"""Makes the demo's extract of the UCI "Online Retail" data from the full csv.gz: 60 customers and the
dirtiest rows.

python demo/make_extract.py online-retail.csv.gz plugins/portico_demo/data/regency.csv.gz

Which rows: customers are ranked by their number of lines (then by number). The first 20 are taken, and after
them every 10th until there are 60, so that large and small ones are there. All their rows are kept, and
besides them every row without a customer whose price is zero or negative: the shop's own corrections, damages
and test entries. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
from collections import Counter
from pathlib import Path

BUSIEST = 20
STEP = 10
CUSTOMERS = 60
CUSTOMER, PRICE = 6, 5


def choose(rows: list[list[str]]) -> set[str]:
    """The customers to keep."""
    lines = Counter(row[CUSTOMER] for row in rows if row[CUSTOMER])
    ranked = sorted(lines, key=lambda customer: (-lines[customer], customer))
    return set(ranked[:BUSIEST] + ranked[BUSIEST + STEP - 1 :: STEP][: CUSTOMERS - BUSIEST])


def extract(source: Path, target: Path) -> int:
    """Write the extract; the number of its rows."""
    with gzip.open(source, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        rows = list(reader)
    customers = choose(rows)
    kept = [
        row for row in rows if row[CUSTOMER] in customers or (not row[CUSTOMER] and float(row[PRICE]) <= 0)
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *kept])
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.getvalue().encode())
    return len(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="the full data set, csv.gz")
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    rows = extract(arguments.source, arguments.target)
    print(f"{rows} rows, {arguments.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
