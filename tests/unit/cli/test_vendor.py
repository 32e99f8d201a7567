from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portico.cli import vendor


@pytest.mark.parametrize("package", ["portico", "portico_ledger"])
def test_vendored_files_are_those_of_the_manifest(package: str) -> None:
    static = vendor.static_folder(package)
    assert list(vendor.problems(vendor.load(static), static)) == []


def test_licences_are_named_and_shipped() -> None:
    static = vendor.static_folder("portico")
    for package in vendor.load(static):
        assert package["licence"] in {"MIT", "ISC", "0BSD", "OFL-1.1"}
        assert (static / f"vendor/licences/{package['name']}.txt").is_file()


def test_a_changed_missing_or_unknown_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/a.js").write_text("changed")
    (tmp_path / "vendor/stray.js").write_text("?")
    files = [
        {"from": "a.js", "to": f"vendor/{name}.js", "sha256": vendor.digest(b"as it was")} for name in "ab"
    ]
    found = list(vendor.problems([{"package": "x", "version": "1", "files": files}], tmp_path))
    assert [one.split(" ")[0] for one in found] == ["vendor/a.js", "vendor/b.js", "vendor/stray.js"]


def test_a_package_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(package: Any, folder: Path) -> bytes:
        return b"not the tarball that was recorded"

    monkeypatch.setattr(vendor, "download", other)
    package = {"package": "x", "version": "1", "integrity": vendor.integrity(b"recorded"), "files": []}
    with pytest.raises(vendor.VendorMismatchError):
        vendor.refresh([package], accept=False, static=tmp_path)
