"""pytest plugin: `pytest --portico-connector=NAME` runs the whole contract against an installed connector and says how it stands.

The connector's package names its stage by an entry point; see `portico_erp.conformance.stage.GROUP`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest

# Nothing of the kit is imported above: its assertions are rewritten when it is.
pytest.register_assert_rewrite("portico_erp.conformance")

NAME, LIVE = "--portico-connector", "--portico-live"
MARKS = ("capability", "rule")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("portico")
    group.addoption(NAME, metavar="NAME", help="run the contract of connectors against the installed connector of that name")
    group.addoption(
        LIVE, action="store_true", help="play on the real system instead of the simulator, and record its answers' shapes anew"
    )


def stage_of(name: str) -> EntryPoint:
    """Raises pytest.UsageError when no installed package names a stage of that name."""
    from portico_erp.conformance.stage import GROUP

    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        known = ", ".join(sorted(points)) or "none"
        raise pytest.UsageError(f"no installed package names a stage {name!r} (entry points {GROUP!r}: {known})")
    return points[name]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "capability(*names): conformance test of connectors that declare these")
    config.addinivalue_line("markers", "rule(*names): conformance test that shows a rule of the quality ladder to be kept")
    name = config.getoption(NAME)
    if not name:
        return
    point = stage_of(name)
    given = list(config.args) if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*given, str(Path(__file__).parent / "conformance" / "suite.py")]
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(name, point), "portico-connector-report")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """What a test is about travels with its report, from workers too."""
    report: Any = yield
    for mark in MARKS:
        names = [name for one in item.iter_markers(mark) for name in one.args]
        if names:
            report.user_properties.append((f"portico-{mark}", names))
    return report


class Report:
    """Gathers how the tests of each capability and rule ended, and tells it at the end."""

    def __init__(self, name: str, point: EntryPoint) -> None:
        self.name, self.point = name, point
        self.counts: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.failed = False
        self.lines: list[str] = []
        self.wrong: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        from portico_erp.conformance.stage import NOT_DECLARED

        if report.when != "call" and not (report.failed or report.skipped):
            return
        self.failed = self.failed or report.failed
        reason = str(report.longrepr[2]) if report.skipped and isinstance(report.longrepr, tuple) else ""
        if reason.endswith(NOT_DECLARED):
            return
        for mark, names in report.user_properties:
            for name in names if isinstance(names, list) and mark.startswith("portico-") else ():
                self.counts[mark, str(name)][report.outcome].append(reason.removeprefix("Skipped: "))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if session.config.getoption("collectonly") or exitstatus not in (0, 1):
            return
        self._judge()
        if self.wrong and exitstatus == 0:
            session.exitstatus = 1

    def _outcome(self, mark: str, name: str) -> Any:
        from portico_erp.conformance.quality import Outcome

        found = self.counts[f"portico-{mark}", name]
        return Outcome(len(found["passed"]), len(found["failed"]), tuple(dict.fromkeys(found["skipped"])))

    def _judge(self) -> None:
        from portico.pluginhost.host import package_folder
        from portico_erp.capabilities import CAPABILITIES
        from portico_erp.conformance import quality

        folder = package_folder(self.point.value.partition(":")[0].partition(".")[0])
        declared = self._declared()
        for name in CAPABILITIES:
            outcome = self._outcome("capability", name)
            if name not in declared:
                state = "absent"
            elif outcome.shown:
                state = f"proven by {outcome.passed} tests"
            elif outcome.failed:
                state = f"{outcome.failed} tests failed"
            else:
                state = f"counts as absent: {'; '.join(outcome.skipped) or 'no test of it ran'}"
            if name in declared and not state.startswith("proven"):
                self.wrong.append(f"{name}: {state}")
            self.lines.append(f"  {name:<20} {state}")
        try:
            claims = quality.read(folder)
        except quality.QualityError as error:
            self.wrong.append(str(error))
            return
        rules = {name: self._outcome("rule", name) for name in quality.RULES}
        standings = quality.judge(claims, rules, folder, proven=not self.wrong and not self.failed)
        self.lines.append("")
        for one in standings:
            told = one.complaint or one.claim.status
            if one.claim.status == "exempt":
                told = f"exempt: {one.claim.reason}"
            elif one.claim.status == "todo" and one.seen:
                told = "todo, although it is kept already"
            self.lines.append(f"  {one.rule.rung:<9} {one.rule.name:<20} {told}")
        self.wrong += [f"{one.rule.name} {one.complaint}" for one in standings if one.complaint]
        self.lines.append(f"\n  Rung: {quality.rung(standings)}")

    def _declared(self) -> frozenset[str]:
        from portico.pluginhost.host import PluginHost

        types = [one for _manifest, found in PluginHost.discover().start_up("connector_types") for one in found]
        made = [one.factory() for one in types if one.name == self.name]
        if not made:
            self.wrong.append(f"no installed plugin has a connector {self.name!r}")
            return frozenset()
        declared: frozenset[str] = made[0].capabilities
        return declared

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section(f"connector {self.name}")
        for line in self.lines:
            terminalreporter.write_line(line)
        for line in self.wrong:
            terminalreporter.write_line(f"  NOT KEPT: {line}", red=True)
