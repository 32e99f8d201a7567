"""PDFs as programs and attackers write them, in memory and without a library."""

from __future__ import annotations

import zlib

Objects = dict[int, bytes]


def pdf(objects: Objects, trailer: bytes = b"") -> bytes:
    """Objects by number, of which 1 is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    begin, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, begin)
    return bytes(out)


def stream(content: bytes, more: bytes = b"", packed: bool = False) -> bytes:
    if packed:
        content, more = zlib.compress(content, 9), more + b"/Filter/FlateDecode"
    return b"<</Length %d%s>>\nstream\n" % (len(content), more) + content + b"\nendstream"


def pages(count: int, width: float = 595, height: float = 842, drawing: bytes = b"1 0 0 rg 50 50 100 100 re f") -> bytes:
    """So many pages with the same drawing: a red square at the bottom left."""
    kids = b" ".join(b"%d 0 R" % (10 + number) for number in range(count))
    box = b"[0 0 %s %s]" % (b"%g" % width, b"%g" % height)
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count), 3: stream(drawing)}
    objects |= {10 + number: b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 3 0 R>>" % box for number in range(count)}
    return pdf(objects)


def locked() -> bytes:
    """Opens with a password that nobody knows: its hashes are of nothing."""
    encryption = b"/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<%s>/U<%s>>>/ID[<00><00>]" % (b"41" * 32, b"42" * 32)
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}, encryption)


def without_pages() -> bytes:
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"})


def endless(times: int = 200_000) -> bytes:
    """A page that is filled so many times, in some kilobytes: minutes of work, in little memory."""
    return pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>", 3: stream(b"0 0 595 842 re f\n" * times, packed=True),
        4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>",
    })


def pages_and_an_endless_one(count: int) -> bytes:
    """The first pages are empty."""
    kids = b" ".join(b"%d 0 R" % (10 + number) for number in range(count + 1))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]%s>>"
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count + 1),
               3: stream(b"0 0 595 842 re f\n" * 200_000, packed=True)}
    objects |= {10 + number: page % b"" for number in range(count)}
    return pdf(objects | {10 + count: page % b"/Contents 3 0 R"})


def nested() -> bytes:
    """A page of forms that draw forms, ten times each, twelve deep: more than any memory holds."""
    depth, times = 12, 10
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>", 3: stream(b"/F Do " * times)}
    objects[4] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<</XObject<</F 10 0 R>>>>>>"
    for level in range(depth):
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
        inner = b"/Resources<</XObject<</F %d 0 R>>>>" % (11 + level) if level < depth - 1 else b""
        drawn = b"/F Do " * times if level < depth - 1 else b"0 0 m 595 842 l S " * 100
        objects[10 + level] = stream(drawn, form + inner)
    return pdf(objects)


def stream_bomb(megabytes: int = 1200) -> bytes:
    """A page whose instructions unfold into more than the memory that there is, in some megabytes."""
    packer, piece = zlib.compressobj(9), bytes(1 << 20)
    first, further = (packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    data = first + further * (megabytes - 1)  # each part unfolds by itself
    return pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>", 3: stream(data, b"/Filter/FlateDecode"),
        4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>",
    })
