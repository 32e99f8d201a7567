"""Lines by code: one by keyboard, many pasted or from a file, each row's problem said (QUO-1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portico_quotes.fields import LONGEST_LINE_NOTE


@pytest.fixture
def draft(shop: Any) -> str:
    return str(shop.draft(shop.api(), WOOD_1="1")["id"])


def lines(shop: Any, quote_id: str) -> dict[str, Decimal]:
    found = shop.api().get(f"/quotes/{quote_id}").json["lines"]
    return {line["code"]: Decimal(line["quantity"]) for line in found}


def many(shop: Any, quote_id: str, text: str, status: int = 200, **fields: Any) -> Any:
    return shop.customer().post(f"/quotes/{quote_id}/lines/many", {"text": text, **fields}, status=status)


def test_a_code_and_a_quantity_make_a_line(shop: Any, draft: str) -> None:
    customer = shop.customer()
    assert f"/quotes/{draft}/lines/code" in customer.get(f"/quotes/{draft}/edit").text
    customer.post(f"/quotes/{draft}/lines/code", {"code": " steel-1 ", "quantity": "2"}, status=303)
    customer.post(f"/quotes/{draft}/lines/code", {"code": "STEEL-1", "quantity": "3"}, status=303)
    assert lines(shop, draft) == {"WOOD-1": 1, "STEEL-1": 5}
    refused = customer.post(f"/quotes/{draft}/lines/code", {"code": "NOTHING", "quantity": "3"}, status=422)
    assert "There is no item with this code." in refused.text
    assert "The code is missing." in customer.post(f"/quotes/{draft}/lines/code", {"code": " ", "quantity": "3"}, status=422).text


@pytest.mark.parametrize("text", [
    "STEEL-1\t10\nALU-1\t2.5", "STEEL-1;10;by Monday\nalu-1;2.5", "Code,Quantity\nSTEEL-1,10\n\nALU-1,2.5", "STEEL-1 10\nALU-1   2.5",
    '"STEEL-1";"10"\r\n"ALU-1";"2.5"\r\n', "STEEL-1 4\nSTEEL-1 6\nALU-1 2.5",
])
def test_what_spreadsheets_give_is_looked_at_first_and_then_added(shop: Any, draft: str, text: str) -> None:
    looked_at = many(shop, draft, text)
    assert "What would be added" in looked_at.text
    assert "Steel sheet 2 mm" in looked_at.text
    assert lines(shop, draft) == {"WOOD-1": 1}
    many(shop, draft, text, status=303, add="1")
    assert lines(shop, draft) == {"WOOD-1": 1, "STEEL-1": 10, "ALU-1": Decimal("2.5")}
    (steel,) = [line for line in shop.api().get(f"/quotes/{draft}").json["lines"] if line["code"] == "STEEL-1"]
    assert (steel["unit_price"], steel["note"]) == ("900.00", "by Monday" if "Monday" in text else "")


def test_rows_that_cannot_be_added_stay_with_their_reason(shop: Any, draft: str) -> None:
    text = "STEEL-1\t2\nGONE-9\t1\nALU-1\tmany\nWOOD-1\t3\n\t5\nBOLT-8\t-1\nCUT\t9999999"
    looked_at = many(shop, draft, text).text
    assert "5 lines need another look." in looked_at
    for words in ("Line 2", "There is no item with this code.", "This is not a number.", "The code is missing.", "Enter more than zero.", "At most"):
        assert words in looked_at
    page = many(shop, draft, text, add="1")
    assert lines(shop, draft) == {"WOOD-1": 4, "STEEL-1": 2}
    kept = page.text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "GONE-9\t1" in kept
    assert "STEEL-1" not in kept


@pytest.mark.parametrize(("content", "said"), [
    (b"", "Paste or type at least one line"), (b"\xff\xfe\x00\x01\x00", "This file is no text."), (b"A 1\n" * 25_001, "too large"),
    (b"A 1\n" * 502, "At most 500 lines at once."), (b"PK\x03\x04\x00\x00\x00", "This file is no text."),
])
def test_a_file_that_cannot_be_read_is_explained(shop: Any, draft: str, content: bytes, said: str) -> None:
    page = shop.customer().post(f"/quotes/{draft}/lines/many", {"text": ""}, upload_files=[("file", "order.csv", content)], status=422)
    assert said in page.text
    assert lines(shop, draft) == {"WOOD-1": 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_as_spreadsheets_write_it(shop: Any, draft: str, encoding: str) -> None:
    content = "STEEL-1;2;découpé\n".encode(encoding)
    page = shop.customer().post(
        f"/quotes/{draft}/lines/many", {"text": "", "add": "1"}, upload_files=[("file", "order.csv", content)], status=303)
    assert page.status_int == 303
    assert [line["note"] for line in shop.api().get(f"/quotes/{draft}").json["lines"]] == ["", "découpé"]


def test_no_more_lines_than_a_quote_has(shop: Any, draft: str) -> None:
    text = "\n".join(f"CODE-{number} 1" for number in range(500))
    assert "500 lines need another look." in many(shop, draft, text).text


def test_nobody_else_adds_to_it_and_what_is_sent_takes_no_more(shop: Any, draft: str) -> None:
    shop.company.customer().post(f"/quotes/{draft}/lines/many", {"text": "STEEL-1 1", "add": "1"}, status=404)
    shop.api().json("post", f"/quotes/{draft}/submit", {})
    many(shop, draft, "STEEL-1 1", status=409, add="1")
    shop.customer().post(f"/quotes/{draft}/lines/code", {"code": "STEEL-1"}, status=409)


def test_a_note_that_is_too_long_is_cut_and_that_is_said_before_and_after(shop: Any, draft: str) -> None:
    text = f"STEEL-1;2;{'n' * LONGEST_LINE_NOTE}\nALU-1;1;{'m' * LONGEST_LINE_NOTE}!"
    looked_at = many(shop, draft, text).text
    assert "1 note was too long and was cut." in looked_at
    assert "Line 2" in looked_at
    customer = shop.customer()
    customer.post(f"/quotes/{draft}/lines/many", {"text": text, "add": "1"}, status=303)
    assert "Notes that were too long were cut (lines: 2)." in customer.get(f"/quotes/{draft}/edit").text
    notes = {line["code"]: line["note"] for line in shop.api().get(f"/quotes/{draft}").json["lines"]}
    assert notes == {"WOOD-1": "", "STEEL-1": "n" * LONGEST_LINE_NOTE, "ALU-1": "m" * LONGEST_LINE_NOTE}


def test_notes_of_several_rows_that_are_too_long_together_are_cut_and_that_is_said(shop: Any, draft: str) -> None:
    half = "n" * (LONGEST_LINE_NOTE // 2 + 1)
    text = f"STEEL-1;2;{half}\nSTEEL-1;1;{half}\nALU-1;1;short"
    customer = shop.customer()
    customer.post(f"/quotes/{draft}/lines/many", {"text": text, "add": "1"}, status=303)
    assert "Notes that were too long were cut (lines: 2)." in customer.get(f"/quotes/{draft}/edit").text
