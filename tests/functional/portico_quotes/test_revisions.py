"""Asking for another offer: who is told what, and how it ends (QUO-5)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa


def line(shop: Any, quote_id: str, code: str) -> str:
    with shop.company.system() as db:
        found = sa.text("SELECT id FROM quotes_line WHERE quote_id = :q AND code = :c AND removed_at IS NULL")
        return str(db.scalar(found, {"q": quote_id, "c": code}))


def ask(shop: Any, quote_id: str, status: int = 303, **fields: str) -> Any:
    return shop.customer().post(f"/quotes/{quote_id}/request-revision", {**shop.seen(quote_id), **fields}, status=status)


def outcomes(shop: Any, quote_id: str) -> list[Any]:
    with shop.company.system() as db:
        return list(db.scalars(sa.text("SELECT outcome FROM quotes_revision WHERE quote_id = :q ORDER BY asked_at"), {"q": quote_id}))


def test_the_company_reads_what_is_to_be_different_and_the_offer_stands(shop: Any, offer: str) -> None:
    customer, agent = shop.customer(), shop.company.agent()
    assert f"/quotes/{offer}/changes" in customer.get(f"/quotes/{offer}").text
    steel = line(shop, offer, "STEEL-1")
    ask(shop, offer, message="Ten would be kinder.", **{f"quantity-{steel}": "10", f"unit_price-{steel}": "899.50"})
    for reader in (customer, agent):
        page = reader.get(f"/quotes/{offer}").text
        assert "Ten would be kinder." in page
        assert "€899.50" in page
        assert "Changes asked for" in reader.get("/quotes").text
    assert f"/quotes/{offer}/request-revision/withdraw" not in agent.get(f"/quotes/{offer}").text
    assert f"/quotes/{offer}/request-revision/refuse" not in customer.get(f"/quotes/{offer}").text
    assert (shop.quote(offer).state, shop.quote(offer).gross) == ("processed", 2491)
    with shop.company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM event WHERE kind = 'quotes.revision_asked'")) == 1
    assert "Withdraw that first" in ask(shop, offer, status=409, message="And more").text


def test_another_offer_answers_it(shop: Any, offer: str) -> None:
    ask(shop, offer, message="Cheaper, please")
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()
    assert (shop.quote(offer).state, shop.quote(offer).requested_at, outcomes(shop, offer)) == ("revised", None, ["revised"])
    assert "Cheaper, please" not in shop.customer().get(f"/quotes/{offer}").text


def test_staff_keep_the_offer_and_say_why(shop: Any, offer: str) -> None:
    ask(shop, offer, message="Cheaper, please")
    customer = shop.customer()
    customer.post(f"/quotes/{offer}/request-revision/refuse", {"reply": "Never"}, status="*")
    assert outcomes(shop, offer) == [None]
    shop.company.agent().post(f"/quotes/{offer}/request-revision/refuse", {"reply": "Steel is dear"}, status=303)
    assert (outcomes(shop, offer), shop.quote(offer).requested_at) == (["kept"], None)
    page = customer.get(f"/quotes/{offer}").text
    assert "Steel is dear" in page
    assert "The company keeps its offer" in page
    ask(shop, offer, message="And with two?")
    assert outcomes(shop, offer) == ["kept", None]


def test_it_can_be_withdrawn_and_ends_with_an_answer(shop: Any, offer: str) -> None:
    customer = shop.customer()
    ask(shop, offer, message="Cheaper, please")
    customer.post(f"/quotes/{offer}/request-revision/withdraw", {}, status=303)
    customer.post(f"/quotes/{offer}/request-revision/withdraw", {}, status=409)
    ask(shop, offer, message="Or blue?")
    customer.post(f"/quotes/{offer}/accept", shop.seen(offer), status=303)
    assert outcomes(shop, offer) == ["withdrawn", "settled"]
    assert shop.quote(offer).requested_at is None
    assert ask(shop, offer, status=409, message="Too late")


SAY_WHAT = "Say what should be different, or change a quantity or a price."


@pytest.mark.parametrize("field", ["quantity", "unit_price"])
def test_one_figure_of_one_line_is_enough(shop: Any, offer: str, field: str) -> None:
    ask(shop, offer, **{f"{field}-{line(shop, offer, 'STEEL-1')}": "7"})
    with shop.company.system() as db:
        (wish,) = db.scalar(sa.text("SELECT wishes FROM quotes_revision WHERE quote_id = :q"), {"q": offer})
    assert {name: wish[name] for name in ("quantity", "unit_price")} == {"quantity": None, "unit_price": None, field: "7"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, SAY_WHAT), ({"message": " "}, SAY_WHAT), ({"quantity": "2"}, SAY_WHAT), ({"quantity": "2", "unit_price": "950"}, SAY_WHAT),
     ({"quantity": "x"}, "This is not a number."), ({"unit_price": "-1"}, "Enter more than zero."), ({"quantity": "9" * 30}, "At most")],
)
def test_what_makes_no_sense_is_explained_and_stays_typed(shop: Any, offer: str, fields: dict[str, str], said: str) -> None:
    steel = line(shop, offer, "STEEL-1")
    typed = {name if name == "message" else f"{name}-{steel}": text for name, text in fields.items()}
    page = ask(shop, offer, status=422, **typed)
    assert said in page.text
    for name, text in fields.items():
        assert name == "message" or f'value="{text}"' in page.text
    assert outcomes(shop, offer) == []


def test_a_program_asks_as_a_person_does_and_nobody_else(shop: Any, offer: str) -> None:
    api, wood = shop.api(), line(shop, offer, "WOOD-1")
    body = {"version": shop.quote(offer).version, "wishes": [{"line": wood, "quantity": "3"}]}
    stranger = shop.company.api(shop.company.customer_person())
    stranger.json("post", f"/quotes/{offer}/request-revision", body, status=404)
    api.json("post", f"/quotes/{offer}/request-revision", body | {"version": 0}, status=409)
    api.json("post", f"/quotes/{offer}/request-revision", body | {"wishes": [{"line": offer, "quantity": "3"}]}, status=404)
    assert api.json("post", f"/quotes/{offer}/request-revision", body).json["requested_at"]
    assert api.json("post", f"/quotes/{offer}/request-revision/withdraw", {}).json["requested_at"] is None


def test_what_was_typed_for_an_offer_that_moved_stands_at_the_same_items(shop: Any, offer: str) -> None:
    steel, version = line(shop, offer, "STEEL-1"), shop.quote(offer).version
    shop.sql("update quote_lines set unit_price = 900 where item_code = 'STEEL-1'")
    shop.sql("update quotes set net_total = 2000, tax_total = 371, gross_total = 2371")
    shop.synchronise()
    typed = {f"quantity-{steel}": "12", f"item-{steel}": "material:STEEL-1", "message": "Twelve", "version": str(version)}
    page = shop.customer().post(f"/quotes/{offer}/request-revision", typed, status=409).text
    now_is = line(shop, offer, "STEEL-1")
    assert now_is != steel
    assert f'name="quantity-{now_is}"' in page
    assert 'value="12"' in page.partition(f'name="quantity-{now_is}"')[2][:300]
    assert "Twelve" in page


def test_an_offer_that_ends_ends_what_was_asked(shop: Any, offer: str) -> None:
    from portico_quotes import jobs

    ask(shop, offer, message="Cheaper, please")
    with shop.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET valid_until = current_date - 2 WHERE id = :q"), {"q": offer})
    jobs.tidy(shop.job)
    assert (shop.quote(offer).state, shop.quote(offer).requested_at, outcomes(shop, offer)) == ("expired", None, ["settled"])
    assert "request-revision" not in shop.company.agent().get(f"/quotes/{offer}").text


def test_asking_while_it_is_being_accepted_leaves_nothing_open(shop: Any, offer: str) -> None:
    """The acceptance knew of no request when it read the quote."""
    from portico_quotes import decisions

    with shop.company.system() as db:
        stale = db.execute(sa.text("SELECT * FROM quotes_quote WHERE id = :q"), {"q": offer}).one()
    ask(shop, offer, message="Cheaper, please")
    with shop.company.system() as db:
        decisions.decide(db, stale, "accept", seen=stale.version, by="Somebody")
    assert (shop.quote(offer).state, shop.quote(offer).requested_at, outcomes(shop, offer)) == ("accepted", None, ["settled"])
