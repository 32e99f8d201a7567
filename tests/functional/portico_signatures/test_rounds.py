"""Several sign one offer in an order: nothing counts before the last, and whatever comes between makes all of it void."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.test_approvals import People
from tests.functional.portico_signatures.conftest import READ, Desk, page_of
from tests.functional.portico_signatures.test_sealing import looked_at, root_of, signed_pdf
from tests.functional.portico_signatures.test_verifying import look
from tests.unit.documents.setting import pages

from portico.tenancy.models import AccountMember
from portico_signatures import following
from portico_signatures.condition import SEAL
from portico_signatures.following import FOLLOW


class Several:
    """An offer, whoever begins, and two owners who are to sign after them."""

    def __init__(self, desk: Desk) -> None:
        self.desk, people = desk, People(desk.shop)
        self.first, self.second, self.third = (people.join(name, "owner") for name in ("Ann First", "Ben Second", "Cy Third"))
        self.quote_id = desk.offer(self.first.api)

    def begin(self, *others: Any, **more: Any) -> Any:
        named = others or (self.second, self.third)
        return self.sign(self.first, signers=[str(one.person.id) for one in named], **more)

    def sign(self, who: Any, status: int = 200, **more: Any) -> Any:
        return self.desk.sign(who.api, self.quote_id, status, **{"name": who.person.name, **more})

    @property
    def state(self) -> str:
        return str(self.desk.shop.quote(self.quote_id).state)

    @property
    def given(self) -> list[tuple[str, str]]:
        return [(row.state, row.ended_why) for row in self.desk.rows()]

    def turns(self) -> list[str]:
        return [one["state"] for one in self.desk.to_sign(self.first.api, self.quote_id)["signers"]]

    def told(self, kind: str) -> set[str]:
        """Who was to be told of it."""
        with self.desk.shop.company.system() as db:
            query = sa.text("SELECT user_id FROM event WHERE kind = :k")
            return {str(one) for one in db.scalars(query, {"k": f"signatures.{kind}"})}

    def page(self, who: Any) -> str:
        return " ".join(who.page.get(page_of(self.quote_id)).html.main.get_text(" ").split())

    def post(self, who: Any, action: str, status: int = 303, **values: str) -> Any:
        return who.page.post(f"{page_of(self.quote_id)}/{action}", values, status=status)


@pytest.fixture
def several(desk: Desk) -> Several:
    return Several(desk)


def ids(*people: Any) -> set[str]:
    return {str(one.person.id) for one in people}


def test_it_is_accepted_when_the_last_has_signed(several: Several) -> None:
    desk = several.desk
    several.begin(po_number="PO-7")
    assert (several.state, several.given, several.turns()) == ("processed", [("given", "")], ["signed", "asked", "waiting"])
    assert several.told("asked") == ids(several.second)
    assert several.sign(several.third, 409)["code"] == "not-your-turn"
    assert several.sign(several.first, 409)["code"] == "not-your-turn"
    several.sign(several.second)
    assert (several.state, several.turns()) == ("processed", ["signed", "signed", "asked"])
    assert desk.shop.work(SEAL) == 0
    last = several.sign(several.third)
    assert (several.state, several.given) == ("accepted", [("agreed", "")] * 3)
    assert desk.shop.quote(several.quote_id).po_number == "PO-7"
    [begun] = desk.trail("signatures.round")
    assert begun.after["signers"] == ["Ann First", "Ben Second", "Cy Third"]
    assert desk.shop.work(SEAL) == 1
    content = signed_pdf(desk, several.first.page, last["id"])
    assert looked_at(content, root_of(desk)).bottom_line
    evidence = "\n".join(pages(content))
    told = look(desk, content)
    for name in ("Ann First", "Ben Second", "Cy Third"):
        assert f"Signature of {name}" in evidence
        assert name in told
    assert several.told("copy") == ids(several.first, several.second, several.third)


def test_by_the_pages_and_resumed_by_whoever_left(several: Several) -> None:
    desk = several.desk
    form = desk.form(several.first.page, several.quote_id, signer_2=str(several.second.person.id))
    several.first.page.post(page_of(several.quote_id), form, status=303)
    assert several.state == "processed"
    assert "Ben Second Is asked" in several.page(several.first)
    assert "Call it off" in several.page(several.first)
    assert "Sign it" in several.page(several.second)
    assert "Sign it" not in several.page(several.third)
    arabic = several.second.page
    arabic.web.set_cookie("portico_lang", "ar")  # they read it in the language in which it was begun
    form = desk.form(arabic, several.quote_id)
    assert form["document_sha256"] == desk.rows()[0].document_sha256
    arabic.post(page_of(several.quote_id), form, status=303)
    assert (several.state, several.given) == ("accepted", [("agreed", "")] * 2)


def test_a_turn_is_handed_on_once_and_said_by_whom_to_whom_and_why(several: Several) -> None:
    several.begin(several.second)
    to = {"to": str(several.third.person.id), "reason": "On holiday"}
    assert "not your turn" in several.post(several.third, "delegate", 409, to=str(several.second.person.id)).text
    several.post(several.second, "delegate", 422, to=str(several.first.person.id))
    several.post(several.second, "delegate", 422, to="x")
    several.post(several.second, "delegate", **to)
    several.post(several.second, "delegate", 409, **to)
    [noted] = several.desk.trail("signatures.delegated")
    assert (noted.after["to"], noted.after["why"]) == ("Cy Third", "On holiday")
    assert several.told("asked") == ids(several.second, several.third)
    assert "Ben Second Handed on to Cy Third On holiday" in several.page(several.first)
    assert several.sign(several.second, 409)["code"] == "not-your-turn"
    several.sign(several.third)
    assert (several.state, several.given) == ("accepted", [("agreed", "")] * 2)


def test_one_who_declines_ends_it_and_says_why(several: Several) -> None:
    several.begin()
    several.post(several.second, "refuse", 422, reason=" ")
    several.post(several.second, "refuse", reason="Too expensive")
    assert (several.state, several.given) == ("processed", [("void", "declined")])
    assert several.told("ended") == ids(several.first)
    [noted] = several.desk.trail("signatures.round_ended")
    assert (noted.after["why"], noted.after["reason"]) == ("declined", "Too expensive")
    several.sign(several.third)
    assert several.state == "accepted"


def test_a_program_hands_on_and_declines_as_the_pages_do(several: Several) -> None:
    path, api = f"/quotes/{several.quote_id}/sign", several.second.api
    third = {"id": str(several.third.person.id), "name": "Cy Third"}
    several.begin(several.second)
    assert third in several.desk.to_sign(api, several.quote_id)["colleagues"]
    to = {"to": third["id"], "reason": "On  holiday"}
    assert several.third.api.json("post", f"{path}/delegate", to, status=409).json["code"] == "not-your-turn"
    api.json("post", f"{path}/delegate", {"to": str(several.first.person.id)}, status=422)
    handed = api.json("post", f"{path}/delegate", to).json
    assert [one["state"] for one in handed["signers"]] == ["signed", "delegated", "asked"]
    assert handed["signers"][-1] == third | {"state": "asked"}
    [noted] = several.desk.trail("signatures.delegated")
    assert (noted.after["to"], noted.after["why"]) == ("Cy Third", "On holiday")
    assert third not in several.desk.to_sign(api, several.quote_id)["colleagues"]
    several.third.api.json("post", f"{path}/decline", {"reason": " "}, status=422)
    over = several.third.api.json("post", f"{path}/decline", {"reason": "Too expensive"}).json
    assert [one["state"] for one in over["signers"]] == ["signed", "delegated", "declined"]
    assert several.given == [("void", "declined")]
    assert several.third.api.json("post", f"{path}/decline", {"reason": "Again"}, status=409).json["code"] == "nobody-asked"


@pytest.mark.without("portico_signatures.rounds:call_off ForbiddenError")
def test_whoever_began_calls_it_off_and_another_buyer_does_not(several: Several) -> None:
    buyer = People(several.desk.shop).join("Bo Buyer", "purchaser")
    several.begin()
    several.post(buyer, "call-off", 403)
    several.post(several.first, "call-off")
    assert several.given == [("void", "called-off")]
    assert several.told("ended") == ids(several.second)
    several.post(several.first, "call-off", 409)
    several.post(several.second, "refuse", 409, reason="No")


def test_nobody_signs_twice_and_nobody_who_may_not(several: Several) -> None:
    viewer = People(several.desk.shop).join("Vi Viewer", "viewer")
    second, first = str(several.second.person.id), str(several.first.person.id)
    for named in ([second, second], [first], [str(viewer.person.id)]):
        assert several.sign(several.first, 422, signers=named)["code"] == "invalid"
    assert several.desk.rows() == []


def test_an_offer_that_changes_or_is_declined_ends_it(several: Several) -> None:
    several.begin()
    several.first.api.json("post", f"/quotes/{several.quote_id}/decline", {"reason": "No"})
    assert several.given == [("void", "refused")]
    assert several.told("ended") == ids(several.second)


@pytest.mark.parametrize("what", ["version", "expired", "left", "role"])
def test_what_cannot_be_finished_is_ended(several: Several, what: str) -> None:
    several.begin()
    changes = {
        "version": "UPDATE quotes_quote SET version = version + 1",
        "expired": "UPDATE quotes_quote SET valid_until = current_date - 3",
        "left": "UPDATE membership SET status = 'inactive' WHERE user_id = :u",
        "role": "UPDATE account_member SET role = 'viewer' WHERE user_id = :u",
    }
    with several.desk.shop.company.system() as db:
        db.execute(sa.text(changes[what]), {"u": several.third.person.id} if ":u" in changes[what] else {})
    follow(several)
    why = {"version": "changed", "expired": "expired", "left": "signer-left", "role": "signer-left"}[what]
    assert several.given == [("void", why)]
    assert several.told("ended") == ids(several.first, several.second)


def follow(several: Several) -> None:
    several.desk.shop.portal.parts.jobs.actor_named(FOLLOW).func(several.desk.shop.job)


def test_whose_turn_it_is_is_reminded_every_two_days(several: Several) -> None:
    several.begin()
    follow(several)
    assert several.told("reminded") == set()
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE signatures_signer SET asked_at = asked_at - interval '3 days'"))
    follow(several)
    follow(several)
    assert several.told("reminded") == ids(several.second)
    with several.desk.shop.company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM event WHERE kind = 'signatures.reminded'")) == 1
        at = db.scalar(sa.text("SELECT reminded_at FROM signatures_signer WHERE reminded_at IS NOT NULL"))
    assert dt.datetime.now(dt.UTC) - at < dt.timedelta(minutes=5)


def test_another_document_than_the_first_signed_is_not_signed(several: Several) -> None:
    several.begin()
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET note = 'Another'"))
    assert several.sign(several.second, 409)["code"] == "document-changed"
    assert "Nobody can sign it any more" in several.page(several.second)
    assert several.given == [("given", "")]


def test_two_at_once_sign_once(several: Several) -> None:
    several.begin(several.second)
    found = several.desk.to_sign(several.second.api, several.quote_id)
    body = {name: found[name] for name in READ} | {"name": "B S", "agree": True}

    def send(_n: int) -> int:
        return int(several.second.api.json("post", f"/quotes/{several.quote_id}/sign", body, status="*").status_int)

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, range(4)))
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 503}
    assert (several.state, several.given) == ("accepted", [("agreed", "")] * 2)


def test_the_company_asks_for_two_from_an_amount_on(several: Several) -> None:
    desk = several.desk
    desk.choose(required="true", two_from="1000000")
    assert several.sign(several.first)["state"] == "agreed"
    several.quote_id = desk.offer(several.first.api)
    desk.choose(required="true", two_from="1")
    assert several.sign(several.first, 422)["code"] == "invalid"
    several.begin(several.second)
    seen = desk.shop.seen(several.quote_id)
    assert several.first.api.json("post", f"/quotes/{several.quote_id}/accept", seen, status=409).json["code"] == "signers-missing"
    several.sign(several.second)
    assert several.state == "accepted"


def test_the_last_ones_limit_counts_and_all_wait_for_the_approval(several: Several) -> None:
    buyer = People(several.desk.shop).buyer(100)
    several.begin(buyer)
    assert several.sign(buyer, 409)["code"] == "above-limit"
    several.sign(buyer, ask=True, note="Please")
    assert (several.state, several.given) == ("processed", [("given", "")] * 2)
    approval = several.desk.shop.quote(several.quote_id).approval_id
    several.first.api.json("post", f"/approvals/{approval}/approve", {})  # who signed first may approve
    assert (several.state, several.given) == ("accepted", [("agreed", "")] * 2)


def test_signers_see_what_is_theirs_alone(several: Several) -> None:
    """A colleague whose reach is their own records is not named on another's."""
    with several.desk.shop.company.system() as db:
        only = sa.update(AccountMember).where(AccountMember.user_id == several.second.person.id)
        db.execute(only.values(role="purchaser", reach="own"))
    assert several.sign(several.first, 422, signers=[str(several.second.person.id)])["code"] == "invalid"


