"""What comes out of files that are to be drawn, and that none of them costs more than it may; by the process that draws them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.files import corpus, documents

from portico.files import drawing, rendering
from portico.files.rendering import Drawn, draw


def seen(drawn: Drawn) -> list[tuple[int, int, bool]]:
    return [(one.width, one.height, one.thumbnail) for one in drawn.pictures]


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=("WEBP",))
    picture.load()
    return picture.convert("RGB")


def test_pages_are_drawn_as_they_are() -> None:
    drawn = draw("pdf", [documents.pages(2)], 5)
    assert (drawn.pages, drawn.problem) == (2, "")
    assert seen(drawn) == [(226, 320, True), (1000, 1416, False), (1000, 1416, False)]
    page = opened(drawn.pictures[1].content)
    assert page.size == (1000, 1416)
    red, green, blue = page.getpixel((170, 1416 - 170))
    assert red > 230 > 40 > max(green, blue), "the square"
    assert min(page.getpixel((800, 300))) > 240, "paper"


def test_of_many_pages_the_first_are_drawn() -> None:
    drawn = draw("pdf", [documents.pages(1000)], 3)
    assert drawn.pages == 1000
    assert len(drawn.pictures) == 4


@pytest.mark.parametrize(
    ("kind", "mode", "size", "expected"),
    [("PNG", "RGBA", (1500, 600), (1000, 400)), ("JPEG", "RGB", (3000, 4500), (1000, 1500)), ("WEBP", "RGB", (40, 30), (40, 30)),
     ("GIF", "P", (300, 200), (300, 200)), ("PNG", "I;16", (30, 20), (30, 20)), ("JPEG", "CMYK", (90, 60), (90, 60))],
)  # fmt: skip
def test_pictures_are_drawn_smaller_and_never_larger(kind: str, mode: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    drawn = draw("picture", [corpus.picture(kind, mode, size)], 5)
    assert drawn.problem == ""
    assert [one[:2] for one in seen(drawn)][1:] == [expected]
    assert opened(drawn.pictures[1].content).size == expected


def test_what_can_be_seen_through_is_on_white() -> None:
    drawn = draw("picture", [corpus.picture("PNG", "RGBA", (40, 30))], 5)
    assert opened(drawn.pictures[1].content).getpixel((20, 15)) == (255, 255, 255)


@pytest.mark.parametrize(("width", "height"), [(14_400, 14_400), (1e9, 1e9), (1, 14_400), (14_400, 1), (0, 0)])
def test_no_page_is_too_large_to_be_drawn(width: float, height: float) -> None:
    drawn = draw("pdf", [documents.pages(1, width, height)], 5)
    assert drawn.problem == ""
    assert all(0 < one.width <= drawing.WIDTH and 0 < one.height <= drawing.TALLEST for one in drawn.pictures)


@pytest.mark.parametrize(
    ("kind", "made", "problem"),
    [
        ("pdf", documents.locked, "locked"),
        ("pdf", documents.without_pages, "damaged"),
        ("pdf", lambda: documents.pages(2)[:200], "damaged"),
        ("pdf", lambda: corpus.PDF, "damaged"),
        ("pdf", bytes, "damaged"),
        ("pdf", lambda: os.urandom(100_000), "damaged"),
        ("picture", lambda: corpus.picture("PNG")[:50], "damaged"),
        ("picture", lambda: b"RIFF" + os.urandom(1000), "damaged"),
        ("picture", lambda: corpus.huge_picture(20_000), "demanding"),
        ("pdf", documents.nested, "demanding"),
        ("pdf", documents.stream_bomb, "demanding"),
    ],
    ids=["locked", "without pages", "cut", "nothing in it", "empty", "noise", "cut picture", "no picture", "400 megapixels",
         "forms in forms", "unfolds"],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(kind: str, made: Callable[[], bytes], problem: str) -> None:
    assert draw(kind, [made()], 5) == Drawn(0, (), problem)


def test_a_page_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the seconds of a processor that it may have."""
    monkeypatch.setattr(rendering, "CPU_S", 2)
    monkeypatch.setattr(rendering, "PATIENCE_S", 250.0)
    assert draw("pdf", [documents.endless()], 5).problem == "demanding"


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the clock, for one that sleeps uses no processor."""
    left = tmp_path / "pid"
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text(f"import os, pathlib, time\npathlib.Path({str(left)!r}).write_text(str(os.getpid()))\ntime.sleep(3600)\n")
    monkeypatch.setattr(rendering, "_PROGRAM", sleeper)
    monkeypatch.setattr(rendering, "PATIENCE_S", 3.0)
    assert draw("pdf", [b""], 5).problem == "demanding"
    with pytest.raises(ProcessLookupError):
        os.kill(int(left.read_text()), 0)


def test_pages_that_were_drawn_before_a_limit_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "CPU_S", 2)
    monkeypatch.setattr(rendering, "PATIENCE_S", 250.0)
    drawn = draw("pdf", [documents.pages_and_an_endless_one(2)], 5)
    assert (drawn.pages, drawn.problem, len(drawn.pictures)) == (3, "", 3)


def hijacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> Drawn:
    """What is made of the output of a process that somebody took over."""
    program = tmp_path / "taken.py"
    program.write_text(f"import struct, sys\nhead = struct.Struct('>cIII')\nwrite = sys.stdout.buffer.write\n{lines}\n")
    monkeypatch.setattr(rendering, "_PROGRAM", program)
    return draw("pdf", [b""], 2)


WEBP = b"RIFF" + (16).to_bytes(4, "little") + b"WEBPVP8 " + bytes(8)


@pytest.mark.parametrize(
    "lines",
    [
        "write(b'<script>')",
        "write(head.pack(b'P', 10, 10, 8) + b'<script>')",
        f"write(head.pack(b'T', 10, 10, 24) + {WEBP!r}); write(head.pack(b'P', 10, 10, 8) + b'<script>')",
        f"write(head.pack(b'T', 10, 10, 24) + {WEBP!r}); write(head.pack(b'P', 10**6, 10, 24) + {WEBP!r})",
        f"write(head.pack(b'T', 10, 10, 2**32 - 1) + {WEBP!r})",
        f"write(head.pack(b'P', 10, 10, 24) + {WEBP!r})",
        "write(head.pack(b'F', 0, 0, 3) + b'xyz')",
        "write(b'x' * 200_000_000)",
    ],
)
def test_what_is_no_picture_is_not_taken_for_one(lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = hijacked(tmp_path, monkeypatch, lines)
    assert drawn.pictures == ()
    assert drawn.problem in ("damaged", "demanding")


def test_no_more_pictures_are_taken_than_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f"write((head.pack(b'T', 10, 10, 24) + {WEBP!r}) + (head.pack(b'P', 10, 10, 24) + {WEBP!r}) * 50)"
    assert len(hijacked(tmp_path, monkeypatch, lines).pictures) == 3


CONFINED = """
import os, socket, sys, resource
sys.path.insert(0, {folder!r})
import drawing
drawing.confine(5)
def refused(what):
    try:
        what()
    except (OSError, MemoryError):
        return True
    return False
