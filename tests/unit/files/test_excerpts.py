"""What is shown of texts and tables: their beginning, as text and nothing else."""

from __future__ import annotations

import pytest

from portico.files.excerpts import LONGEST_LINE, MOST_CELLS, MOST_LINES, MOST_ROWS, excerpt


def test_lines_are_shown_as_they_are() -> None:
    assert excerpt("Größe\r\n\tمقاس 5\n".encode(), "txt", True) == {"text": "Größe\n\tمقاس 5", "more": False}


def test_another_alphabet_of_one_byte_a_letter_is_read() -> None:
    assert excerpt("Größe".encode("cp1252"), "txt", True)["text"] == "Größe"


def test_a_letter_that_was_cut_makes_no_other_alphabet() -> None:
    assert excerpt("Größe\nمقاس".encode()[:-1], "txt", False) == {"text": "Größe", "more": True}


def test_what_turns_the_direction_of_writing_is_left_out() -> None:
    assert excerpt("pay \u202e001\u202c \u2066x\u2069\x1b[31m".encode(), "txt", True)["text"] == "pay 001 x[31m"


def test_much_is_cut_and_said_to_be() -> None:
    found = excerpt(b"line\n" * (MOST_LINES + 1), "txt", True)
    assert found == {"text": "\n".join(["line"] * MOST_LINES), "more": True}
    assert excerpt(b"x" * (LONGEST_LINE + 1), "txt", True) == {"text": "x" * LONGEST_LINE, "more": True}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_a_table(separator: str) -> None:
    text = f'Part{separator}Count\n"4711{separator} left"{separator}=1+1\n'
    assert excerpt(text.encode(), "csv", True) == {"rows": [["Part", "Count"], [f"4711{separator} left", "=1+1"]], "more": False}


def test_a_large_table_is_cut() -> None:
    row = ",".join(["x"] * (MOST_CELLS + 1)) + "\n"
    found = excerpt((row * (MOST_ROWS + 1)).encode(), "csv", True)
    assert (len(found["rows"]), {len(one) for one in found["rows"]}, found["more"]) == (MOST_ROWS, {MOST_CELLS}, True)


@pytest.mark.parametrize("text", ["no table at all", "one,row", 'a,b\n"' + "x" * 200_000, "\n\n"])
def test_what_is_no_table_is_a_text(text: str) -> None:
    assert "text" in excerpt(text.encode(), "csv", True)


def test_a_text_that_is_no_csv_by_its_name_is_no_table() -> None:
    assert excerpt(b"a,b\n1,2\n", "txt", True)["text"] == "a,b\n1,2"
