"""Passwords from breaches: every one of the list is refused, no other one, and the list is small (ASVS 6.2.12)."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portico.cli import commands
from portico.errors import InvalidError
from portico.identity.breached import MAGIC, SHORTEST, WIDTH, Breached, BreachedListError, Known, compile_list
from portico.identity.passwords import check_strength
from portico.settings import Settings

COUNT = 100_000


@pytest.fixture(scope="module")
def listed() -> list[str]:
    return [f"{secrets.token_hex(3)}-Leaked-{number}" for number in range(COUNT)]


@pytest.fixture(scope="module")
def breached(listed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Breached:
    file = tmp_path_factory.mktemp("list") / "passwords"
    content, count = compile_list(listed, 8)
    assert count == COUNT
    file.write_bytes(content)
    return Breached(str(file))


def test_all_of_the_list_are_found_in_whatever_case(listed: list[str], breached: Breached) -> None:
    assert len(breached) == COUNT
    assert all(one in breached for one in listed)
    assert all(one.upper() in breached for one in listed[::1000])


def test_no_other_is(breached: Breached) -> None:
    others = [secrets.token_hex(8) for _ in range(COUNT)]
    assert [one for one in others if one in breached] == []


def test_the_file_is_small_and_tells_no_password(listed: list[str], tmp_path: Path) -> None:
    content, _count = compile_list(listed, 8)
    assert len(content) == len(MAGIC) + WIDTH * COUNT < 1_000_000
    assert b"Leaked" not in content


def test_whoever_chooses_one_is_told(listed: list[str], breached: Breached) -> None:
    with pytest.raises(InvalidError) as refused:
        check_strength(listed[0], breached=breached)
    assert "password" in refused.value.fields
    check_strength("a quite different sentence", breached=breached)


def test_a_list_of_100_000_ships_and_holds_what_its_sources_hold() -> None:
    known = Known()
    assert len(known) >= 100_000
    assert [one for one in FREQUENCY_LISTS["passwords"] if len(one) >= SHORTEST and one not in known] == []
    assert [one for one in ("claypool", "avengers", "61586158", "30061975") if one not in known] == [], "of the breaches alone"
    assert "mousseau4" in known, "of the dictionary"
    assert [one for one in (secrets.token_hex(8) for _ in range(10_000)) if one in known] == []


@pytest.mark.parametrize("chosen", ["jayson2026", "Jayson!!", "!!Jayson", "2026mousseau4", "*jayson*", "JAYSON123!"])
def test_a_year_or_a_sign_makes_no_new_password(chosen: str) -> None:
    assert chosen in Known()
    with pytest.raises(InvalidError):
        check_strength(chosen, breached=Known())


@pytest.mark.parametrize("chosen", ["jayson 48 tin elephants", "jayson9281736450", "x7!93-8465", "1234-5678-90", "", "!!!!!!!!"])
def test_more_than_that_does(chosen: str) -> None:
    assert chosen not in Known()


def test_the_operators_list_is_looked_into_too(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_bytes(compile_list(["Sommerferien an der See"], SHORTEST)[0])
    assert "sommerferien an der see 26" in Known(str(file))
    assert "mousseau4" in Known(str(file))
    assert "sommerferien an der see 26" not in Known()


def test_without_a_list_nothing_is_in_it() -> None:
    assert len(Breached("")) == 0
    assert "password" not in Breached("")


def test_the_ends_of_the_list_are_found(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    few = ["only one here", "and a second", "and a third"]
    for size in range(1, 4):
        file.write_bytes(compile_list(few[:size], 8)[0])
        assert [one in Breached(str(file)) for one in few] == [number < size for number in range(3)]


@pytest.mark.parametrize("content", [b"", MAGIC, MAGIC + b"12345", b"a list of words\n" * 10])
def test_another_file_is_refused_at_the_start(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_bytes(content)
    with pytest.raises(BreachedListError, match="portico passwords"):
        Breached(str(file))


def run(*arguments: str) -> None:
    parser = argparse.ArgumentParser()
    command = commands.registry(parser)["passwords"]
    command(Settings(), parser.parse_args(["passwords", *arguments]))


def test_the_command_makes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, made = tmp_path / "one.txt", tmp_path / "two.txt", tmp_path / "made"
    first.write_bytes("Sommerferien\r\nshort\nناقة في الصحراء\n".encode())
    second.write_bytes(b"sommerferien\nnot utf-8 \xff\xfe\n")
    run(str(first), str(second), "--output", str(made))
    assert "4 passwords of at least 4 characters" in capsys.readouterr().out
    breached = Breached(str(made))
    assert "SOMMERFERIEN" in breached
    assert "ناقة في الصحراء" in breached
    assert "short" in breached, "counts where something is added to it"


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(commands.CommandError, match="cannot be read"):
        run(str(tmp_path / "nothing"), "--output", str(tmp_path / "made"))
    (tmp_path / "short.txt").write_text("a\nb\n")
    with pytest.raises(commands.CommandError, match="nothing was written"):
        run(str(tmp_path / "short.txt"), "--output", str(tmp_path / "made"))
