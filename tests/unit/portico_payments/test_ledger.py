"""The ledger balances and converges, whatever happens in whatever order (hypothesis, stateful)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from portico_payments import ledger
from portico_payments.ledger import AGAINST, RECEIVABLE, Journal, Target, difference, posted_after

AMOUNTS = st.decimals("0.01", "99999.99", places=2)
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
ACCOUNTS = [UUID(int=901), UUID(int=902)]
CURRENCIES = ["EUR", "KWD"]
A_DAY = dt.date(2026, 3, 1)


def target(amount: str, kind: str = "invoice", **changed: object) -> Target:
    values = {
        "source": "invoice" if kind in ("invoice", "credit_note") else "payment", "source_id": UUID(int=1),
        "account_id": ACCOUNTS[0], "currency": "EUR", "kind": kind, "number": "1", "day": A_DAY, "amount": Decimal(amount),
    }  # fmt: skip
    return Target(**{**values, **changed})


class Ledger(RuleBasedStateMachine):
    """The company as it is, the order in which the portal hears of it, and what is posted then.

    `now` is the company's state of each source; `told` is the version that a synchronisation last wrote, which may lag behind,
    come twice, or come after a newer one (which then wins, as `updated_at` decides in the tables).
    """

    sources = Bundle("sources")

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[UUID, list[Target | None]] = {}
        self.told: dict[UUID, int] = {}
        self.posted: dict[UUID, Target] = {}
        self.journals: list[Journal] = []
        self.day = dt.date(2026, 1, 1)

    def _is_now(self, own: UUID, found: Target | None) -> None:
        self.versions[own].append(found)

    @rule(target=sources, kind=st.sampled_from(sorted(AGAINST)), amount=AMOUNTS, day=DAYS,
          account=st.sampled_from(ACCOUNTS), currency=st.sampled_from(CURRENCIES))
    def happens(self, kind, amount, day, account, currency):
        """An invoice or a credit note is issued, something is paid (also too much: nobody asks for what) or paid back."""
        own = UUID(int=len(self.versions) + 1)
        signed = amount if kind in ("invoice", "refund") else -amount
        source = "invoice" if kind in ("invoice", "credit_note") else "payment"
        self.versions[own] = [Target(source, own, account, currency, kind, str(len(self.versions)), day, signed)]
        return own

    @rule(own=sources, amount=AMOUNTS, day=DAYS, account=st.sampled_from(ACCOUNTS), also=st.booleans())
    def changes(self, own, amount, day, account, also):
        former = next((one for one in reversed(self.versions[own]) if one is not None), None)
        signed = amount if former.kind in ("invoice", "refund") else -amount
        moved = {"day": day, "account_id": account} if also else {}
        self._is_now(own, replace(former, amount=signed, **moved))

    @rule(own=sources)
    def is_cancelled(self, own):
        former = next(one for one in reversed(self.versions[own]) if one is not None)
        self._is_now(own, replace(former, amount=Decimal(0)))

    @rule(own=consumes(sources))
    def leaves(self, own):
        """It went to a customer whom the portal does not know."""
        self._is_now(own, None)

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        self.day += dt.timedelta(days)

    @rule(data=st.data())
    def is_told(self, data: st.DataObject) -> None:
        """Any version of any source reaches the portal: the newest, one again, or one that was overtaken."""
        if not self.versions:
            return
        own = data.draw(st.sampled_from(sorted(self.versions)))
        version = data.draw(st.integers(0, len(self.versions[own]) - 1))
        self.told[own] = max(version, self.told.get(own, 0))
        self._post(own)

    @rule()
    def all_is_told(self) -> None:
        for own, versions in self.versions.items():
            self.told[own] = len(versions) - 1
            self._post(own)

    def _post(self, own: UUID) -> None:
        stands = self.versions[own][self.told[own]]
        self.journals += difference(self.posted.get(own), stands, self.day)
        remembered = posted_after(self.posted.get(own), stands)
        if remembered is not None:
            self.posted[own] = remembered
        # A replay, at whatever time, changes nothing.
        assert difference(self.posted.get(own), stands, self.day + dt.timedelta(9)) == ()

    @invariant()
    def every_journal_balances(self) -> None:
        for one in self.journals:
            assert sum(entry.amount for entry in one.entries) == 0
            assert one.amount != 0

    @invariant()
    def the_balance_is_gross_less_credits_less_payments(self) -> None:
        expected: dict[tuple[UUID, str], Decimal] = {}
        for own, version in self.told.items():
            stands = self.versions[own][version]
            if stands is not None:
                key = stands.account_id, stands.currency
                expected[key] = expected.get(key, Decimal(0)) + stands.amount
        found = {key: amount for key, amount in ledger.balance(self.journals).items() if amount}
        assert found == {key: amount for key, amount in expected.items() if amount}

    @invariant()
    def each_side_says_its_own(self) -> None:
        """What was invoiced, credited and paid is by itself what the sources of these kinds come to."""
        sides: dict[str, Decimal] = {}
        for one in self.journals:
            for entry in one.entries:
                sides[entry.ledger] = sides.get(entry.ledger, Decimal(0)) + entry.amount
        stand = [self.versions[own][version] for own, version in self.told.items()]
        for name in AGAINST.values():
            due = sum((one.amount for one in stand if one and AGAINST[one.kind] == name), Decimal(0))
            assert -sides.get(name, Decimal(0)) == due


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_an_invoice_is_owed_and_a_credit_note_is_not() -> None:
    class Row:
        gross = Decimal(120)

    assert ledger.of_invoice(Row, credit=False, cancelled=False) == 120
    assert ledger.of_invoice(Row, credit=True, cancelled=False) == -120
    assert ledger.of_invoice(Row, credit=False, cancelled=True) == 0


def test_a_payment_lessens_what_is_owed_and_what_is_paid_back_adds_to_it() -> None:
    assert ledger.of_payment(Decimal(50), counts=True) == -50
    assert ledger.of_payment(Decimal(-50), counts=True) == 50
    assert ledger.of_payment(Decimal(50), counts=False) == 0


def test_a_cancelled_invoice_stays_booked_on_its_day_and_is_taken_back_on_the_day_of_that() -> None:
    booked, = difference(None, target("100"), A_DAY)
    cancelled, = difference(target("100"), target("0"), dt.date(2026, 4, 2))
    assert (booked.cause, booked.booked_on, booked.amount) == ("booked", A_DAY, 100)
    assert (cancelled.cause, cancelled.booked_on, cancelled.amount) == ("cancelled", dt.date(2026, 4, 2), -100)


def test_an_invoice_that_was_cancelled_before_the_portal_knew_it_is_not_posted() -> None:
    assert difference(None, target("0"), A_DAY) == ()


def test_what_counts_again_is_booked_on_the_day_of_that() -> None:
    again, = difference(target("0"), target("100"), dt.date(2026, 5, 1))
    assert again.booked_on == dt.date(2026, 5, 1)


def test_another_day_moves_the_posting_to_it() -> None:
    back, forth = difference(target("100"), target("100", day=dt.date(2026, 3, 9)), dt.date(2026, 5, 1))
    assert [(back.booked_on, back.amount), (forth.booked_on, forth.amount)] == [(A_DAY, -100), (dt.date(2026, 3, 9), 100)]


def test_a_source_that_goes_to_another_customer_is_taken_back_from_the_first() -> None:
    back, forth = difference(target("100"), target("100", account_id=ACCOUNTS[1]), dt.date(2026, 5, 1))
    assert (back.target.account_id, back.amount, back.booked_on) == (ACCOUNTS[0], -100, dt.date(2026, 5, 1))
    assert (forth.target.account_id, forth.amount, forth.booked_on) == (ACCOUNTS[1], 100, A_DAY)


def test_what_is_paid_back_is_on_the_side_of_payments() -> None:
    journal, = difference(None, target("30", "refund"), A_DAY)
    assert [(one.ledger, one.amount) for one in journal.entries] == [(RECEIVABLE, 30), ("paid", -30)]
