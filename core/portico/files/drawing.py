"""The program that draws previews, in a process of its own: a file comes in, pictures go out, and nothing else is in reach.

Whoever sent the file wrote what is decoded here, so this process begins with an empty environment, limits its own memory, time
and output, and before it reads the first byte gives up opening anything: no file, no socket, no other program. It is run by
`rendering` as a script, and imports nothing of the portal.

Usage: drawing.py pdf|picture PAGES SECONDS (of a processor). Input: the file. Output: records of HEAD and bytes.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY = 1 << 30
"""Bytes of address space. A page of 1000 × 2000 pixels needs 8 MB, a picture of 40 million pixels 160 MB, the program 200 MB."""
OUTPUT = 16 << 20
WIDTH, TALLEST = 1000, 2000
PICTURES = ("PNG", "JPEG", "WEBP", "GIF")
THUMBNAIL = (320, 320)
MOST_PIXELS = 40_000_000
HEAD = struct.Struct(">cIII")
"""What a record is (one of the letters below), width and height in pixels (of DOCUMENT: pages, 0), bytes that follow."""
DOCUMENT, PREVIEW, PAGE, FAILURE = b"D", b"T", b"P", b"F"
LOCKED, DAMAGED, EMPTY, DEMANDING = b"locked", b"damaged", b"empty", b"demanding"
_PASSWORD, _SECURITY = 4, 5
"""FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY (fpdfview.h)."""


def confine(cpu_s: int) -> None:
    """From here on this process has what it has. The limits cannot be raised again but by root."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main(kind: str, most: int, cpu_s: int, source: IO[bytes], target: IO[bytes]) -> None:
    import pypdfium2
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    _rehearse()
    confine(cpu_s)
    try:
        if kind == "pdf":
            _draw_pdf(source.read(), most, target)
        else:
            _draw_picture(source.read(), target)
    except MemoryError:
        _put(target, FAILURE, DEMANDING)
    except pypdfium2.PdfiumError as error:
        _put(target, FAILURE, LOCKED if error.err_code in (_PASSWORD, _SECURITY) else DAMAGED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _put(target, FAILURE, DEMANDING)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError):
        _put(target, FAILURE, DAMAGED)


def _rehearse() -> None:
    """Loads all that will be needed, for later nothing can be opened: these libraries import parts at their first use."""
    import pypdfium2
    from PIL import Image

    for name in PICTURES:
        file = io.BytesIO()
        Image.new("P", (8, 8)).convert("RGB" if name in ("JPEG", "WEBP") else "P").save(file, name)
        _draw_picture(file.getvalue(), io.BytesIO())
    document = pypdfium2.PdfDocument.new()
    document.new_page(8, 8)
    file = io.BytesIO()
    document.save(file)
    _draw_pdf(file.getvalue(), 1, io.BytesIO())


def _draw_pdf(data: bytes, most: int, target: IO[bytes]) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    count = len(document)
    if count < 1:
        _put(target, FAILURE, EMPTY)
        return
    _put(target, DOCUMENT, b"", count)
    for number in range(min(count, most)):
        page = document[number]
        width, height = page.get_size()
        if not (0 < width < float("inf") and 0 < height < float("inf")):
            raise ValueError("a page without a size")
        bitmap = page.render(scale=min(WIDTH / width, TALLEST / height), draw_annots=True)
        picture = bitmap.to_pil().convert("RGB")
        _put_pages(target, picture, number == 0)
        bitmap.close()
        page.close()


def _draw_picture(data: bytes, target: IO[bytes]) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=PICTURES) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise MemoryError
        if opened.format == "JPEG":
            opened.draft("RGB", (WIDTH, TALLEST))  # decoded at a half or less of its size
        if opened.mode in ("L", "RGB", "CMYK", "RGBA", "LA"):  # others are small enough, and have no half tones to go by
            opened.thumbnail((WIDTH, TALLEST))  # before there is a copy
        picture = _on_white(opened)
    picture.thumbnail((WIDTH, TALLEST))
    _put(target, DOCUMENT, b"", 1)
    _put_pages(target, picture, True)


def _on_white(opened: Image) -> Image:
    from PIL import Image

    if opened.mode not in ("RGBA", "LA", "PA") and "transparency" not in opened.info:
        return opened.convert("RGB")
    with_alpha = opened.convert("RGBA")
    picture = Image.new("RGB", with_alpha.size, "white")
    picture.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return picture


def _put_pages(target: IO[bytes], picture: Image, first: bool) -> None:
    if first:
        small = picture.copy()
        small.thumbnail(THUMBNAIL)
        _put(target, PREVIEW, _webp(small), *small.size)
    _put(target, PAGE, _webp(picture), *picture.size)


def _webp(picture: Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=80, method=3)
    return file.getvalue()


def _put(target: IO[bytes], letter: bytes, content: bytes, width: int = 0, height: int = 0) -> None:
    """Whole at once, so that what was drawn before a limit is reached counts."""
    target.write(HEAD.pack(letter, width, height, len(content)) + content)
    target.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer, sys.stdout.buffer)
