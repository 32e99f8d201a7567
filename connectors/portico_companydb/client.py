"""One company's database behind the contract's capabilities: opens transactions, lets the parts read, map and
write.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from portico_companydb import addresses, billing, check, contracts, decision, mapping, reader, setup, submission
from portico_companydb.cursors import Cursor
from portico_companydb.database import Database
from portico_companydb.foreign.explore import Explorable
from portico_companydb.i18n import _
from portico_companydb.settings import DatabaseSettings
from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import (
    Address,
    CapabilityReport,
    Contact,
    ContractAnswer,
    ContractReceipt,
    Customer,
    Document,
    Item,
    Page,
    PaymentPosting,
    PaymentReceipt,
    PriceAnswer,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    RemoteContract,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
    SetupReport,
    StockAnswer,
)

MOST_ROWS = 1000
"""Rows in one page, whatever was asked for."""


class CompanyDatabaseClient(Explorable):
    """Implements every capability that `CompanyDatabase` declares. Thread-safe; connects at the first call.
    """

    def __init__(self, settings: DatabaseSettings, egress: Egress) -> None:
        self.settings = settings
        self.database = Database(settings, egress)
        self._overlap = timedelta(seconds=settings.overlap_s)

    def close(self) -> None:
        self.database.close()

    def test(self) -> Sequence[CapabilityReport]:
        return check.reports(self.database, self.settings.currency)

    def set_up(self) -> SetupReport:
        return setup.apply(self.database)

    # -- catalogue and prices
    # ----------------------------------------------------------------------------------

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        with self.database.transaction() as connection:
            read = reader.changed_items(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
        items, problems = mapping.split([mapping.item(row, self.settings.currency) for row in read.rows])
        return Page(items, read.cursor.format(), read.more, problems)

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        keys = [key for ref, _quantity in wanted if (key := mapping.parse_item_ref(ref))]
        with self.database.transaction() as connection:
            if customer_ref is not None and reader.customer(connection, code=customer_ref) is None:
                raise ConnectorRejectedError(
                    "customer_ref", _("The company does not know this customer."), code="unknown"
                )
            rows = reader.items_by_code(connection, keys)
            own = (
                reader.own_prices(connection, customer_ref, keys) if customer_ref is not None and keys else []
            )
        return self._answer(wanted, rows, own)

    def _answer(
        self, wanted: Sequence[tuple[str, Decimal]], rows: Sequence[mapping.Row], own: Sequence[mapping.Row]
    ) -> PriceAnswer:
        as_of = datetime.now(UTC)
        on_sale = {mapping.item_ref(row["kind"], row["code"]): row for row in rows if row["is_active"]}
        entries: dict[str, list[mapping.Row]] = {}
        for entry in own:
            entries.setdefault(mapping.item_ref(entry["item_kind"], entry["item_code"]), []).append(entry)
        prices, problems = mapping.split(
            [
                mapping.price(on_sale[ref], quantity, entries.get(ref, ()), self.settings.currency, as_of)
                for ref, quantity in wanted
                if ref in on_sale
            ]
        )
        missing = dict.fromkeys(ref for ref, _quantity in wanted if ref not in on_sale)
        return PriceAnswer(prices, tuple(missing), problems)

    def stock(self, wanted: Sequence[str]) -> StockAnswer:
        questions.require_stock(wanted)
        keys = [key for ref in wanted if (key := mapping.parse_item_ref(ref))]
        with self.database.transaction() as connection:
            items = {mapping.item_ref(row["kind"], row["code"]): row for row in reader.items_by_code(connection, keys)}
            counted = reader.stock_levels(connection, keys)
        as_of = datetime.now(UTC)
        on_sale = {ref: row for ref, row in items.items() if row["is_active"]}
        levels, problems = mapping.split(
            [
                mapping.stock_level(row, counted.get((row["kind"], row["code"])), as_of)
                for ref, row in on_sale.items()
            ]
        )
        return StockAnswer(levels, tuple(dict.fromkeys(ref for ref in wanted if ref not in on_sale)), problems)

    # -- quotes
    # ------------------------------------------------------------------------------------------------

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        with self.database.transaction(read_only=False) as connection:
            submission.write(connection, request)
        with self.database.transaction() as connection:
            row = submission.find(connection, request.reference)
        if row is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        if row["customer"] != request.customer_ref:
            raise ConnectorRejectedError(
                "reference", _("The reference belongs to another customer's quote."), code="conflict"
            )
        return mapping.receipt(row)

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        with self.database.transaction() as connection:
            row = submission.find(connection, reference)
        return None if row is None else mapping.receipt(row)

    def decide(self, decided: QuoteDecision) -> QuoteReceipt:
        with self.database.transaction(read_only=False) as connection:
            return mapping.receipt(decision.write(connection, decided))

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        with self.database.transaction() as connection:
            read = reader.changed_quotes(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
            lines = reader.quote_lines(connection, [row["id"] for row in read.rows])
        quotes, problems = mapping.split([mapping.quote(row, lines.get(row["id"], ())) for row in read.rows])
        return Page(quotes, read.cursor.format(), read.more, problems)

    # -- orders
    # ------------------------------------------------------------------------------------------------

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        with self.database.transaction() as connection:
            read = reader.changed_orders(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
            lines, sent, contents = reader.order_parts(connection, [row["id"] for row in read.rows])
        orders, problems = mapping.split(
            [
                mapping.order(row, lines.get(row["id"], ()), sent.get(row["id"], ()), contents)
                for row in read.rows
            ]
        )
        return Page(orders, read.cursor.format(), read.more, problems)

    def order(self, ref: str) -> RemoteOrder | None:
        with self.database.transaction() as connection:
            row = reader.one_order(connection, reader.row_id(ref))
            if row is None:
                return None
            lines, sent, contents = reader.order_parts(connection, [row["id"]])
        order = mapping.order(row, lines.get(row["id"], ()), sent.get(row["id"], ()), contents)
        if isinstance(order, mapping.Problem):
            raise ConnectorRejectedError(None, order.message, code=order.code)
        return order

    # -- contracts
    # ---------------------------------------------------------------------------------------------

    def changed_contracts(self, cursor: str | None, limit: int) -> Page[RemoteContract]:
        with self.database.transaction() as connection:
            read = contracts.changed(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
            lines = contracts.lines(connection, [row["id"] for row in read.rows])
        found, problems = mapping.split([contracts.contract(row, lines.get(row["id"], ())) for row in read.rows])
        return Page(found, read.cursor.format(), read.more, problems)

    def contract(self, ref: str) -> RemoteContract | None:
        with self.database.transaction() as connection:
            row = contracts.one(connection, ref)
            if row is None:
                return None
            lines = contracts.lines(connection, [row["id"]])
        contract = contracts.contract(row, lines.get(row["id"], ()))
        if isinstance(contract, mapping.Problem):
            raise ConnectorRejectedError(None, contract.message, code=contract.code)
        return contract

    def answer_contract(self, answer: ContractAnswer) -> ContractReceipt:
        with self.database.transaction(read_only=False) as connection:
            return contracts.answer(connection, answer)

    # -- invoices and payments
    # ---------------------------------------------------------------------------------

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        with self.database.transaction() as connection:
            read = billing.changed_invoices(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
            lines = billing.lines(connection, [row["id"] for row in read.rows])
        invoices, problems = mapping.split([billing.invoice(row, lines.get(row["id"], ())) for row in read.rows])
        return Page(invoices, read.cursor.format(), read.more, problems)

    def invoice(self, ref: str) -> RemoteInvoice | None:
        with self.database.transaction() as connection:
            row = billing.one_invoice(connection, ref)
            if row is None:
                return None
            lines = billing.lines(connection, [row["id"]])
        invoice = billing.invoice(row, lines.get(row["id"], ()))
        if isinstance(invoice, mapping.Problem):
            raise ConnectorRejectedError(None, invoice.message, code=invoice.code)
        return invoice

    def invoice_document(self, ref: str) -> Document:
        with self.database.transaction() as connection:
            return billing.document(connection, ref)

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        with self.database.transaction() as connection:
            read = billing.changed_payments(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
            parts = billing.allocations(connection, [row["id"] for row in read.rows])
        payments, problems = mapping.split([billing.payment(row, parts.get(row["id"], ())) for row in read.rows])
        return Page(payments, read.cursor.format(), read.more, problems)

    def post_payment(self, posting: PaymentPosting) -> PaymentReceipt:
        with self.database.transaction(read_only=False) as connection:
            billing.post(connection, posting)
        with self.database.transaction() as connection:
            row = billing.find(connection, posting.reference)
        if row is None:
            raise ConnectorUnavailableError(_("The payment was booked but cannot be read back yet."))
        if row["customer"] != posting.customer_ref:
            raise ConnectorRejectedError(
                "reference", _("The reference belongs to another customer's payment."), code="conflict"
            )
        return billing.receipt(row)

    def find_payment(self, reference: str) -> PaymentReceipt | None:
        with self.database.transaction() as connection:
            row = billing.find(connection, reference)
        return None if row is None else billing.receipt(row)

    # -- customers
    # ---------------------------------------------------------------------------------------------

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        with self.database.transaction() as connection:
            row = reader.customer(connection, code=code, email=email, claim_code=claim_code)
        if row is None:
            return None
        customer = mapping.customer(row)
        if isinstance(customer, mapping.Problem):
            raise ConnectorRejectedError(None, customer.message, code=customer.code)
        return customer

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        with self.database.transaction() as connection:
            read = reader.changed_customers(connection, Cursor.parse(cursor), _bounded(limit), self._overlap)
        customers, problems = mapping.split([mapping.customer(row) for row in read.rows])
        return Page(customers, read.cursor.format(), read.more, problems)

    def addresses(self, customer_ref: str) -> Sequence[Address]:
        """What cannot be an address is left out: the others are still good to deliver to."""
        with self.database.transaction() as connection:
            rows = addresses.find(connection, customer_ref)
        good, _problems = mapping.split([mapping.address(row) for row in rows])
        return good

    def push_address(self, customer_ref: str, address: Address) -> str:
        with self.database.transaction(read_only=False) as connection:
            return addresses.write(connection, customer_ref, address)

    def remove_address(self, customer_ref: str, address_ref: str) -> None:
        with self.database.transaction(read_only=False) as connection:
            addresses.remove(connection, customer_ref, address_ref)

    def contact(self, customer_ref: str) -> Contact:
        with self.database.transaction() as connection:
            row = addresses.contact(connection, customer_ref)
        contact = mapping.contact(row)
        if isinstance(contact, mapping.Problem):
            raise ConnectorRejectedError(None, contact.message, code=contact.code)
        return contact

    def push_contact(self, customer_ref: str, contact: Contact) -> None:
        with self.database.transaction(read_only=False) as connection:
            addresses.write_contact(connection, customer_ref, contact)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
