"""Odoo's older interface, for the company's people: nothing of the connector's."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any


def administrator(port: int, database: str = "portal", key: str = "admin") -> Callable[..., Any]:
    """(model, method, *arguments, **named) → what Odoo returns."""

    def call(model: str, method: str, *arguments: Any, **named: Any) -> Any:
        told = {
            "service": "object",
            "method": "execute_kw",
            "args": [database, 2, key, model, method, list(arguments), named],
        }
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": told, "id": 1}).encode()
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/jsonrpc", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            said = json.load(answer)
        assert "error" not in said, said["error"]["data"]
        return said.get("result")

    return call
