-- The standard schema of a company database, from version 3 to version 4: contracts.
--
-- As with the versions before, all of it or nothing, and what is there stays as it is.

CREATE SEQUENCE contract_number;
CREATE TABLE contracts (
    id               bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text          NOT NULL UNIQUE DEFAULT 'C-' || lpad(nextval('contract_number')::text, 6, '0'),
    portal_reference text          UNIQUE,
    customer_id      bigint        NOT NULL REFERENCES customers,
    title            text          NOT NULL CHECK (title <> ''),
    status           text          NOT NULL DEFAULT 'draft' CHECK (status IN
                       ('draft', 'offered', 'active', 'declined', 'ended', 'cancelled')),
    currency         text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    value            numeric(14,2) CHECK (value >= 0),
    value_per        text          NOT NULL DEFAULT 'term' CHECK (value_per IN ('term', 'month', 'quarter', 'year')),
    starts_on        date,
    ends_on          date          CHECK (ends_on >= starts_on),
    renewal_months   integer       CHECK (renewal_months > 0),
    notice_days      integer       CHECK (notice_days >= 0),
    answer_until     date,
    terms            text          NOT NULL DEFAULT '',
    reason           text          NOT NULL DEFAULT '',
    answered_by      text          NOT NULL DEFAULT '',
    answered_at      timestamptz,
    created_at       timestamptz   NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz   NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN contracts.portal_reference IS 'the portal''s own id of the customer''s answer: unique, so that it is given once';
COMMENT ON COLUMN contracts.status IS 'draft: shown to nobody; offered: waits for the customer''s answer; active: agreed to';
COMMENT ON COLUMN contracts.value IS 'before tax, for the time that value_per says; NULL = none is agreed, as in a frame of prices';
COMMENT ON COLUMN contracts.ends_on IS 'the last day; NULL = until notice';
COMMENT ON COLUMN contracts.renewal_months IS 'for how long it goes on by itself each time it would end; NULL = it does not';
COMMENT ON COLUMN contracts.notice_days IS 'before the end; NULL = not said';
COMMENT ON COLUMN contracts.answer_until IS 'the last day on which the offer can be agreed to';
COMMENT ON COLUMN contracts.terms IS 'plain text; empty lines tell its paragraphs apart';
COMMENT ON COLUMN contracts.reason IS 'the customer''s words on a refusal, or the company''s on an end';
CREATE INDEX contracts_changed  ON contracts (updated_at, id);
CREATE INDEX contracts_customer ON contracts (customer_id);

CREATE TABLE contract_lines (
    id          bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id bigint        NOT NULL REFERENCES contracts ON DELETE CASCADE,
    position    integer       NOT NULL,
    item_kind   text          CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code   text,
    name        text          NOT NULL,
    unit        text          NOT NULL DEFAULT '',
    quantity    numeric(14,4) CHECK (quantity > 0),
    unit_price  numeric(14,4) NOT NULL CHECK (unit_price >= 0),
    tax_rate    numeric(5,2)  NOT NULL DEFAULT 0,
    UNIQUE (contract_id, position)
);
COMMENT ON COLUMN contract_lines.quantity IS 'NULL = as it is called off';

CREATE TRIGGER portico_stamp BEFORE INSERT OR UPDATE ON contracts
    FOR EACH ROW EXECUTE FUNCTION portico_stamp();
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON contract_lines
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('contracts', 'contract_id');

INSERT INTO portico_schema (version) VALUES (4);
