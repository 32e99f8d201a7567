"""What is measured: the customer's pages, their fragments, and the same as API. A plugin that is absent drops out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.client import Address
from bench.world import LARGE, PROBE, World, person_session


@dataclass(frozen=True)
class Target:
    """One line of the table. paths: asked for in turn. most_ms, most_queries: the goal, where there is one."""

    name: str
    paths: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    most_ms: float | None = None
    most_queries: int | None = None

    def requests(self, address: Address) -> list[bytes]:
        return [address.request(path, self.headers) for path in self.paths]


def targets(world: World) -> list[Target]:
    cookie, bearer = (world.session,), (world.bearer(),)
    htmx = (*cookie, ("HX-Request", "true"))
    site = f"/c/{PROBE}"
    api = f"{site}/api/v1/portal"

    def each(pattern: str, ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(pattern.format(one) for one in ids)

    found = [
        Target("orders, list of 25", (f"{site}/orders",), cookie, 3, 5),
        Target("orders, list: rows alone (htmx)", (f"{site}/orders?status=open",), htmx, 3, 5),
        Target("order, detail", each(site + "/orders/{}", world.orders), cookie, 4, 8),
        Target("dashboard", (f"{site}/",), cookie, 3, 5),
        Target("dashboard: recent activity", (f"{site}/dashboard/activity",), htmx),
        Target("dashboard: order summary", (f"{site}/orders-summary",), htmx),
        Target("notices", (f"{site}/notices",), cookie, 3, 5),
        Target("notices: badge", (f"{site}/notices/badge",), htmx),
        Target("API: orders, 25", (f"{api}/orders?limit=25",), bearer, 3, 5),
        Target("API: order", each(api + "/orders/{}", world.orders), bearer, 4, 8),
    ]
    if world.size.tenants > 1:
        found.append(Target("orders, list in the company with the most",
                            (f"/c/{LARGE}/orders",), (person_session(1),), 3, 5))
    if world.quotes:
        words = ("steel", "alum pan", "copper wire 12", "m4711", "oak plate", "brss tube")
        found += [
            Target("quotes, list of 25", (f"{site}/quotes",), cookie, 3, 5),
            Target("quote, detail", each(site + "/quotes/{}", world.quotes), cookie, 4, 8),
            Target("dashboard: quote tracker", (f"{site}/quotes/widget/tracker",), htmx),
            Target("catalogue", (f"{site}/catalogue",), cookie, 3, 5),
            Target("catalogue, search", tuple(f"{site}/catalogue/items?q={w.replace(' ', '+')}" for w in words), htmx),
            Target("API: quotes, 25", (f"{api}/quotes?limit=25",), bearer, 3, 5),
            Target("API: catalogue, search", tuple(f"{api}/catalogue?q={w.replace(' ', '+')}" for w in words), bearer),
        ]
    return found