print([refused(one) for one in (lambda: open("/etc/hostname"), lambda: socket.socket(), lambda: os.pipe(),
    lambda: bytearray(2 << 30), lambda: os.open("/proc/self/environ", os.O_RDONLY))], resource.getrlimit(resource.RLIMIT_CPU))
"""


def test_the_process_that_draws_can_open_nothing() -> None:
    """No file, no socket, no pipe, and no more memory than it has."""
    program = CONFINED.format(folder=str(Path(drawing.__file__).parent))
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[True, True, True, True, True] (5, 5)", done.stderr


def test_it_is_told_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_MASTER_KEY", "canary")
    told = tmp_path / "told"
    program = tmp_path / "listing.py"
    program.write_text(
        "import os, sys\nopen_ones = sorted(int(one) for one in os.listdir('/proc/self/fd'))[:-1]\n"
        f"open({str(told)!r}, 'w').write(repr(('PORTICO_MASTER_KEY' in os.environ, sys.argv[1:], open_ones)))\n"
    )
    monkeypatch.setattr(rendering, "_PROGRAM", program)
    draw("pdf", [b""], 2)
    assert told.read_text() == "(False, ['pdf', '2', '20'], [0, 1, 2])"


def test_one_is_drawn_at_a_time() -> None:
    with rendering._ONE_AT_A_TIME, pytest.raises(rendering.BusyDrawingError):
        draw("pdf", [b""], 1)
    assert draw("pdf", [documents.pages(1)], 1).pages == 1


def test_what_is_to_be_drawn_lies_nowhere_in_the_clear() -> None:
    with rendering._nameless() as file:
        assert os.readlink(f"/proc/self/fd/{file.fileno()}").startswith("/memfd:")
