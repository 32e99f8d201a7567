"""When an order is expected, for people's calendars (RFC 5545): one event that lasts the day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import icalendar

MEDIA_TYPE = "text/calendar"


def event(order: Any, *, company: str, address: str, title: str, note: str) -> bytes:
    """A calendar of the one event. order: with id, number, status, expected_on and synced_at; address: of its page.

    The event keeps its name (UID) whenever it is fetched anew, so that calendars move it with the order. A cancelled order's says
    that it is.
    """
    found = icalendar.Event()
    found.add("uid", f"order-{order.id}@portico")
    found.add("dtstamp", order.synced_at)
    found.add("last-modified", order.synced_at)
    found.add("dtstart", order.expected_on)
    found.add("dtend", order.expected_on + dt.timedelta(days=1))
    found.add("summary", title)
    found.add("description", note)
    found.add("url", address)
    found.add("transp", "TRANSPARENT")  # nobody is busy because something arrives
    found.add("status", "CANCELLED" if order.status == "cancelled" else "CONFIRMED")
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Portico//orders//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("name", company)
    whole.add_component(found)
    return whole.to_ical()
