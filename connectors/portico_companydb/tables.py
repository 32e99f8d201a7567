"""The columns of the standard schema that the connector reads or writes. The scripts of `schema` make them; a test
compares.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text

from portico_companydb.columns import Amount, Day, Moment

metadata = MetaData()


def _item_table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", BigInteger, primary_key=True),
        Column("code", Text),
        Column("name", Text),
        Column("description", Text),
        Column("price", Amount),
        Column("category", Text),
        Column("unit", Text),
        Column("tax_rate", Amount),
        Column("is_active", Boolean),
        Column("updated_at", Moment),
    )


ITEMS: dict[str, Table] = {
    "accessory": _item_table("accessories"),
    "fee": _item_table("fees"),
    "material": _item_table("materials"),
    "service": _item_table("services"),
}
"""Kind → table, in the order in which kinds are sorted when items are paged."""

price_list = Table(
    "price_list",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text),
    Column("currency", Text),
    Column("is_active", Boolean),
)
price_list_item = Table(
    "price_list_item",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("price_list", Text),
    Column("item_kind", Text),
    Column("item_code", Text),
    Column("min_quantity", Amount),
    Column("price", Amount),
    Column("valid_from", Day),
    Column("valid_until", Day),
)
customers = Table(
    "customers",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("code", Text),
    Column("name", Text),
    Column("email", Text),
    Column("claim_code", Text),
    Column("currency", Text),
    Column("price_list", Text),
    Column("is_active", Boolean),
    Column("updated_at", Moment),
)
contacts = Table(
    "customers",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("contact_name", Text),
    Column("contact_email", Text),
    Column("contact_phone", Text),
)
"""What version 2 of the schema added to customers: apart, so that those of version 1 can be read too."""
customer_addresses = Table(
    "customer_addresses",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger),
    Column("portal_reference", Text),
    Column("name", Text),
    Column("street", Text),
    Column("postcode", Text),
    Column("city", Text),
    Column("region", Text),
    Column("country", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("is_billing", Boolean),
    Column("is_delivery", Boolean),
    Column("is_active", Boolean),
    Column("updated_at", Moment),
)
quotes = Table(
    "quotes",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("portal_reference", Text),
    Column("customer_id", BigInteger),
    Column("status", Text),
    Column("currency", Text),
    Column("note", Text),
    Column("po_number", Text),
    Column("reason", Text),
    Column("net_total", Amount),
    Column("tax_total", Amount),
    Column("gross_total", Amount),
    Column("valid_until", Day),
    Column("submitted_at", Moment),
    Column("created_at", Moment),
    Column("updated_at", Moment),
)
quote_destinations = Table(
    "quote_destinations",
    metadata,
    Column("quote_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("street", Text),
    Column("postcode", Text),
    Column("city", Text),
    Column("region", Text),
    Column("country", Text),
    Column("phone", Text),
    Column("wanted_on", Day),
)
quote_lines = Table(
    "quote_lines",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("quote_id", BigInteger),
    Column("position", Integer),
    Column("item_kind", Text),
    Column("item_code", Text),
    Column("name", Text),
    Column("unit", Text),
    Column("quantity", Amount),
    Column("unit_price", Amount),
    Column("tax_rate", Amount),
    Column("note", Text),
)
orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("quote_id", BigInteger),
    Column("customer_id", BigInteger),
    Column("status", Text),
    Column("currency", Text),
    Column("po_number", Text),
    Column("note", Text),
    Column("net_total", Amount),
    Column("tax_total", Amount),
    Column("gross_total", Amount),
    Column("expected_on", Day),
    Column("ordered_at", Moment),
    Column("updated_at", Moment),
)
order_lines = Table(
    "order_lines",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("order_id", BigInteger),
    Column("position", Integer),
    Column("item_kind", Text),
    Column("item_code", Text),
    Column("name", Text),
    Column("unit", Text),
    Column("quantity", Amount),
    Column("unit_price", Amount),
    Column("tax_rate", Amount),
    Column("line_total", Amount),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("order_id", BigInteger),
    Column("shipped_at", Moment),
    Column("delivered_at", Moment),
    Column("carrier", Text),
    Column("tracking_number", Text),
    Column("tracking_url", Text),
    Column("note", Text),
)
delivery_lines = Table(
    "delivery_lines",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("delivery_id", BigInteger),
    Column("order_line_id", BigInteger),
    Column("quantity", Amount),
)
invoices = Table(
    "invoices",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("kind", Text),
    Column("customer_id", BigInteger),
    Column("order_id", BigInteger),
    Column("credits_id", BigInteger),
    Column("status", Text),
    Column("currency", Text),
    Column("po_number", Text),
    Column("note", Text),
    Column("net_total", Amount),
    Column("tax_total", Amount),
    Column("gross_total", Amount),
    Column("paid_total", Amount),
    Column("issued_on", Day),
    Column("due_on", Day),
    Column("updated_at", Moment),
)
invoice_lines = Table(
    "invoice_lines",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("invoice_id", BigInteger),
    Column("position", Integer),
    Column("item_kind", Text),
    Column("item_code", Text),
    Column("name", Text),
    Column("unit", Text),
    Column("quantity", Amount),
    Column("unit_price", Amount),
    Column("tax_rate", Amount),
    Column("line_total", Amount),
)
invoice_documents = Table(
    "invoice_documents",
    metadata,
    Column("invoice_id", BigInteger, primary_key=True),
    Column("file_name", Text),
    Column("media_type", Text),
    Column("content", LargeBinary),
)
payments = Table(
    "payments",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("portal_reference", Text),
    Column("provider_reference", Text),
    Column("customer_id", BigInteger),
    Column("amount", Amount),
    Column("currency", Text),
    Column("paid_on", Day),
    Column("method", Text),
    Column("is_cancelled", Boolean),
    Column("updated_at", Moment),
)
payment_allocations = Table(
    "payment_allocations",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("payment_id", BigInteger),
    Column("invoice_id", BigInteger),
    Column("amount", Amount),
)
contracts = Table(
    "contracts",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("number", Text),
    Column("portal_reference", Text),
    Column("customer_id", BigInteger),
    Column("title", Text),
    Column("status", Text),
    Column("currency", Text),
    Column("value", Amount),
    Column("value_per", Text),
    Column("starts_on", Day),
    Column("ends_on", Day),
    Column("renewal_months", Integer),
    Column("notice_days", Integer),
    Column("answer_until", Day),
    Column("terms", Text),
    Column("reason", Text),
    Column("answered_by", Text),
    Column("answered_at", Moment),
    Column("created_at", Moment),
    Column("updated_at", Moment),
)
contract_lines = Table(
    "contract_lines",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("contract_id", BigInteger),
    Column("position", Integer),
    Column("item_kind", Text),
    Column("item_code", Text),
    Column("name", Text),
    Column("unit", Text),
    Column("quantity", Amount),
    Column("unit_price", Amount),
    Column("tax_rate", Amount),
)
stock_levels = Table(
    "stock_levels",
    metadata,
    Column("item_kind", Text, primary_key=True),
    Column("item_code", Text, primary_key=True),
    Column("available", Amount),
    Column("expected_on", Day),
)
