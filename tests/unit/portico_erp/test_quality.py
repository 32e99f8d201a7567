"""What a package says of a rule is held against what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico_erp.conformance.quality import NONE, RULES, Claim, Outcome, QualityError, judge, read, rung

DONE = dict.fromkeys(RULES, Claim("done"))
SHOWN = {name: Outcome(passed=1) for name in RULES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package that keeps every rule that can be seen in it."""
    (tmp_path / "README.md").write_text("word " * 60)
    (tmp_path / "py.typed").touch()
    for language in ("fr", "ar"):
        po = tmp_path / f"locale/{language}/LC_MESSAGES/{tmp_path.name}.po"
        po.parent.mkdir(parents=True)
        po.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    return tmp_path


def test_who_keeps_everything_stands_at_the_top(folder: Path) -> None:
    standings = judge(DONE, SHOWN, folder, proven=True)
    assert [one for one in standings if one.complaint] == []
    assert rung(standings) == "platinum"


@pytest.mark.parametrize(
    ("rule", "reached"), [("faults", "bronze"), ("settings-checked", NONE), ("recorded", "silver"), ("live", "gold")]
)
def test_what_is_to_do_ends_the_climb(folder: Path, rule: str, reached: str) -> None:
    assert rung(judge({**DONE, rule: Claim("todo")}, SHOWN, folder, proven=True)) == reached
    assert rung(judge({**DONE, rule: Claim("exempt", "It has none.")}, SHOWN, folder, proven=True)) == "platinum"


@pytest.mark.parametrize(
    "outcome", [Outcome(), Outcome(passed=3, failed=1), Outcome(passed=3, skipped=("the stage has no deleted",))]
)
def test_rule_that_no_test_shows_is_not_believed(folder: Path, outcome: Outcome) -> None:
    standings = judge(DONE, {**SHOWN, "deletions": outcome}, folder, proven=True)
    assert [one.rule.name for one in standings if one.complaint] == ["deletions"]
    assert rung(standings) == "silver"


def test_package_is_looked_at(folder: Path) -> None:
    (folder / "README.md").write_text("Short.")
    (folder / "py.typed").unlink()
    (folder / "hooks.py").write_text('from x import _\n\nTITLE = _("A title")\n')
    standings = judge(DONE, SHOWN, folder, proven=False)
    assert {one.rule.name for one in standings if one.complaint} == {
        "capabilities-proven",
        "described",
        "typed",
        "translated",
    }


@pytest.mark.parametrize(
    "text",
    ['[rules]\nno-such = "done"', '[rules]\npaging = "perhaps"', "[rules]\npaging = { exempt = ' ' }", "x = 1", "[rules"],
)
def test_file_that_says_nonsense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "quality.toml").write_text(text)
    with pytest.raises(QualityError):
        read(tmp_path)


def test_rule_that_is_not_named_is_to_do(tmp_path: Path) -> None:
    assert set(read(tmp_path).values()) == {Claim("todo")}
