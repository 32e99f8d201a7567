"""How soon what an agent does is on the customer's open page, how soon a change in the company, and how soon the stream of a
session that has ended is closed.

    python -m bench.live [--trials 50]

An installation as it is shipped (two web processes, a worker) with the demo's companies. An agent answers in the portal to a
customer who asked for another offer: from the press of the button to the moment at which the customer's page, which was told of
it, has its new content. A change in the company's own database: the same from the end of the synchronisation that read it, and
from the change itself where that is asked for at once (by itself it comes once a minute). The last time is from the answer to
"sign out" in one tab to the end of the stream of another.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import sqlalchemy as sa
from tests.browser.site import Site

from bench import machine, report
from portico.identity import service
from portico.tenancy.scope import Scope
from portico_demo.databases import DEMO_CUSTOMERS

SLUG, PERSON = "regency", "customer@regency.example"
AGENT = "agent@regency.example"
BY_AGENT, AFTER_SYNC, BY_COMPANY, CLOSED = (
    "on the open page after an agent's press", "on the open page after the synchronisation",
    "on the open page after the company's change, synchronised at once", "stream closed after signing out",
)  # fmt: skip
GOALS_S: dict[str, float | None] = {BY_AGENT: 1.0, AFTER_SYNC: 2.0, BY_COMPANY: None, CLOSED: 5.0}
"""Seconds; None: nobody promised any, as it depends on how much the company's system has changed."""
PATIENCE_S = 60.0
STATES = ("pending", "processing")
PILL = re.compile(r'class="pill[^"]*"[^>]*>(.*?)</span>', re.S)


def signed_in(site: Site, email: str = PERSON) -> httpx.Client:
    """A browser with a session of its own."""
    with site.superuser() as admin:
        row = admin.execute("SELECT id, email, name FROM app_user WHERE email = %s", [email]).fetchone()
    assert row
    with site.parts.sessions.scoped(Scope(address="127.0.0.1", request_id="0" * 32)) as db:
        person = service.Person(row[0], row[1], row[2], None)
        _id, token = service.open_session(db, person, kind="browser", tenant_id=None, agent="bench")
    return httpx.Client(base_url=site.path(SLUG, ""), cookies={"portico": token}, timeout=PATIENCE_S)


class Stream(threading.Thread):
    """Listens as an open page does; notes when it heard of what it waits for, and when it was ended."""

    def __init__(self, client: httpx.Client, kind: str = "orders.") -> None:
        super().__init__(daemon=True)
        self.kind = kind
        self.client, self.opened, self.heard, self.over = client, threading.Event(), threading.Event(), threading.Event()
        self.ended_at = 0.0
        self.start()
        assert self.opened.wait(PATIENCE_S), "the stream was not opened"

    def run(self) -> None:
        try:
            with self.client.stream("GET", "/events", headers={"Accept": "text/event-stream"}) as answer:
                answer.raise_for_status()
                for text in answer.iter_text():
                    self.opened.set()
                    if f'"{self.kind}' in text:
                        self.heard.set()
        except httpx.TransportError:
            pass  # cut off is ended too
        self.ended_at = time.time()
        self.over.set()


@contextmanager
def an_order(site: Site) -> Iterator[tuple[str, object]]:
    """(number, key in the company's database) of one that is put back as it was."""
    with site.erp(SLUG) as erp:
        row = erp.execute("SELECT o.number, o.id, o.status FROM orders o JOIN customers c ON c.id = o.customer_id "
                          "WHERE c.code = %s AND o.status = 'pending' LIMIT 1", [DEMO_CUSTOMERS[SLUG]]).fetchone()
        assert row, "no pending order"
        yield row[0], row[1]
        erp.execute("UPDATE orders SET status = %s WHERE id = %s", [row[2], row[1]])


def an_offer(site: Site) -> str:
    """The id of one that waits for the customer's answer."""
    with site.system(SLUG) as db:
        query = ("SELECT q.id FROM quotes_quote q JOIN account a ON a.id = q.account_id WHERE a.erp_ref = :ref "
                 "AND q.state IN ('processed', 'revised') AND coalesce(q.valid_until, current_date) >= current_date LIMIT 1")
        found = db.scalar(sa.text(query), {"ref": DEMO_CUSTOMERS[SLUG]})
    assert found, "no offer waits"
    return str(found)


def press(client: httpx.Client, path: str, **data: str) -> None:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text)
    assert found, "no token on the page"
    answer = client.post(path, data=data, headers={"X-CSRF-Token": found[1]})
    assert answer.status_code == 303, (path, answer.status_code)


