"""The command `portico orders`: how well days of delivery would have been predicted."""

from __future__ import annotations

import argparse

from portico.cli.commands import Command, CommandError
from portico.settings import Settings


def add(parser: argparse.ArgumentParser) -> Command:
    """What the orders of a company say.

    portico orders backtest acme     predicts each delivered order on the day on which it was placed, from what had been
                                     delivered before that day, and prints how often the real day was within the interval
    """
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("backtest", help="how well days of delivery are predicted").add_argument(
        "company", help="the company's short name"
    )

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.app import UnknownTenantError, opened

        try:
            with opened(settings) as parts:
                print(backtest(parts, options.company))
        except UnknownTenantError as error:
            raise CommandError(f"there is no company {options.company!r}") from error

    return run


def backtest(parts: object, slug: str) -> str:
    """The table, a line for each kind of item. Raises UnknownTenantError."""
    from portico_orders import forecast, lead_times

    tenant = parts.tenant(slug=slug)  # type: ignore[attr-defined]
    with parts.sessions.scoped(parts.system_scope(tenant)) as db:  # type: ignore[attr-defined]
        orders, remark = lead_times.past(db, tenant)
    results = forecast.backtest(orders)
    lines = [f"{len(orders)} orders were delivered as a whole."]
    if remark:
        lines.append(f"Their deliveries say: {remark}")
    lines.append(f"{'kind':<12}{'tested':>8}{'within 10-90 %':>16}{'median error':>14}")
    for kind, found in sorted(results.items()):
        share = f"{found.inside / found.tested:.1%}" if found.tested else "-"
        error = f"{found.median_error} d" if found.median_error is not None else "-"
        lines.append(f"{kind or 'all':<12}{found.tested:>8}{share:>16}{error:>14}")
    return "\n".join(lines)
