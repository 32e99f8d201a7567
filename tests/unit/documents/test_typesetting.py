"""What is set is what was given, whatever it looks like; by the process that sets it, with its limits."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from tests.unit.documents.setting import company, fonts, pages, pdf
from tests.unit.files import corpus

from portico.branding.lookup import package_folder
from portico.documents import rendering, typesetting
from portico.documents.errors import DocumentError
from portico.documents.rendering import typeset

FONTS = [package_folder("portico") / "static/portico/fonts/print"]
HOSTILE = [
    '#import "@preview/cetz:0.1.0"',
    '#read("/etc/passwd")',
    "$ x^2 $ *bold* _it_ `raw` <label> @ref",
    '#(while true {})',
    '"] #panic("out") [',
    "\\u{41} \\ // no comment /* nor this */",
    "= Heading",
    "{page} of {pages}",
]

ENDLESS = "#for a in range(1000000) { for b in range(1000000) { let c = a * b } }"


def plain(source: str, **limits: float) -> bytes:
    limited = {name: int(value) if name == "cpu_s" else value for name, value in limits.items()}
    return typeset('#set document(title: "t")\n' + source, {}, 0, FONTS, **limited)  # type: ignore[arg-type]


def test_markup_of_others_is_text() -> None:
    [page] = pages(pdf(HOSTILE, note=HOSTILE[1], title="Quote #read(1)", customer={"name": HOSTILE[0], "lines": HOSTILE[:2]}))
    for one in HOSTILE:
        assert one in page
    assert "Quote #read(1)" in page


@pytest.mark.parametrize(
    "source",
    ['#read("/etc/passwd")', '#read("inter-400.ttf", encoding: none)', '#import "@preview/cetz:0.3.0"', '#include "/other.typ"'],
)
def test_a_template_opens_nothing(source: str) -> None:
    """Also what lies in the folder of fonts, whose names it might know: nothing can be opened once there is something to set."""
    with pytest.raises(DocumentError) as refused:
        plain(source)
    assert refused.value.diagnosis.startswith("error:")
    assert pages(plain("fine")) == ["fine"]


@pytest.mark.parametrize("source", [ENDLESS, "#{ let x = (1,); for i in range(60) { x = x + x } }", "#let f(n) = f(n + 1)\n#f(0)"])
def test_none_takes_more_than_it_may(source: str) -> None:
    with pytest.raises(DocumentError):
        plain(source, cpu_s=2, patience_s=30)


def test_who_hangs_is_ended() -> None:
    with pytest.raises(DocumentError, match="could not be made") as ended:
        plain(ENDLESS, cpu_s=60, patience_s=1)
    assert "limits" in ended.value.diagnosis


def test_its_process_has_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    real = subprocess.Popen

    def watched(*arguments: object, **options: object) -> object:
        seen.update(options)
        return real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(rendering.subprocess, "Popen", watched)
    plain("fine")
    assert seen["env"] == {}


def test_the_same_data_gives_the_same_bytes() -> None:
    one, other = (hashlib.sha256(pdf(["Tube", "أنبوب"])).hexdigest() for _ in range(2))
    assert one == other
    assert hashlib.sha256(pdf(["Tube", "أنبوبة"])).hexdigest() != one


def test_it_can_be_kept_for_years_and_be_read_aloud() -> None:
    made = pdf(["Tube"], locale="fr")
    assert b"<pdfaid:part>3</pdfaid:part>" in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made
    assert b"<pdfuaid:part>1" in made
    assert b"/StructTreeRoot" in made
    assert re.search(rb"/Lang ?\(fr\)", made)
    with pypdfium2.PdfDocument(made) as opened:
        told = opened.get_metadata_dict()
    assert (told["Title"], told["Author"]) == ("Quote 7", "Mill Lane Steel")
    assert told["CreationDate"].startswith("D:20261120093000")


@pytest.mark.parametrize(
    ("font", "expected"),
    [("inter", {"Inter-Regular"}), ("system", {"Inter-Regular"}), ("source-serif-4", {"SourceSerif4-Regular"}),
     ("readex-pro", {"ReadexPro-Regular"})],
)  # fmt: skip
def test_it_has_the_companys_font_and_none_of_the_machines(font: str, expected: set[str]) -> None:
    made = pdf(["Tube"], tenant=company(brand={"font": font}))
    assert expected <= fonts(made)
    assert fonts(made) <= {f"{one}-{weight}" for one in ("Inter", "SourceSerif4", "ReadexPro") for weight in ("Regular", "SemiBold")}


def test_a_theme_sets_it_otherwise() -> None:
    assert "IBMPlexMono-Regular" in fonts(pdf(["Tube"], tenant=company(theme="portico_ledger")))
    assert "IBMPlexMono-Regular" not in fonts(pdf(["Tube"]))


def test_arabic_can_be_read_copied_and_found() -> None:
    [page] = pages(pdf(["أنبوب صلب 40 مم", "الضريبة شركة ديسمبر", "Tube مرحبا 12,5 mm"], locale="ar", title="العرض 7"))
    for words in ("أنبوب صلب 40 مم", "الضريبة شركة ديسمبر", "مرحبا", "صفحة 1 من 1"):
        assert words in page
    assert page.index("العرض") < page.index("أنبوب") < page.index("الضريبة"), "in the order of reading"


def test_amounts_keep_the_order_of_their_digits() -> None:
    turned = "\u202e1234\u202c"
    [page] = pages(pdf([f"Tube {turned}"], locale="ar"))
    assert "1234" in page


def test_a_long_document_repeats_its_heading_and_counts_its_pages() -> None:
    made = pages(pdf([f"Tube {number}" for number in range(500)]))
    assert len(made) > 10
    for number, page in enumerate(made, 1):
        assert f"Page {number} of {len(made)}" in page
    for page in made[:-1]:
        assert "Item Quantity Price Tax Total" in page
    assert "Tube 499" in "".join(made)


@pytest.mark.parametrize("size", [(480, 120), (60, 160), (480, 20)])
@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_logo_begins_where_the_text_does(size: tuple[int, int], locale: str) -> None:
    """And is no higher than it may be."""
    logo = {"type": "image/png", "data": base64.b64encode(corpus.picture("PNG", "RGB", size)).decode()}
    with pypdfium2.PdfDocument(pdf(["Tube"], locale=locale, tenant=company(brand={"logo": logo}))) as opened:
        [picture] = [one for one in opened[0].get_objects() if isinstance(one, pypdfium2.PdfImage)]
        left, bottom, right, top = picture.get_bounds()
        width = opened[0].get_width()
    margin = 18 / 25.4 * 72
    assert abs((left if locale == "en" else width - right) - margin) < 1
    assert top - bottom < 16 / 25.4 * 72
    assert abs((right - left) / (top - bottom) - size[0] / size[1]) < 0.1


def test_nothing_to_list_is_said() -> None:
    [page] = pages(pdf([], mark="Draft", warning="Binds nobody."))
    assert "Empty" in page
    assert "Binds nobody." in page
    assert "Draft" in page


def test_long_words_stay_within_their_column() -> None:
    made = pdf(["W" * 300])
    with pypdfium2.PdfDocument(made) as opened:
        text = opened[0].get_textpage()
        boxes = [text.get_charbox(place) for place in range(text.count_chars()) if text.get_text_range(place, 1) == "W"]
        width = opened[0].get_width()
    assert len(boxes) >= 300
    assert max(right for _left, _bottom, right, _top in boxes) < width * 0.75


def test_what_no_font_has_costs_the_archive_and_not_the_document() -> None:
    made = pdf(["漢字 🎉 Tube"])
    assert b"pdfaid:part" not in made
    assert b"/StructTreeRoot" in made
    assert "Tube" in pages(made)[0]


@pytest.mark.parametrize(("zone", "size"), [("Europe/London", (595, 842)), ("America/New_York", (612, 792))])
def test_paper_is_that_of_the_companys_region(zone: str, size: tuple[int, int]) -> None:
    with pypdfium2.PdfDocument(pdf(["Tube"], tenant=company(time_zone=zone))) as opened:
        width, height = opened[0].get_size()
    assert (round(width), round(height)) == size


def test_what_is_no_request_ends_in_a_failure() -> None:
    run = subprocess.run(
        [sys.executable, "-I", str(Path(typesetting.__file__)), "2", str(FONTS[0])], input=b"{", capture_output=True, env={},
    )
    assert run.returncode != 0
    assert not run.stdout.startswith(typesetting.ARCHIVAL)
    assert os.path.isdir(FONTS[0])
