"""Takes a picture from a stranger: told by its content, drawn anew, small enough to live in the company's settings."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from portico.errors import InvalidError
from portico.web.i18n import _

MOST_BYTES = 512 * 1024
MOST_STORED_BYTES = 64 * 1024
MOST_PIXELS = 20_000_000  # what a bomb of 512 kB could unfold to is refused before it is unfolded
SIZE = (480, 160)
FAVICON = 32
FAVICON_COLOURS = 64
"""Part of every page, so that it costs no request: a few hundred bytes."""
FORMATS = ("PNG", "JPEG", "WEBP")  # no SVG: it can carry scripts


def make_logo(data: bytes) -> dict[str, Any]:
    """What `tenant.brand["logo"]` holds: {"data" base64, "type", "digest", "width", "height", "favicon" base64 PNG}.

    Raises InvalidError at the field "logo". Nothing of the file itself is kept: no metadata, no trailing bytes.
    """
    if len(data) > MOST_BYTES:
        raise _refused(_("This picture is larger than 512 kB. Choose a smaller one."))
    picture = _read(data)
    favicon = _favicon(picture)
    picture.thumbnail(SIZE, Image.Resampling.LANCZOS)
    stored, content_type = _encode(picture)
    return {
        "data": _text(stored),
        "type": content_type,
        "digest": hashlib.sha256(stored).hexdigest()[:16],
        "width": picture.width,
        "height": picture.height,
        "favicon": _text(favicon),
    }


def _read(data: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _refused(_("This picture has too many pixels. Choose a smaller one."))
            return ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(_("This is not a picture that can be used. Choose a PNG, JPEG or WebP file.")) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise _refused(_("This picture is damaged. Save it again and choose the new file.")) from None


def _encode(picture: Image.Image) -> tuple[bytes, str]:
    """PNG if it fits, else WebP of falling quality: the first that takes at most MOST_STORED_BYTES."""
    attempts: list[tuple[str, dict[str, Any]]] = [("PNG", {"optimize": True})]
    attempts += [("WEBP", {"quality": quality, "method": 4}) for quality in (90, 75, 50, 25)]
    for name, options in attempts:
        encoded = _bytes(picture, name, options)
        if len(encoded) <= MOST_STORED_BYTES:
            return encoded, f"image/{name.lower()}"
    raise _refused(_("This picture has too much detail for a logo. Choose a simpler one."))


def _favicon(picture: Image.Image) -> bytes:
    """The whole logo on a transparent square."""
    square = ImageOps.pad(picture, (FAVICON, FAVICON), color=(0, 0, 0, 0))
    few = square.quantize(FAVICON_COLOURS, method=Image.Quantize.FASTOCTREE)
    return _bytes(few, "PNG", {"optimize": True})


def _bytes(picture: Image.Image, name: str, options: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refused(message: Any) -> InvalidError:
    return InvalidError(fields={"logo": message})
