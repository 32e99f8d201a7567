-- The standard schema of a company database, version 1. Applied as one transaction to an empty database.
--
-- How the portal reads changes: every table that it follows has updated_at, set by a trigger to the wall clock of the
-- write (clock_timestamp(), not now(): now() is the start of the transaction and would be older still). A row becomes
-- visible only at its transaction's COMMIT, a little later than its updated_at. So the portal always reads again what
-- changed in the last minutes before its previous visit (the overlap) and drops what it has seen by id and time. A
-- transaction that stays open for longer than the overlap can hide its rows from the incremental reader until they
-- change again or everything is read anew: keep transactions short.
--
-- Lines, deliveries and delivery lines are parts of their quote or order: a trigger touches the whole when a part
-- changes. For loading in bulk: ALTER TABLE … DISABLE TRIGGER USER, give updated_at yourself, ENABLE it again.

CREATE TABLE portico_schema (
    version    integer     PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What is sold ---------------------------------------------------------------------------------------------------

CREATE TABLE materials (
    id          bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code        text          NOT NULL UNIQUE CHECK (code <> ''),
    name        text          NOT NULL CHECK (name <> ''),
    description text          NOT NULL DEFAULT '',
    price       numeric(12,2) NOT NULL CONSTRAINT materials_price CHECK (price >= 0 AND price <> 'NaN'),
    category    text          NOT NULL DEFAULT '',
    unit        text          NOT NULL DEFAULT 'piece',
    tax_rate    numeric(5,2)  NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 100),
    is_active   boolean       NOT NULL DEFAULT true,
    updated_at  timestamptz   NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN materials.price IS 'list price of one unit before tax, in the currency of the company';
COMMENT ON COLUMN materials.tax_rate IS 'per cent';

CREATE TABLE accessories (LIKE materials INCLUDING ALL);
CREATE TABLE services    (LIKE materials INCLUDING ALL);
CREATE TABLE fees        (LIKE materials INCLUDING ALL);

CREATE INDEX materials_changed   ON materials   (updated_at, code);
CREATE INDEX accessories_changed ON accessories (updated_at, code);
CREATE INDEX services_changed    ON services    (updated_at, code);
CREATE INDEX fees_changed        ON fees        (updated_at, code);

-- Who buys, and at which prices ----------------------------------------------------------------------------------

CREATE TABLE price_list (
    code       text        PRIMARY KEY,
    name       text        NOT NULL,
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    is_active  boolean     NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE price_list_item (
    id           bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    price_list   text          NOT NULL REFERENCES price_list ON UPDATE CASCADE ON DELETE CASCADE,
    item_kind    text          NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code    text          NOT NULL,
    min_quantity numeric(14,3) NOT NULL DEFAULT 0 CHECK (min_quantity >= 0),
    price        numeric(14,4) NOT NULL CONSTRAINT price_list_item_price CHECK (price >= 0 AND price <> 'NaN'),
    valid_from   date,
    valid_until  date,
    updated_at   timestamptz   NOT NULL DEFAULT clock_timestamp(),
    UNIQUE NULLS NOT DISTINCT (price_list, item_kind, item_code, min_quantity, valid_from)
);
COMMENT ON COLUMN price_list_item.min_quantity IS 'the price holds from this quantity on; the largest that fits wins';
COMMENT ON COLUMN price_list_item.valid_until IS 'last day on which the price holds';

CREATE TABLE customers (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text        NOT NULL UNIQUE CHECK (code <> ''),
    name       text        NOT NULL,
    email      text        NOT NULL DEFAULT '',
    claim_code text        UNIQUE,
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    price_list text        REFERENCES price_list ON UPDATE CASCADE ON DELETE SET NULL,
    country    text        NOT NULL DEFAULT '',
    is_active  boolean     NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN customers.claim_code IS 'the secret by which a person shows to belong to this customer';
CREATE INDEX customers_changed ON customers (updated_at, id);
CREATE INDEX customers_email   ON customers (lower(email));

-- Quotes ---------------------------------------------------------------------------------------------------------

CREATE SEQUENCE quote_number;
CREATE TABLE quotes (
    id               bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text          NOT NULL UNIQUE DEFAULT 'Q-' || lpad(nextval('quote_number')::text, 6, '0'),
    portal_reference text          UNIQUE,
    customer_id      bigint        NOT NULL REFERENCES customers,
    status           text          NOT NULL DEFAULT 'submitted' CHECK (status IN
                       ('submitted', 'priced', 'accepted', 'declined', 'expired', 'ordered', 'cancelled')),
    currency         text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    note             text          NOT NULL DEFAULT '',
    po_number        text,
    reason           text          NOT NULL DEFAULT '',
    net_total        numeric(14,2) NOT NULL DEFAULT 0,
    tax_total        numeric(14,2) NOT NULL DEFAULT 0,
    gross_total      numeric(14,2) NOT NULL DEFAULT 0,
    valid_until      date,
    submitted_at     timestamptz,
    created_at       timestamptz   NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz   NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN quotes.portal_reference IS 'the portal''s own id: unique, so that a quote arrives once';
COMMENT ON COLUMN quotes.reason IS 'what the customer should read when a quote is declined, changed or cancelled';
CREATE INDEX quotes_changed  ON quotes (updated_at, id);
CREATE INDEX quotes_customer ON quotes (customer_id);

CREATE TABLE quote_lines (
    id         bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    quote_id   bigint        NOT NULL REFERENCES quotes ON DELETE CASCADE,
    position   integer       NOT NULL,
    item_kind  text          NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  text          NOT NULL,
    name       text          NOT NULL,
    unit       text          NOT NULL DEFAULT '',
    quantity   numeric(14,4) NOT NULL CHECK (quantity > 0),
    unit_price numeric(14,4) CHECK (unit_price >= 0),
    tax_rate   numeric(5,2)  NOT NULL DEFAULT 0,
    note       text          NOT NULL DEFAULT '',
    UNIQUE (quote_id, position)
);

-- Orders and deliveries ------------------------------------------------------------------------------------------

CREATE SEQUENCE order_number;
CREATE TABLE orders (
    id          bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text          NOT NULL UNIQUE DEFAULT 'O-' || lpad(nextval('order_number')::text, 6, '0'),
    quote_id    bigint        UNIQUE REFERENCES quotes,
    customer_id bigint        NOT NULL REFERENCES customers,
    status      text          NOT NULL DEFAULT 'pending' CHECK (status IN
                  ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    currency    text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    po_number   text,
    note        text          NOT NULL DEFAULT '',
    net_total   numeric(14,2) NOT NULL DEFAULT 0,
    tax_total   numeric(14,2) NOT NULL DEFAULT 0,
    gross_total numeric(14,2) NOT NULL DEFAULT 0,
    expected_on date,
    ordered_at  timestamptz   NOT NULL DEFAULT clock_timestamp(),
    updated_at  timestamptz   NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX orders_changed  ON orders (updated_at, id);
CREATE INDEX orders_customer ON orders (customer_id);

CREATE TABLE order_lines (
    id         bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint        NOT NULL REFERENCES orders ON DELETE CASCADE,
    position   integer       NOT NULL,
    item_kind  text          CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  text,
    name       text          NOT NULL,
    unit       text          NOT NULL DEFAULT '',
    quantity   numeric(14,4) NOT NULL CHECK (quantity > 0),
    unit_price numeric(14,4) NOT NULL CHECK (unit_price >= 0),
    tax_rate   numeric(5,2)  NOT NULL DEFAULT 0,
    line_total numeric(14,2) NOT NULL,
    UNIQUE (order_id, position)
);

CREATE SEQUENCE delivery_number;
CREATE TABLE deliveries (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text        NOT NULL UNIQUE DEFAULT 'D-' || lpad(nextval('delivery_number')::text, 6, '0'),
    order_id        bigint      NOT NULL REFERENCES orders ON DELETE CASCADE,
    shipped_at      timestamptz,
    delivered_at    timestamptz,
    carrier         text        NOT NULL DEFAULT '',
    tracking_number text        NOT NULL DEFAULT '',
    tracking_url    text,
    note            text        NOT NULL DEFAULT '',
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX deliveries_order ON deliveries (order_id);

CREATE TABLE delivery_lines (
    id            bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id   bigint        NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    order_line_id bigint        NOT NULL REFERENCES order_lines ON DELETE CASCADE,
    quantity      numeric(14,4) NOT NULL CHECK (quantity > 0)
);
CREATE INDEX delivery_lines_delivery   ON delivery_lines (delivery_id);
CREATE INDEX delivery_lines_order_line ON delivery_lines (order_line_id);

-- Invoices and payments ------------------------------------------------------------------------------------------

CREATE SEQUENCE invoice_number;
CREATE TABLE invoices (
    id          bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text          NOT NULL UNIQUE DEFAULT 'I-' || lpad(nextval('invoice_number')::text, 6, '0'),
    kind        text          NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice', 'credit_note')),
    customer_id bigint        NOT NULL REFERENCES customers,
    order_id    bigint        REFERENCES orders,
    status      text          NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'cancelled')),
    currency    text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    po_number   text,
    net_total   numeric(14,2) NOT NULL DEFAULT 0,
    tax_total   numeric(14,2) NOT NULL DEFAULT 0,
    gross_total numeric(14,2) NOT NULL DEFAULT 0,
    paid_total  numeric(14,2) NOT NULL DEFAULT 0,
    issued_on   date          NOT NULL,
    due_on      date,
    updated_at  timestamptz   NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX invoices_changed  ON invoices (updated_at, id);
CREATE INDEX invoices_customer ON invoices (customer_id);
CREATE INDEX invoices_order    ON invoices (order_id);

CREATE TABLE invoice_lines (
    id         bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_id bigint        NOT NULL REFERENCES invoices ON DELETE CASCADE,
    position   integer       NOT NULL,
    item_kind  text          CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  text,
    name       text          NOT NULL,
    unit       text          NOT NULL DEFAULT '',
    quantity   numeric(14,3) NOT NULL,
    unit_price numeric(14,4) NOT NULL,
    tax_rate   numeric(5,2)  NOT NULL DEFAULT 0,
    line_total numeric(14,2) NOT NULL,
    UNIQUE (invoice_id, position)
);

CREATE SEQUENCE payment_number;
CREATE TABLE payments (
    id          bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text          NOT NULL UNIQUE DEFAULT 'P-' || lpad(nextval('payment_number')::text, 6, '0'),
    customer_id bigint        NOT NULL REFERENCES customers,
    invoice_id  bigint        REFERENCES invoices,
    amount      numeric(14,2) NOT NULL,
    currency    text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    paid_on     date          NOT NULL,
    method      text          NOT NULL DEFAULT '',
    reference   text          NOT NULL DEFAULT '',
    updated_at  timestamptz   NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX payments_changed  ON payments (updated_at, id);
CREATE INDEX payments_customer ON payments (customer_id);
CREATE INDEX payments_invoice  ON payments (invoice_id);

-- Triggers -------------------------------------------------------------------------------------------------------

CREATE FUNCTION portico_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;

-- The whole that a part belongs to: TG_ARGV holds its table and the part's column that names it.
CREATE FUNCTION portico_touch_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    EXECUTE format('UPDATE %I SET updated_at = clock_timestamp() WHERE id = $1', TG_ARGV[0])
      USING (changed ->> TG_ARGV[1])::bigint;
    RETURN NULL;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['materials', 'accessories', 'services', 'fees', 'price_list', 'price_list_item',
                                'customers', 'quotes', 'orders', 'deliveries', 'invoices', 'payments'] LOOP
        EXECUTE format('CREATE TRIGGER portico_stamp BEFORE INSERT OR UPDATE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION portico_stamp()', name);
    END LOOP;
END $$;

CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON quote_lines
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('quotes', 'quote_id');
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON order_lines
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('orders', 'order_id');
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON deliveries
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('orders', 'order_id');
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON delivery_lines
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('deliveries', 'delivery_id');
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('invoices', 'invoice_id');

INSERT INTO portico_schema (version) VALUES (1);
