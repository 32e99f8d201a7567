"""What `portico run` does in a child of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portico.cli.commands import CommandError
from portico.cli.family import in_child, once
from portico.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"portico.home": str(tmp_path)}, {})


def test_the_text_comes_back_and_the_work_stays_in_the_child(settings: Settings) -> None:
    seen: list[int] = []

    def work() -> str:
        seen.append(1)
        return f"{os.getpid()} é" + "x" * 100_000

    text = in_child(settings, work)
    assert int(text.split()[0]) != os.getpid()
    assert text.endswith("é" + "x" * 100_000)
    assert not seen


def test_a_known_error_is_told_in_its_own_words(settings: Settings) -> None:
    def work() -> str:
        raise CommandError("the demo is not installed")

    with pytest.raises(CommandError, match="the demo is not installed"):
        in_child(settings, work)


def test_an_unknown_error_leaves_its_traceback(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="what is above says where"):
        in_child(settings, lambda: str(1 // 0))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_of_several_processes_only_one_announces(settings: Settings) -> None:
    def announce() -> None:
        said.append("up")

    said: list[str] = []
    first = once(announce)

    def work() -> str:
        first()
        return "".join(said)

    assert [in_child(settings, work) for _ in range(3)] == ["up", "", ""]


def test_something_is_done_here_while_the_child_works(settings: Settings) -> None:
    read, write = os.pipe()

    def work() -> str:
        return os.read(read, 1).decode()  # would never end if we only waited

    assert in_child(settings, work, lambda: os.write(write, b"x")) == "x"
    os.close(read)
    os.close(write)


def test_what_fails_here_ends_the_child(settings: Settings) -> None:
    read, write = os.pipe()

    def work() -> str:
        return os.read(read, 1).decode()

    with pytest.raises(ZeroDivisionError):
        in_child(settings, work, lambda: 1 // 0)
    os.close(read)
    os.close(write)
