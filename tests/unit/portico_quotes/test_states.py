"""The state table: who moves a quote where, and what the company's word does to it."""

from __future__ import annotations

from pathlib import Path

import pytest

import portico_quotes
from portico.pluginhost.manifest import read_manifest
from portico_erp.values import QuoteStatus
from portico_quotes.states import (
    FINAL,
    KINDS,
    TITLES,
    TRANSITIONS,
    State,
    allowed,
    as_markdown,
    as_mermaid,
    from_company,
)

FOLDER = Path(portico_quotes.__file__).parent


def test_every_state_has_words_and_is_reached() -> None:
    assert set(TITLES) == set(KINDS) == set(State)
    assert {one.target for one in TRANSITIONS} == set(State)
    assert all(state in FINAL or any(state in one.sources for one in TRANSITIONS) for state in State)


def test_people_need_a_permission_that_exists() -> None:
    known = read_manifest(FOLDER).permissions
    for one in TRANSITIONS:
        assert (one.permission in known) if one.by == "customer" else not one.permission


@pytest.mark.parametrize("state", list(State))
def test_only_offers_can_be_accepted(state: State) -> None:
    assert allowed("accept", state) == (state in (State.PROCESSED, State.REVISED))
    assert allowed("decline", state) == allowed("accept", state)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("status", list(QuoteStatus))
def test_companys_word_counts_from_every_state(state: State, status: QuoteStatus) -> None:
    after = from_company(state, status, changed=False)
    expected = State.PROCESSED if status is QuoteStatus.PRICED else State(status.value)
    assert after == (State.REVISED if (state, expected) == (State.REVISED, State.PROCESSED) else expected)


def test_offer_with_other_prices_is_a_revision() -> None:
    assert from_company(State.PROCESSED, QuoteStatus.PRICED, changed=True) is State.REVISED
    assert from_company(State.PROCESSED, QuoteStatus.PRICED, changed=False) is State.PROCESSED
    assert from_company(State.SUBMITTED, QuoteStatus.PRICED, changed=True) is State.PROCESSED


def test_answer_on_its_way_is_not_undone_by_older_news() -> None:
    assert from_company(State.ACCEPTED, QuoteStatus.PRICED, changed=False, decided=True) is State.ACCEPTED
    assert from_company(State.ACCEPTED, QuoteStatus.PRICED, changed=False) is State.PROCESSED
    assert from_company(State.ACCEPTED, QuoteStatus.ORDERED, changed=False, decided=True) is State.ORDERED




def test_readme_shows_the_table_as_it_is() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert as_markdown() in readme
    assert as_mermaid() in readme