def test_where_nobody_has_to_sign_those_who_began_together_still_do(several: Several) -> None:
    desk = several.desk
    desk.choose(required="", two_from="1")
    several.begin(several.second)
    seen = desk.shop.seen(several.quote_id)
    for who in (several.first, several.third):
        refused = who.api.json("post", f"/quotes/{several.quote_id}/accept", seen, status=409)
        assert refused.json["code"] == "signers-missing"
    assert (several.state, several.given) == ("processed", [("given", "")])
    several.post(several.first, "call-off")
    several.first.api.json("post", f"/quotes/{several.quote_id}/accept", seen)
    assert several.state == "accepted", "nobody has to sign, and two do not have to either"


@pytest.mark.parametrize("required", ["true", ""])
def test_it_is_not_called_off_while_an_approval_waits(several: Several, required: str) -> None:
    several.desk.choose(required=required)
    buyer = People(several.desk.shop).buyer(100)
    several.begin(buyer)
    several.sign(buyer, ask=True, note="Please")
    assert "Call it off" not in several.page(several.first)
    assert "asked to approve" in several.post(several.first, "call-off", 409).text
    assert several.given == [("given", "")] * 2
    approval = several.desk.shop.quote(several.quote_id).approval_id
    several.first.api.json("post", f"/approvals/{approval}/decline", {"reason": "No"})
    assert (several.state, several.given) == ("processed", [("void", "not-approved")] * 2)
    several.begin()
    several.post(several.first, "call-off")


