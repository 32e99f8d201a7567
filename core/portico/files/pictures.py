"""Pictures are drawn anew: their pixels are kept, without where and by whom they were taken and whatever else was in the file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from portico.files.errors import FileRefusedError
from portico.web.i18n import _

MOST_PIXELS = 40_000_000
"""What a phone takes. A picture of that size needs 160 MB while it is drawn: so one at a time in a process."""
MEMORY = 1 << 20
"""Bytes of a picture that are kept in memory; more goes to a file without a name."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 90, "optimize": True},
    "WEBP": {"quality": 90, "method": 2},
    "GIF": {},
}
_ONE_AT_A_TIME = threading.Lock()


def drawn_anew(kind: str) -> Callable[[IO[bytes]], IO[bytes]]:
    """A check for pictures of this kind of Pillow's: gives the new one. Only the first picture of several is kept."""

    def draw(source: IO[bytes]) -> IO[bytes]:
        source.seek(0)
        with _ONE_AT_A_TIME:
            return _drawn(source, kind)

    return draw


def _drawn(source: IO[bytes], kind: str) -> IO[bytes]:
    target = cast(IO[bytes], SpooledTemporaryFile(MEMORY))
    try:
        _draw(source, kind, target)
    except BaseException as error:
        target.close()
        raise _refusal(error) from None
    target.seek(0)
    return target


def _draw(source: IO[bytes], kind: str, target: IO[bytes]) -> None:
    from PIL import Image, ImageOps  # 6 MB that a process without uploads does without

    with Image.open(source, formats=(kind,)) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise _too_large()
        opened.load()
        picture = ImageOps.exif_transpose(opened)
        picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
        if kind == "JPEG" and picture.mode not in ("L", "RGB", "CMYK"):
            picture = picture.convert("RGB")
        picture.save(target, kind, exif=b"", **_OPTIONS[kind])


def _refusal(error: BaseException) -> BaseException:
    """What is to be said of what Pillow raised; its decoders raise all kinds of things at damaged files."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return _too_large()
    if isinstance(error, UnidentifiedImageError):
        return FileRefusedError(_("This is no picture that can be read. Save it as a PNG or JPEG file."))
    if isinstance(error, OSError | SyntaxError | ValueError | EOFError | MemoryError | IndexError | TypeError | OverflowError):
        return FileRefusedError(_("This picture is damaged. Save it again and choose the new file."))
    return error


def _too_large() -> FileRefusedError:
    megapixels = {"most": MOST_PIXELS // 1_000_000}
    return FileRefusedError(_("This picture has more than ${most} million pixels. Make it smaller.", mapping=megapixels))
