-- The standard schema of a company database, from version 1 to version 2: where customers are, and whom to ask for.
--
-- As with the first version, all of it or nothing. What is there stays as it is. A change of an address touches its customer,
-- so that whoever follows customers.updated_at learns of it.

ALTER TABLE customers
    ADD COLUMN contact_name  text NOT NULL DEFAULT '',
    ADD COLUMN contact_email text NOT NULL DEFAULT '',
    ADD COLUMN contact_phone text NOT NULL DEFAULT '';
COMMENT ON COLUMN customers.contact_email IS 'where to write to the contact; customers.email is by which people are recognised';

CREATE TABLE customer_addresses (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id      bigint      NOT NULL REFERENCES customers ON DELETE CASCADE,
    portal_reference text        UNIQUE,
    name             text        NOT NULL DEFAULT '',
    street           text        NOT NULL DEFAULT '',
    postcode         text        NOT NULL DEFAULT '',
    city             text        NOT NULL DEFAULT '',
    region           text        NOT NULL DEFAULT '',
    country          text        NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    phone            text        NOT NULL DEFAULT '',
    email            text        NOT NULL DEFAULT '',
    is_billing       boolean     NOT NULL DEFAULT false,
    is_delivery      boolean     NOT NULL DEFAULT true,
    is_active        boolean     NOT NULL DEFAULT true,
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN customer_addresses.portal_reference IS 'the portal''s own id: unique, so that an address arrives once';
COMMENT ON COLUMN customer_addresses.street IS 'one or more lines';
COMMENT ON COLUMN customer_addresses.country IS 'ISO 3166-1 alpha-2, or empty';
CREATE INDEX customer_addresses_customer ON customer_addresses (customer_id);

CREATE TRIGGER portico_stamp BEFORE INSERT OR UPDATE ON customer_addresses
    FOR EACH ROW EXECUTE FUNCTION portico_stamp();
CREATE TRIGGER portico_touch AFTER INSERT OR UPDATE OR DELETE ON customer_addresses
    FOR EACH ROW EXECUTE FUNCTION portico_touch_whole('customers', 'customer_id');

INSERT INTO portico_schema (version) VALUES (2);
