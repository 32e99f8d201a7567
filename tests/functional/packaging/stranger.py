"""A program in three acts: a stranger's plugin and theme come, are gone, are back; each says what it saw."""

from __future__ import annotations

import email
import email.policy
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

sys.path.append(str(Path(__file__).parent))

from opened import open_portal

from portico.jobs.application import job_queue
from portico.jobs.process import WorkerProcess
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

PLUGIN, THEME = "stranger_parcels", "stranger_theme"
CONTENTS = "Twelve brass lamps"
WAITING = "Announced while nobody weighs"


@contextmanager
def worker(portal: Portal) -> Iterator[None]:
    process = WorkerProcess(job_queue(portal.parts), portal.parts, threads=2)
    process.start()
    try:
        yield
    finally:
        process.stop(grace_s=5)


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    return None


def weight(portal: Portal, contents: str) -> str | None:
    with portal.superuser() as connection:
        found = connection.scalar(sa.text("SELECT weight_kg FROM parcels_parcel WHERE contents = :c"), {"c": contents})
    return None if found is None else str(found)


def arrive(portal: Portal, options: dict[str, Any]) -> dict[str, Any]:
    """The plugin is switched on, the theme is chosen, and a customer does what the plugin is for."""
    company = portal.company(plugins=[PLUGIN, THEME], theme=THEME)
    first, second = company.account("First"), company.account("Second")
    person = company.customer_person(first)
    owner, other, agent = company.client(person), company.customer(second), company.agent()
    said: dict[str, Any] = {
        "company": {"id": str(company.id), "slug": company.slug},
        "person": {"id": str(person.id), "email": person.email, "name": person.name},
        "refused": owner.post("/parcels/new", {"contents": ""}, status=422).text,
    }
    address = owner.post("/parcels/new", {"contents": CONTENTS}, status=303).location.partition(company.prefix)[2]
    with worker(portal):
        said["mail"] = eventually(lambda: mail_to(portal, person.email))
    said["weight"] = weight(portal, CONTENTS)
    said["statuses"] = statuses(address, owner, other, agent, company.anonymous())
    said["pages"] = {
        path: owner.get(path).text
        for path in (
            "/",
            "/parcels",
            "/parcels/new",
            "/parcels-widget",
            "/notices",
            "/dashboard/activity",
            address,
        )
    }
    said["languages"] = {code: owner.get(f"/parcels?lang={code}").text for code in ("fr", "ar")}
    said["api"] = through_the_api(portal, company, person)
    said["openapi"] = sorted(
        path for path in portal.client().get("/api/v1/openapi.json").json["paths"] if "parcels" in path
    )
    said["off"] = switched_off(portal)
    said["sample"] = sample(company, first)
    owner.post("/parcels/new", {"contents": WAITING}, status=303)
    said["address"] = address
    return said


def statuses(address: str, owner: Client, other: Client, agent: Client, anonymous: Client) -> dict[str, int]:
    return {
        name: client.get(address, status="*").status_int
        for name, client in (("owner", owner), ("other", other), ("agent", agent), ("anonymous", anonymous))
    }


def through_the_api(portal: Portal, company: Company, person: Person) -> dict[str, Any]:
    api = company.api(person)
    added = api.json("post", "/parcels", {"contents": "By the API"}, status=201).json
    return {
        "added": added,
        "listed": [one["contents"] for one in api.get("/parcels").json["items"]],
        "extra": api.json("post", "/parcels", {"contents": "x", "weight_kg": 1}, status="*").status_int,
    }


def switched_off(portal: Portal) -> dict[str, Any]:
    """A company that has the plugin off: it is as if it were not installed."""
    customer = portal.company(plugins=[]).customer()
    return {
        "page": customer.get("/parcels", status="*").status_int,
        "home": customer.get("/").text,
        "api": customer.get("/api/v1/portal/parcels", status="*").status_int,
    }


def sample(company: Company, account_id: UUID) -> list[str]:
    with company.system() as db:
        return [key for made in db.info["relay"].call("sample_records", db=db, account_id=account_id) for key in made]


def mail_to(portal: Portal, address: str) -> str | None:
    for file in (portal.settings.home / "mail").glob("*.eml"):
        found = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        if address in str(found["To"]):
            return f"{found['Subject']}\n{found.get_body(('html',)).get_content()}"  # type: ignore[union-attr]
    return None


def again(portal: Portal, options: dict[str, Any]) -> tuple[Company, Client, Client]:
    company = Company(portal, UUID(options["company"]["id"]), options["company"]["slug"])
    person = Person(
        UUID(options["person"]["id"]),
        options["person"]["email"],
        options["person"]["name"],
        kind="customer",
        roles=("customer",),
    )
    return company, company.client(person), company.api(person)


def gone(portal: Portal, options: dict[str, Any]) -> dict[str, Any]:
    """Neither package is installed; the company has the plugin on, the theme chosen, and jobs waiting."""
    company, owner, api = again(portal, options)
    with worker(portal):
        time.sleep(2.5)
    with portal.superuser() as connection:
        kept = connection.scalar(sa.text("SELECT count(*) FROM parcels_parcel"))
        jobs = connection.scalar(sa.text("SELECT count(*) FROM job WHERE actor = 'stranger_parcels.weigh'"))
    paths = ("/", "/notices", "/dashboard/activity", "/account", "/parcels", options["address"])
    return {
        "statuses": {path: owner.get(path, status="*").status_int for path in paths},
        "api": {path: api.get(path, status="*").status_int for path in ("/notices", "/parcels")},
        "home": owner.get("/").text,
        "kept": kept,
        "jobs": jobs,
        "new_company": portal.company().customer().get("/").status_int,
        "agent": company.agent().get("/").status_int,
    }


def back(portal: Portal, options: dict[str, Any]) -> dict[str, Any]:
    """Both packages are installed again."""
    _company, owner, api = again(portal, options)
    with worker(portal):
        weighed = eventually(lambda: weight(portal, WAITING))
    return {
        "page": owner.get(options["address"]).text,
        "weighed": weighed,
        "notices": owner.get("/notices").text,
        "listed": [one["contents"] for one in api.get("/parcels").json["items"]],
    }


def main() -> None:
    options = json.loads(sys.argv[1])
    portal, applied = open_portal()
    act = {"arrive": arrive, "gone": gone, "back": back}[options["act"]]
    print(json.dumps({"applied": applied, **act(portal, options)}))


main()
