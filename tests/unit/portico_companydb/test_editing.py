"""The form of a mapping's entity says what the mapping says, there and back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.old_erp import mapping

from portico_companydb.foreign import editing, guesses
from portico_companydb.foreign.document import MappingError, load, parse
from portico_companydb.foreign.entities import entity, paths


@pytest.mark.parametrize("path", [path for path in paths() if editing.source(mapping(), path)])
def test_form_there_and_back_is_the_same_mapping(path: str) -> None:
    raw = mapping()
    said = editing.source(raw, path)
    flat = {name: value for name, value in editing.shown(said, entity(path)).items() if value}
    again = editing.placed(raw, path, editing.read(flat, entity(path), said))
    assert parse(again, "EUR").sources == parse(raw, "EUR").sources


def test_what_the_form_does_not_show_stays_as_it_was() -> None:
    words = {f"W{n}": "material" for n in range(editing.WORDS + 20)}
    said = {"table": "T", "only": {"column": "FIRMA", "not": ["02"]}, "gone": [{"column": "AKTIV", "not": ["J"]}],
            "fields": {"kind": {"column": "ART", "values": words}}}  # fmt: skip
    shown = {name: value for name, value in editing.shown(said, entity("items")).items() if value}
    sent = {name: value for name, value in shown.items() if not name.startswith(("kind.word.6", "kind.word.7", "kind.ours.6", "kind.ours.7"))}
    again = editing.read(sent, entity("items"), said)
    assert again["only"] == [{"column": "FIRMA", "not": ["02"]}]
    assert again["gone"] == [{"column": "AKTIV", "not": ["J"]}]
    assert again["fields"]["kind"]["values"] == words


def test_what_is_mapped_no_longer_takes_its_parts_with_it() -> None:
    found = editing.placed(mapping(), "orders", None)
    assert "orders" not in found
    assert "lines" not in editing.placed(mapping(), "orders.lines", None)["orders"]


def test_guesses_go_by_name_and_kind_and_take_no_column_twice() -> None:
    found = {"ARTNR": "text", "BEZ1": "text", "VKPR": "decimal", "ME": "text", "LOEKZ": "text", "KZ": "text"}
    guessed = guesses.columns(entity("items"), found)
    assert {name: guessed.get(name) for name in ("code", "name", "price", "unit", "kind")} == {
        "code": "ARTNR", "name": "BEZ1", "price": "VKPR", "unit": "ME", "kind": "KZ",
    }  # fmt: skip
    assert len(set(guessed.values())) == len(guessed)
    assert "price" not in guesses.columns(entity("items"), {"price": "moment"})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"surprise": 1}, "mapping.surprise"),
        ({"currency": "XXQ"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"items": 1}, "items"),
        ({"items": {}}, "items"),
        ({"items": {"table": "a", "query": "SELECT 1"}}, "items"),
        ({"items": {"table": "a", "fields": {"name": "n"}}}, "items.fields.price"),
        ({"items": {"table": "a", "fields": {"name": "n", "price": "p"}}}, "items.key"),
        ({"items": {"table": "a", "key": [1], "fields": {"name": "n", "price": "p"}}}, "items.key"),
        ({"items": {"table": "a", "key": "k", "fields": {"name": {}, "price": "p"}}}, "items.fields.name"),
        ({"items": {"table": "a", "key": "k", "fields": {"name": "n", "price": {"column": "p", "scale": "x"}}}}, "items.fields.price"),
        ({"items": {"table": "a", "key": "k", "fields": {"name": "n", "price": "p", "kind": {"value": "car"}}}}, "items.fields.kind"),
        ({"quotes": {"table": "a", "key": "k", "fields": {"customer": "c", "status": "s"}, "lines": {"table": "b"}}}, "quotes.lines"),
        ({"submission": {"table": "a"}}, "submission.values"),
        ({"submission": {"table": "a", "values": {"x": "note"}}}, "submission.lines"),
    ],
)
def test_mapping_that_makes_no_sense_says_where(change: dict[str, Any], path: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse(mapping() | change, "EUR")
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize("text", ["[", "{", "{]", "a = ", "[" * 5000, "{" * 5000, "x" * 100_001])
def test_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MappingError):
        load(text)


def test_capabilities_follow_from_what_is_mapped() -> None:
    whole = parse(mapping(), "EUR")
    assert whole.capabilities == {
        "catalogue", "customers", "prices", "quotes", "quote_submission", "orders", "deliveries", "invoices",
        "payments",
    }  # fmt: skip
    only = parse({name: mapping()[name] for name in ("items", "submission")}, "EUR")
    assert only.capabilities == {"catalogue"}