def test_none_is_begun_while_an_approval_waits_for_who_signed_alone(several: Several) -> None:
    buyer = People(several.desk.shop).buyer(100)
    several.sign(buyer, ask=True, note="Please")
    named = [str(several.second.person.id)]
    for who in (buyer, several.first):
        assert several.sign(who, 409, signers=named)["code"] == "approval-waits"
    assert several.given == [("given", "")]
    approval = several.desk.shop.quote(several.quote_id).approval_id
    several.first.api.json("post", f"/approvals/{approval}/approve", {})
    assert (several.state, several.given) == ("accepted", [("agreed", "")])


def test_who_left_the_organisation_is_told_nothing(several: Several) -> None:
    several.begin()
    leave(several, several.first)
    several.post(several.second, "refuse", reason="Too expensive")
    assert several.told("ended") == set()


def test_who_left_the_organisation_is_sent_no_copy(several: Several) -> None:
    several.begin()
    several.sign(several.second)
    leave(several, several.first)
    several.sign(several.third)
    assert several.desk.shop.work(SEAL) == 1
    assert several.told("copy") == ids(several.second, several.third)


def leave(several: Several, who: Any) -> None:
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("DELETE FROM account_member WHERE user_id = :u"), {"u": who.person.id})


def days_pass(several: Several, days: int) -> None:
    shift = "UPDATE signatures_signer SET asked_at = asked_at - :d, reminded_at = reminded_at - :d"
    with several.desk.shop.company.system() as db:
        db.execute(sa.text(shift), {"d": dt.timedelta(days=days)})
    follow(several)


