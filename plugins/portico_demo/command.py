"""The command `portico demo`: load the three companies, play their back offices, make an empty database."""

from __future__ import annotations

import argparse
import time

from portico.cli.commands import Command, CommandError
from portico.db import setup
from portico.settings import Settings
from portico_demo import databases


def add(parser: argparse.ArgumentParser) -> Command:
    """The demo: three companies with databases of their own, and somebody who plays their back offices.

    portico demo load                 makes them, if they are not there yet, and prints the logins
    portico demo process              each company's people take every quote and order of the portal one step on;
                                      offers wait for what their customers answer in the portal
    portico demo process --accept     … and customers say yes by telephone
    portico demo process --every 5    … every five seconds
    portico demo price turinova STEEL-SHEET 1050.00    a company changes a price
    portico demo database acme        makes an empty database for a fourth company and prints how to reach it
    portico demo stop turinova        a company's database takes no more connections, as if it were down
    portico demo start turinova       … and is back
    """
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("load", help="make the demo companies")
    process = actions.add_parser("process", help="play the back offices")
    process.add_argument("company", nargs="*", help="only these companies")
    process.add_argument("--every", type=float, metavar="SECONDS", help="go on for ever")
    process.add_argument("--accept", action="store_true", help="accept offers too, on the customers' behalf")
    price = actions.add_parser("price", help="change a price in a company's database")
    price.add_argument("company")
    price.add_argument("code")
    price.add_argument("price")
    for name, words in (
        ("database", "make an empty database"),
        ("stop", "take a company's database down"),
        ("start", "bring it back"),
    ):
        actions.add_parser(name, help=words).add_argument("company")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        setup.start_embedded(settings)
        ACTIONS[options.action](settings, options)

    return run


def load(settings: Settings, options: argparse.Namespace) -> None:
    from portico_demo.loading import load as load_all

    print(load_all(settings))


def process(settings: Settings, options: argparse.Namespace) -> None:
    from portico_demo import backoffice

    while True:
        done = {}
        for slug in options.company or databases.LOADERS:
            login = databases.create_empty(setup.admin_url(settings), settings.home, _known(slug))
            done[slug] = backoffice.process(login.dsn, accept=options.accept)
            print(f"{slug}: {done[slug]}", flush=True)
        if not options.every:
            if any(done.values()):
                print("The portal reads it within a minute, and open pages change by themselves.")
            return
        time.sleep(options.every)


def price(settings: Settings, options: argparse.Namespace) -> None:
    from portico_demo import backoffice

    login = databases.create_empty(setup.admin_url(settings), settings.home, _known(options.company))
    changed = backoffice.change_price(login.dsn, options.code, options.price)
    if not changed:
        raise CommandError(f"{options.company} has no item {options.code!r}")
    print(f"{options.code}: {changed} → {options.price}")


def database(settings: Settings, options: argparse.Namespace) -> None:
    login = databases.create_empty(setup.admin_url(settings), settings.home, options.company)
    print(
        f"host {login.host}\nport {login.port}\ndatabase {login.database}\nuser {login.user}\npassword {login.password}"
    )


def stop(settings: Settings, options: argparse.Namespace) -> None:
    databases.allow_connections(setup.admin_url(settings), _known(options.company), allow=False)
    print(f"{options.company}: its database takes no connections now.")


def start(settings: Settings, options: argparse.Namespace) -> None:
    databases.allow_connections(setup.admin_url(settings), _known(options.company), allow=True)
    print(f"{options.company}: its database is back.")


def _known(slug: str) -> str:
    if slug not in databases.LOADERS:
        raise CommandError(f"the demo has no company {slug!r}; it has {', '.join(databases.LOADERS)}")
    return slug


ACTIONS = {"load": load, "process": process, "price": price, "database": database, "stop": stop, "start": start}
