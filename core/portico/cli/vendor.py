"""`portico vendor`: keeps the browser assets of others equal to their npm packages."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portico.branding.lookup import package_folder
from portico.cli.commands import Command

Package = dict[str, Any]
MANIFEST = "vendor/manifest.json"


class VendorMismatchError(Exception):
    """A vendored file or a downloaded package is not what the manifest says."""


def static_folder(package: str) -> Path:
    """Where an installed package keeps its browser assets."""
    return package_folder(package) / "static" / package


def load(static: Path) -> list[Package]:
    packages: list[Package] = json.loads((static / MANIFEST).read_text())["packages"]
    return packages


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def integrity(content: bytes) -> str:
    """The form npm prints (Subresource Integrity, sha512)."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def problems(packages: list[Package], static: Path) -> Iterator[str]:
    """One sentence for every file that is missing, changed, or in nobody's manifest."""
    known = set()
    for package in packages:
        for entry in package["files"]:
            path = static / entry["to"]
            known.add(path)
            if not path.is_file():
                yield f"{entry['to']} is missing ({package['package']} {package['version']})"
            elif digest(path.read_bytes()) != entry["sha256"]:
                yield f"{entry['to']} differs from {package['package']} {package['version']}"
    for folder in ("vendor", "fonts", "icons"):
        for path in sorted((static / folder).rglob("*")):
            if path.is_file() and path.name != "manifest.json" and path not in known:
                yield f"{path.relative_to(static)} is not in the manifest"


def download(package: Package, folder: Path) -> bytes:
    """The package's tarball, fetched by npm itself so that its proxy and registry settings hold."""
    command = ["npm", "pack", "--silent", f"{package['package']}@{package['version']}"]
    name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
    return (folder / name).read_bytes()


def unpack(tarball: Path) -> dict[str, bytes]:
    contents = {}
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                contents[member.name.partition("/")[2]] = stream.read()
    return contents


def refresh(packages: list[Package], accept: bool, static: Path) -> list[Package]:
    """Writes every listed file from its package.

    Without accept, what has another hash than the recorded one is refused; with it, the new hash is recorded.
    """
    refreshed = []
    for package in packages:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            tarball = download(package, folder)
            if not accept and package["integrity"] != integrity(tarball):
                raise VendorMismatchError(
                    f"{package['package']} {package['version']} is not the package recorded"
                )
            (folder / "package.tgz").write_bytes(tarball)
            contents = unpack(folder / "package.tgz")
        files = [_write(entry, contents, accept, static) for entry in package["files"]]
        refreshed.append({**package, "integrity": integrity(tarball), "files": files})
    return refreshed


def _write(entry: dict[str, str], contents: dict[str, bytes], accept: bool, static: Path) -> dict[str, str]:
    content = contents.get(entry["from"])
    if content is None:
        raise VendorMismatchError(f"the package has no {entry['from']}")
    if not accept and entry["sha256"] != digest(content):
        raise VendorMismatchError(f"{entry['from']} is not the file recorded")
    target = static / entry["to"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return {**entry, "sha256": digest(content)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["check", "refresh"], nargs="?", default="check")
    parser.add_argument("packages", nargs="*", default=["portico"], help="import names (default: portico)")
    parser.add_argument(
        "--accept", action="store_true", help="record new hashes, after a version was changed"
    )


def run(arguments: argparse.Namespace) -> int:
    found = []
    for package in arguments.packages:
        static = static_folder(package)
        vendored = load(static)
        if arguments.action == "refresh":
            vendored = refresh(vendored, arguments.accept, static)
            (static / MANIFEST).write_text(json.dumps({"packages": vendored}, indent=2) + "\n")
        found += [f"{package}: {problem}" for problem in problems(vendored, static)]
        print(f"{package}: {sum(len(one['files']) for one in vendored)} files of {len(vendored)} packages")
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def vendor(parser: argparse.ArgumentParser) -> Command:
    """Check the vendored browser assets against their manifest, or fetch them again from npm."""
    add_arguments(parser)
    return lambda settings, options: run(options)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="portico vendor")
    add_arguments(parser)
    return run(parser.parse_args(argv))


COMMANDS = (("vendor", vendor),)

if __name__ == "__main__":
    raise SystemExit(main())
