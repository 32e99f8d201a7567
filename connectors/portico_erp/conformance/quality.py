"""The quality ladder: rules with a rung each, what a connector's package says of them, and what the tests saw.

`quality.toml` lies in the connector's package: `[rules]`, with each rule "done", "todo", or `{ exempt = "why" }`; one that is not
named is to do. What a test or a look at the package can see is checked, not believed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNGS = ("bronze", "silver", "gold", "platinum")
NONE = "none yet"


class QualityError(ValueError):
    """A quality.toml that cannot be used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """look: whether the package in this folder keeps it; None = the tests that are marked with it show it, if `tested`, else
    nobody can see it and the package is believed.
    """

    name: str
    rung: str
    sentence: str
    look: Callable[[Path], bool] | None = None
    tested: bool = True


def _described(folder: Path) -> bool:
    file = folder / "README.md"
    return file.is_file() and len(file.read_text(encoding="utf-8").split()) >= 60


def _translated(folder: Path) -> bool:
    from portico.cli import i18n

    texts = i18n.texts(folder)
    files = {language: folder / f"locale/{language}/LC_MESSAGES/{folder.name}.po" for language in ("fr", "ar")}
    return all(file.is_file() and not i18n.missing(texts, i18n.read(file, language)) for language, file in files.items())


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("settings-checked", "bronze", "Settings that cannot work fail the connection's check, with the error that is due."),
        Rule("capabilities-proven", "bronze", "The contract's tests prove every capability that is declared."),
        Rule("described", "bronze", "README.md in the package says what the connector needs and how it does it.", _described),
        Rule("never-doubles", "silver", "A write that broke before, during or after it reached the ERP doubles nothing."),
        Rule("incremental", "silver", "A second pass with no change brings nothing; any process goes on where another stood."),
        Rule("paging", "silver", "Pages of any size bring the same records, each once."),
        Rule("exact-money", "silver", "Amounts keep every digit on their way."),
        Rule("faults", "silver", "Refused, cut, garbled, endless, slow and silent answers end in a contract's error, in time."),
        Rule("time-zones", "gold", "Times mean the same whatever zone the portal's machine is set to."),
        Rule("clock-skew", "gold", "Changes arrive although the clocks of portal and ERP differ by hours."),
        Rule("deletions", "gold", "What is deleted in the ERP is read and priced no more; what is cancelled comes as such."),
        Rule("rate-limits", "gold", "An ERP that asks for patience is left alone for as long as it says."),
        Rule("recorded", "gold", "The simulator's answers have the shapes that were recorded from the real system."),
        Rule("translated", "gold", "Every text is there in French and Arabic.", _translated),
        Rule("typed", "platinum", "The package ships its types.", lambda folder: (folder / "py.typed").is_file()),
        Rule("live", "platinum", "The contract was run against the real system, whose version README.md names.", tested=False),
    )
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the package says of a rule: "done", "todo" or "exempt" with the reason."""

    status: str
    reason: str = ""


def read(folder: Path) -> dict[str, Claim]:
    """Every rule's claim. Raises QualityError for an unknown rule or status, or an exemption without a reason."""
    file = folder / "quality.toml"
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise QualityError(f"{file.name}: {error}") from error
    if set(values) - {"rules"}:
        raise QualityError(f"{file.name}: only [rules] is known")
    claims = {name: _claim(name, said) for name, said in values.get("rules", {}).items()}
    return {name: claims.get(name, Claim("todo")) for name in RULES}


def _claim(name: str, said: object) -> Claim:
    if name not in RULES:
        raise QualityError(f"quality.toml: there is no rule {name!r}")
    if said in ("done", "todo"):
        return Claim(str(said))
    if isinstance(said, dict) and set(said) == {"exempt"} and str(said["exempt"]).strip():
        return Claim("exempt", str(said["exempt"]))
    raise QualityError(f'quality.toml: {name} is "done", "todo" or {{ exempt = "why" }}')


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the tests of one capability or rule ended. skipped: reasons, those of what is not declared left out."""

    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        return bool(self.passed) and not self.failed and not self.skipped


@dataclass(frozen=True, slots=True)
class Standing:
    """One rule: what is said, what was seen (None = nobody can see it, or no test of it fits), and what is wrong with that."""

    rule: Rule
    claim: Claim
    seen: bool | None
    complaint: str = ""


def judge(claims: Mapping[str, Claim], outcomes: Mapping[str, Outcome], folder: Path, proven: bool) -> list[Standing]:
    """proven: whether every declared capability is."""
    return [_stand(rule, claims[rule.name], outcomes.get(rule.name, Outcome()), folder, proven) for rule in RULES.values()]


def _stand(rule: Rule, claim: Claim, outcome: Outcome, folder: Path, proven: bool) -> Standing:
    seen: bool | None
    if rule.name == "capabilities-proven":
        seen = proven
    elif rule.look is not None:
        seen = rule.look(folder)
    else:
        seen = outcome.shown if rule.tested and outcome != Outcome() else None
    complaint = ""
    if claim.status == "done" and seen is False:
        complaint = "is said to be done, and is not" + (f" ({'; '.join(outcome.skipped)})" if outcome.skipped else "")
    elif claim.status == "done" and seen is None and rule.tested:
        complaint = "is said to be done, and no test shows it: exempt it with the reason"
    return Standing(rule, claim, seen, complaint)


def rung(standings: Iterable[Standing]) -> str:
    """The highest rung on which, and below which, every rule is done or exempt."""
    reached, kept = NONE, {one.rule.name for one in standings if one.claim.status != "todo" and not one.complaint}
    for name in RUNGS:
        if not {rule.name for rule in RULES.values() if rule.rung == name} <= kept:
            break
        reached = name
    return reached
