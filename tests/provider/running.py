"""Installs and runs the provider: real software from npm, pinned by its lock file, in a folder beside the tests' own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.site import free_port

from portico.testing import npm

HERE = Path(__file__).parent
CLIENT_ID, CLIENT_SECRET = "portico", "the client's secret, only for tests"


@dataclass(frozen=True)
class Provider:
    issuer: str
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET


def installed() -> Path:
    """The folder with node_modules and the provider's own script."""
    folder = npm.installed(HERE)
    shutil.copy(HERE / "provider.mjs", folder)
    return folder


@contextmanager
def running(people: Mapping[str, Mapping[str, Any]], redirect_uris: list[str], back: list[str], *, short: bool = False,
            client: Mapping[str, Any] | None = None) -> Iterator[Provider]:
    """people: what somebody types as their name at the provider → claims. back: where it may send on from signing out.
    short: the id_token says everything, without the userinfo endpoint."""
    folder, port = installed(), free_port()
    found = Provider(f"http://127.0.0.1:{port}")
    told = {"client_id": found.client_id, "client_secret": found.client_secret, "redirect_uris": redirect_uris,
            "post_logout_redirect_uris": back, **(client or {})}
    argument = json.dumps({"issuer": found.issuer, "port": port, "client": told, "people": people, "short": short})
    with (folder / f"provider-{port}.log").open("w+") as log:
        process = subprocess.Popen(["node", "provider.mjs", argument], cwd=folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready", Path(log.name).read_text()
            yield found
        finally:
            process.kill()
            process.wait(10)
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
    Path(log.name).unlink()
