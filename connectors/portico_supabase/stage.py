"""A company's people at work in a database in the standard schema, behind the real PostgREST: a stage for the contract.

The database and its people are those of portico_companydb, which has to be installed beside this package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg

from portico.db.embedded import EmbeddedServer
from portico_companydb.stage import CompanyDatabaseStage, PlayedDatabase
from portico_erp.conformance.stage import Loopback
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_supabase.connector import Supabase
from portico_supabase.simulator.gateway import anon_key, gateway, token
from portico_supabase.simulator.postgrest import postgrest

RIGHTS = """
grant usage on schema public to portal;
grant select on all tables in schema public to portal;
grant insert on quotes, quote_lines to portal;
grant update (status, reason, po_number, updated_at) on quotes to portal;
grant usage on all sequences in schema public to portal;
"""


def roles(cluster: Any, database: Any) -> str:
    """The roles of a Supabase project, and the URL by which PostgREST logs in."""
    with psycopg.connect(cluster.url(database.name), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(1)")
        for name, options in (
            ("anon", "nologin"), ("portal", "nologin"), ("service_role", "nologin bypassrls"),
            ("almighty", "nologin bypassrls"), ("authenticator", "noinherit login password 'for tests'"),
        ):
            if not admin.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone():
                admin.execute(f"create role {name} {options}")
        admin.execute("grant anon, portal, service_role, almighty to authenticator")
    return cluster.url(database.name, "authenticator", "for tests")


class SupabaseStage(CompanyDatabaseStage):
    """The company's people work in the database; the connector comes through the interface."""

    connector = Supabase()
    speaks_http = True

    def __init__(self, database: Any, egress: Any, front: Any) -> None:
        super().__init__(database, egress)
        self.front = front
        self.address = ("127.0.0.1", int(front.url.split(":")[2].partition("/")[0]))
        self.config = {"url": front.url, "currency": "EUR"}
        self.secrets = {"apikey": anon_key(), "token": token("portal")}
        service, strange = token("service_role"), token("portal", secret="another secret of thirty-two characters!")
        self.invalid = [
            (self.config, self.secrets | {"token": strange}, ConnectorUnauthorisedError),
            (self.config, self.secrets | {"token": token("portal", exp=1)}, ConnectorUnauthorisedError),
            (self.config, self.secrets | {"token": "x.y.z"}, ConnectorUnauthorisedError),
            (self.config, self.secrets | {"token": service}, ConnectorRejectedError),
            (self.config, {"apikey": service}, ConnectorRejectedError),
            (self.config, {"apikey": "sb_secret_abcdefgh"}, ConnectorRejectedError),
            (self.config, {}, ConnectorRejectedError),
            (self.config | {"url": "http://127.0.0.1:1/rest/v1"}, self.secrets, ConnectorUnavailableError),
            (self.config | {"url": front.url.removesuffix("/rest/v1") + "/elsewhere"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"url": "ftp://erp.example"}, self.secrets, ConnectorRejectedError),
            (self.config | {"url": "http://user@erp.example"}, self.secrets, ConnectorRejectedError),
            (self.config | {"schema": "no_such"}, self.secrets, ConnectorRejectedError),
            (self.config | {"schema": "a,b"}, self.secrets, ConnectorRejectedError),
            (self.config | {"currency": "XXQ"}, self.secrets, ConnectorRejectedError),
            (self.config | {"surprise": "1"}, self.secrets, ConnectorRejectedError),
        ]

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        return self.config | {"url": f"http://{host}:{port}/rest/v1"}

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        self.front.lose = True
        try:
            yield
        finally:
            self.front.lose = False


@contextmanager
def staged(cluster: Any, database: Any, egress: Any, *, functions: str = "", **options: Any) -> Iterator[SupabaseStage]:
    login = roles(cluster, database)
    CompanyDatabaseStage.set_up(database)
    database.execute(RIGHTS)
    if functions:
        database.execute(files("portico_supabase").joinpath("functions.sql").read_text())
        database.execute(f"grant execute on function portico_submit_quote(jsonb, jsonb), portico_who() to {functions}")
    with postgrest(login, anonymous="anon", **options) as address, gateway(address) as front:
        yield SupabaseStage(database, egress, front)


@contextmanager
def open_stage(folder: Path, live: bool) -> Iterator[SupabaseStage]:
    """live or not, it is the real PostgREST; nothing of it is simulated but Supabase's gateway."""
    server = EmbeddedServer(folder, {"fsync": "off"})
    server.start()
    try:
        with staged(server, PlayedDatabase.make(server), Loopback()) as stage:
            yield stage
    finally:
        server.destroy()