def agents_word_reaches(site: Site, quote_id: str, trial: int) -> float:
    """Seconds from the agent's press to the customer's page with it, the answer to the agent included."""
    path, word = f"/quotes/{quote_id}", f"No change, {trial}."
    with signed_in(site) as client, signed_in(site) as page, signed_in(site, AGENT) as agent:
        found = re.search(r'name="version" value="(\d+)"', page.get(f"{path}/changes").text)
        assert found, "nothing can be asked for"
        press(page, f"{path}/request-revision", version=found[1], message="Cheaper, please")
        stream = Stream(client, "quotes.")
        assert word not in page.get(path).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', agent.get("/").text)
        assert token
        began = time.monotonic()
        pressing = threading.Thread(target=agent.post, args=(f"{path}/request-revision/refuse",),
                                    kwargs={"data": {"reply": word}, "headers": {"X-CSRF-Token": token[1]}})
        pressing.start()
        assert stream.heard.wait(PATIENCE_S), "the page was told of nothing"
        while word not in page.get(path).text:
            time.sleep(0.01)
        took = time.monotonic() - began
        pressing.join()
        return took


def change_reaches(site: Site, number: str, key: object, state: str) -> tuple[float, float]:
    """Seconds from the end of the synchronisation to the page's new content, 0 if that was there before; and from the change."""
    with signed_in(site) as client, signed_in(site) as page:
        stream = Stream(client)
        before = PILL.findall(page.get("/orders", params={"q": number}).text)
        with site.erp(SLUG) as erp:
            erp.execute("UPDATE orders SET status = %s WHERE id = %s", [state, key])
        changed_at = time.time()
        site.synchronise(SLUG)
        assert stream.heard.wait(PATIENCE_S), "the page was told of nothing"
        while PILL.findall(page.get("/orders", params={"q": number}).text) == before:
            time.sleep(0.01)
        there_at = time.time()
        with site.system(SLUG) as db:
            read_at = db.scalar(sa.text("SELECT last_success_at FROM connection_sync WHERE entity = 'orders.orders'"))
        assert read_at is not None
        return max(0.0, there_at - float(read_at.timestamp())), there_at - changed_at


def stream_closes(site: Site) -> float:
    """Seconds from the answer to signing out to the end of the other tab's stream."""
    with signed_in(site) as client:
        stream = Stream(client)
        with httpx.Client(base_url=client.base_url, cookies=client.cookies, timeout=PATIENCE_S) as tab:
            found = re.search(r'name="csrf-token" content="([^"]+)"', tab.get("/").text)
            assert found, "no token on the page"
            answer = tab.post("/sign-out", headers={"X-CSRF-Token": found[1]})
        out_at = time.time()
        assert answer.status_code == 303, answer.status_code
        assert stream.over.wait(PATIENCE_S), "the stream was not closed"
        return max(0.0, stream.ended_at - out_at)


def table(times: dict[str, list[float]]) -> str:
    lines = ["| what | trials | p50 | longest | goal | |", "|---|---|---|---|---|---|"]
    for name, seconds in times.items():
        goal = GOALS_S[name]
        said = f"{goal:.0f} s | {'met' if is_met(goal, seconds) else 'missed'}" if goal else "none | "
        lines.append(f"| {name} | {len(seconds)} | {statistics.median(seconds):.2f} s | {max(seconds):.2f} s | {said} |")
    return "\n".join(lines)


def is_met(goal: float | None, seconds: list[float]) -> bool:
    return goal is None or max(seconds) <= goal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--write", metavar="NAME", help="also write bench/results/NAME.md")
    chosen = parser.parse_args()
    head = machine.description()
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        Path(folder).chmod(0o755)
        site = Site(Path(folder))
        try:
            site.start()
            times: dict[str, list[float]] = {name: [] for name in GOALS_S}
            quote_id = an_offer(site)
            times[BY_AGENT] = [agents_word_reaches(site, quote_id, trial) for trial in range(chosen.trials)]
            with an_order(site) as (number, key):
                for trial in range(chosen.trials):
                    after, whole = change_reaches(site, number, key, STATES[(trial + 1) % 2])
                    times[AFTER_SYNC].append(after)
                    times[BY_COMPANY].append(whole)
            times[CLOSED] = [stream_closes(site) for _trial in range(chosen.trials)]
        finally:
            site.stop()
    text = f"# Live pages\n\n{head}\n\n{table(times)}"
    print(text)
    if chosen.write:
        report.write(chosen.write, text)
    return 0 if all(is_met(GOALS_S[name], seconds) for name, seconds in times.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
