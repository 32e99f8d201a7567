-- The standard schema of a company database, from version 2 to version 3: invoices with their documents, payments of several
-- invoices, stock.
--
-- As with the versions before, all of it or nothing, and what is there stays as it is. From now on the triggers below keep
-- invoices.paid_total and status: an allocation adds to it, one that goes or whose payment is cancelled takes it back. Whoever
-- wrote paid_total beside payments.invoice_id stops doing so.

ALTER TABLE invoices
    ADD COLUMN credits_id bigint REFERENCES invoices,
    ADD COLUMN note       text   NOT NULL DEFAULT '';
COMMENT ON COLUMN invoices.credits_id IS 'the invoice that a credit note is about';

CREATE TABLE invoice_documents (
    invoice_id bigint PRIMARY KEY REFERENCES invoices ON DELETE CASCADE,
    file_name  text   NOT NULL,
    media_type text   NOT NULL DEFAULT 'application/pdf',
    content    bytea  NOT NULL
);

ALTER TABLE payments
    ADD COLUMN portal_reference   text    UNIQUE,
    ADD COLUMN provider_reference text    NOT NULL DEFAULT '',
    ADD COLUMN is_cancelled       boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN payments.portal_reference IS 'the portal''s own id: unique, so that a payment is booked once';
COMMENT ON COLUMN payments.amount IS 'negative: paid back to the customer';
COMMENT ON COLUMN payments.invoice_id IS 'the one that it pays; of several, payment_allocations says how much of each';

CREATE TABLE payment_allocations (
    id         bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint        NOT NULL REFERENCES payments,
    invoice_id bigint        NOT NULL REFERENCES invoices,
    amount     numeric(14,2) NOT NULL CHECK (amount > 0),
    UNIQUE (payment_id, invoice_id)
);
CREATE INDEX payment_allocations_invoice ON payment_allocations (invoice_id);
-- What was paid until now is in paid_total already: these come before the triggers.
INSERT INTO payment_allocations (payment_id, invoice_id, amount)
    SELECT id, invoice_id, amount FROM payments WHERE invoice_id IS NOT NULL AND amount > 0;

CREATE TABLE stock_levels (
    item_kind   text          NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code   text          NOT NULL,
    available   numeric(14,3) NOT NULL,
    expected_on date,
    PRIMARY KEY (item_kind, item_code)
);
COMMENT ON TABLE stock_levels IS 'what can be had now, over all places; an item without a row is not counted';
COMMENT ON COLUMN stock_levels.available IS 'less what is promised to others; below 0 = oversold';
COMMENT ON COLUMN stock_levels.expected_on IS 'when more comes';

CREATE FUNCTION portico_settle(invoice bigint, paid numeric) RETURNS void LANGUAGE sql AS $$
    UPDATE invoices
       SET paid_total = paid_total + paid,
           status = CASE WHEN status = 'cancelled' THEN status WHEN paid_total + paid >= gross_total THEN 'paid' ELSE 'open' END
     WHERE id = invoice
$$;

CREATE FUNCTION portico_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND NOT (SELECT is_cancelled FROM payments WHERE id = OLD.payment_id) THEN
        PERFORM portico_settle(OLD.invoice_id, -OLD.amount);
    END IF;
    IF TG_OP <> 'DELETE' AND NOT (SELECT is_cancelled FROM payments WHERE id = NEW.payment_id) THEN
        PERFORM portico_settle(NEW.invoice_id, NEW.amount);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER portico_allocated AFTER INSERT OR UPDATE OR DELETE ON payment_allocations
    FOR EACH ROW EXECUTE FUNCTION portico_allocated();

-- A payment of one invoice needs no second row: it is made here.
CREATE FUNCTION portico_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.invoice_id IS NOT NULL AND NEW.amount > 0 THEN
            INSERT INTO payment_allocations (payment_id, invoice_id, amount) VALUES (NEW.id, NEW.invoice_id, NEW.amount);
        END IF;
    ELSIF NEW.is_cancelled <> OLD.is_cancelled THEN
        PERFORM portico_settle(invoice_id, CASE WHEN NEW.is_cancelled THEN -amount ELSE amount END)
           FROM payment_allocations WHERE payment_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER portico_paid AFTER INSERT OR UPDATE ON payments
    FOR EACH ROW EXECUTE FUNCTION portico_paid();

CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON payment_allocations
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('payments', 'payment_id');
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON invoice_documents
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('invoices', 'invoice_id');

INSERT INTO portico_schema (version) VALUES (3);