def reminders(several: Several) -> int:
    with several.desk.shop.company.system() as db:
        return int(db.scalar(sa.text("SELECT count(*) FROM event WHERE kind = 'signatures.reminded'")) or 0)


def test_after_five_reminders_it_is_over(several: Several) -> None:
    several.begin()
    for number in range(1, 6):
        days_pass(several, 2)
        assert (reminders(several), several.given) == (number, [("given", "")])
    days_pass(several, 2)
    assert (reminders(several), several.given) == (5, [("void", "unanswered")])
    assert several.told("unanswered") == ids(several.first, several.second)
    assert several.told("ended") == set()
    days_pass(several, 2)
    assert reminders(several) == 5


def test_who_was_never_reminded_is_so_however_late(several: Several) -> None:
    several.begin()
    days_pass(several, 40)
    assert (reminders(several), several.given) == (1, [("given", "")])
    days_pass(several, 2)
    assert several.given == [("void", "unanswered")]


def test_nobody_is_reminded_of_what_nobody_can_sign(several: Several) -> None:
    several.begin()
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE signatures_round SET kind = 'switched.off'"))
    days_pass(several, 3)
    assert (reminders(several), several.given) == (0, [("given", "")]), "it may be switched on again"
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE signatures_round SET kind = 'quotes.quote'"))
        db.execute(sa.text("UPDATE quotes_quote SET note = 'Another'"))
    follow(several)
    assert (reminders(several), several.given) == (0, [("void", "changed")])


@pytest.mark.parametrize("most", [1, 500])
def test_one_that_fails_does_not_keep_the_others(
    several: Several, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, most: int
) -> None:
    monkeypatch.setattr(following, "MOST", most)
    several.begin()
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET valid_until = 'infinity'"))  # no date that Python has
    several.quote_id = several.desk.offer(several.first.api)
    several.begin()
    with several.desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE account_member SET role = 'viewer' WHERE user_id = :u"), {"u": several.third.person.id})
    follow(several)
    follow(several)
    assert sorted(several.given) == [("given", ""), ("void", "signer-left")]
    assert "is not looked after" in caplog.text
