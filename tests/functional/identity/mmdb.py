"""Writes a small database of places in MaxMind's format, version 2: IPv4, 24-bit records."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any


def encode(value: Any) -> bytes:
    if isinstance(value, str):
        body = value.encode()
        return bytes([0x40 | len(body)]) + body
    if isinstance(value, dict):
        return bytes([0xE0 | len(value)]) + b"".join(encode(key) + _typed(key, item) for key, item in value.items())
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(encode(item) for item in value)
    raise TypeError(value)


def _typed(key: str, value: Any) -> bytes:
    """Readers insist on the kinds of integer that the format's description names."""
    if not isinstance(value, int):
        return encode(value)
    body = value.to_bytes(8, "big").lstrip(b"\0")
    if key == "build_epoch":
        return bytes([len(body), 2]) + body
    return bytes([(0xC0 if key == "node_count" else 0xA0) | len(body)]) + body


def write_mmdb(file: Path, networks: dict[str, tuple[str, str]]) -> None:
    nodes: list[list[Any]] = [[None, None]]
    data = b""
    for text, (country, city) in networks.items():
        network = ip_network(text)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = ("data", len(data))
        data += encode({"country": {"iso_code": country}, "city": {"names": {"en": city}}})
    count = len(nodes)

    def record(value: Any) -> bytes:
        number = count if value is None else count + 16 + value[1] if isinstance(value, tuple) else value
        return number.to_bytes(3, "big")

    tree = b"".join(record(left) + record(right) for left, right in nodes)
    meta = encode(
        {"node_count": count, "record_size": 24, "ip_version": 4, "database_type": "Test", "languages": ["en"],
         "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "description": {"en": "t"}}
    )
    file.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + meta)
