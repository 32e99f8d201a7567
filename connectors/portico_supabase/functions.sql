-- Optional, in a database in the standard schema behind PostgREST: run it as the owner of the tables.
-- Both run with the rights of whoever calls them (SECURITY INVOKER), so row-level security holds inside of them.

-- A quote and its lines in one transaction. Without it the connector sends them one after the other.
CREATE OR REPLACE FUNCTION portico_submit_quote(quote jsonb, lines jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY INVOKER SET search_path FROM CURRENT AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO quotes (portal_reference, customer_id, status, currency, note, po_number, submitted_at, net_total,
                        tax_total, gross_total)
    SELECT q.portal_reference, q.customer_id, q.status, q.currency, q.note, q.po_number, q.submitted_at, q.net_total,
           q.tax_total, q.gross_total
    FROM jsonb_populate_record(NULL::quotes, quote) q
    ON CONFLICT (portal_reference) DO NOTHING
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO quote_lines (quote_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, note)
        SELECT made, l.position, l.item_kind, l.item_code, l.name, l.unit, l.quantity, l.unit_price, l.tax_rate, l.note
        FROM jsonb_populate_recordset(NULL::quote_lines, lines) l;
    END IF;
    RETURN made;
END $$;

-- Lets the test of the connection see whether the role of its key is bound by row-level security.
CREATE OR REPLACE FUNCTION portico_who() RETURNS jsonb
LANGUAGE sql STABLE SECURITY INVOKER AS $$
    SELECT jsonb_build_object('role', rolname, 'bypasses', rolbypassrls, 'superuser', rolsuper)
    FROM pg_catalog.pg_roles WHERE rolname = current_user
$$;

REVOKE ALL ON FUNCTION portico_submit_quote(jsonb, jsonb), portico_who() FROM PUBLIC;
-- GRANT EXECUTE ON FUNCTION portico_submit_quote(jsonb, jsonb), portico_who() TO the_role_of_the_portal;

NOTIFY pgrst, 'reload schema';
