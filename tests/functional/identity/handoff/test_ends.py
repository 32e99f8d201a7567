"""What ends a session at a company's own host (SEC-4, SEC-8)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.functional.identity.handoff.way import AT_HOME, IDLED, OURS, Way, came, path_of

from portico.testing.person import Person
from portico.testing.portal import Portal


def test_a_session_ends_with_the_one_it_came_from(way: Way) -> None:
    way.arrived()
    assert way.there.get("/notices").status_int == 200
    way.home.post("/sign-out", status=303)
    assert way.there.get("/notices", status=303).location.startswith(f"{way.own}/sign-in?")


def test_signing_out_there_signs_out_at_home_and_says_so(way: Way) -> None:
    way.arrived()
    sent = way.there.post("/sign-out", status=303)
    page = way.there.get(path_of(sent.location))
    assert "You are signed out here" in page.html.h1.text
    assert "And at localhost, where your account is." in page.text
    assert way.home.get("/account", status=303).location.startswith(f"http://{AT_HOME}/sign-in?")


def test_the_devices_at_home_name_it_and_end_it_alone(way: Way) -> None:
    way.arrived()
    page = way.home.get("/account/devices")
    assert "On from another host of this portal" in page.text
    [made] = way.sql("SELECT id FROM web_session WHERE user_id = :u AND origin_id IS NOT NULL")
    way.home.post(f"/account/devices/{made.id}/end", status=303)
    assert way.there.get("/notices", status=303).location.startswith(f"{way.own}/sign-in?")
    assert way.home.get("/account").status_int == 200


def test_the_stream_of_a_session_that_ended_with_its_origin_is_told(way: Way) -> None:
    way.arrived()
    [made] = way.sql("SELECT id FROM web_session WHERE user_id = :u AND origin_id IS NOT NULL")
    with way.portal.superuser() as connection:
        raw = connection.connection.driver_connection
        raw.execute("LISTEN portico_events")
        connection.execute(sa.text("COMMIT"))
        way.home.post("/sign-out", status=303)
        told = [one.payload for one in raw.notifies(timeout=10, stop_after=2)]
    assert any(str(made.id) in one and "session.revoked" in one for one in told)


def test_signing_in_anew_where_the_origin_has_idled_ends_what_came_from_it(way: Way) -> None:
    way.arrived()
    way.sql(IDLED)
    form = way.home.get("/sign-in").html.find("input", attrs={"name": "csrf_token"})["value"]
    values = {"email": way.person.email, "password": Person.PASSWORD, "csrf_token": form}
    way.home.post("/sign-in", values, csrf=False, status=303)
    assert way.there.get("/notices", status=303).location.startswith(f"{way.own}/sign-in?")
    assert len(way.sql(OURS)) == 1, "the new one alone"
    ended = way.sql("SELECT 1 FROM audit_entry WHERE user_id = :u AND action = 'identity.sign-out'")
    assert len(ended) == 1


@pytest.mark.parametrize("idled", [False, True])
def test_arriving_ends_what_was_open_there(portal: Portal, way: Way, idled: bool) -> None:
    other = way.company.customer_person(name="Otto Other")
    path = way.coded()
    way.there.set_session(portal.session(other, tenant_id=way.company.id, host=way.host))
    assert way.there.get("/notices").status_int == 200
    if idled:
        way.sql(IDLED.replace(":u", ":o"), o=other.id)
    came(way.there, path)
    assert way.sql(OURS.replace(":u", ":o"), o=other.id) == []
    assert way.person.name in way.there.get("/notices").text


def test_a_cookie_ends_browsers_sessions_alone(portal: Portal, way: Way) -> None:
    """A program's token, shown as a cookie by somebody who signs in, stays what it was."""
    way.sql("UPDATE web_session SET kind = 'api' WHERE user_id = :u")
    way.home.post("/sign-in", {"email": way.person.email, "password": Person.PASSWORD}, status=303)
    assert len(way.sql(OURS)) == 2
