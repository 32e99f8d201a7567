-- The standard schema of a company database, from version 4 to version 5: where and when to deliver a quote.
--
-- As with the versions before, all of it or nothing, and what is there stays as it is. Quotes of before have both in their note.

CREATE TABLE quote_destinations (
    quote_id  bigint PRIMARY KEY REFERENCES quotes ON DELETE CASCADE,
    name      text   NOT NULL DEFAULT '',
    street    text   NOT NULL DEFAULT '',
    postcode  text   NOT NULL DEFAULT '',
    city      text   NOT NULL DEFAULT '',
    region    text   NOT NULL DEFAULT '',
    country   text   NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    phone     text   NOT NULL DEFAULT '',
    wanted_on date
);
COMMENT ON TABLE quote_destinations IS 'what the customer said of it; a quote without a row goes where and when it always does';
COMMENT ON COLUMN quote_destinations.street IS 'one or more lines; all texts are empty where only a day is wanted';
COMMENT ON COLUMN quote_destinations.country IS 'ISO 3166-1 alpha-2, or empty';

INSERT INTO portico_schema (version) VALUES (5);
