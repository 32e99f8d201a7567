"""The catalogue's and quotes' tables, and the door through which the catalogue is searched."""

from pathlib import Path

from alembic import op

from portico.db.definer import create_definer_functions

revision = "q0001"
down_revision = None
branch_labels = None
depends_on = None

# (%% is one %: the text passes through the driver.) Matching operators are not leakproof, so under row security they
# could use no index. The function names the tenant itself, and whoever calls it joins the ids back to the table, where
# the wall stands. Words match by their beginnings; where too few do, the catalogue's most similar words are taken for
# what was meant: a few thousand words are compared, not every item. At most 2,000 candidates are ranked: one letter
# matches half a catalogue.
SEARCH = """
CREATE FUNCTION quotes_item_match(p_tenant uuid, p_words tsquery, p_query text, p_kind text, p_category text, p_limit integer)
RETURNS TABLE (id uuid, rank real) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT one.id, (ts_rank(one.tsv, p_words) + CASE WHEN one.folded_code = p_query THEN 10
                  WHEN starts_with(one.folded_code, p_query) THEN 2 WHEN starts_with(one.folded, p_query) THEN 1
                  ELSE 0 END)::real AS score
    FROM (SELECT i.id, i.tsv, i.folded_code, i.folded FROM quotes_item i
           WHERE i.tenant_id = p_tenant AND i.tsv @@ p_words AND i.active
             AND (p_kind IS NULL OR i.kind = p_kind) AND (p_category IS NULL OR i.category = p_category)
           LIMIT 2000) one
   ORDER BY score DESC, one.id LIMIT p_limit
$$;
CREATE FUNCTION quotes_words_meant(p_tenant uuid, p_query text)
RETURNS tsquery LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT to_tsquery('simple', string_agg('(' || typed.choice || ')', ' & '))
    FROM (SELECT concat_ws(' | ', quote_literal(one.word) || ':*',
                           (SELECT string_agg(quote_literal(near.word), ' | ') FROM
                             (SELECT w.word FROM quotes_word w WHERE w.tenant_id = p_tenant AND w.word %% one.word
                               ORDER BY similarity(w.word, one.word) DESC, w.word LIMIT 3) near)) AS choice
            FROM regexp_split_to_table(btrim(p_query), ' +') AS one(word)) typed
$$;
CREATE FUNCTION quotes_item_search(p_query text, p_kind text, p_category text, p_limit integer)
RETURNS TABLE (id uuid, rank real) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_tenant uuid := nullif(current_setting('portico.tenant_id', true), '')::uuid;
    v_words tsquery;
    v_meant tsquery;
    v_found integer;
BEGIN
    IF v_tenant IS NULL OR p_query !~ '[^[:space:]]' THEN
        RETURN;
    END IF;
    SELECT to_tsquery('simple', string_agg(quote_literal(word) || ':*', ' & '))
      INTO v_words FROM regexp_split_to_table(btrim(p_query), ' +') AS word;
    RETURN QUERY SELECT m.id, m.rank FROM quotes_item_match(v_tenant, v_words, p_query, p_kind, p_category, p_limit) m;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found < least(5, p_limit) AND length(p_query) >= 3 THEN
        v_meant := quotes_words_meant(v_tenant, p_query) && !! v_words;
        RETURN QUERY SELECT m.id, (m.rank - 100)::real
          FROM quotes_item_match(v_tenant, v_meant, p_query, p_kind, p_category, p_limit - v_found) m;
    END IF;
END $$;
"""
GRANTS = {
    "quotes_item_match(uuid, tsquery, text, text, text, integer)": (),
    "quotes_words_meant(uuid, text)": (),
    "quotes_item_search(text, text, text, integer)": ("portico_customer", "portico_staff"),
}


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_name("tables_0001.sql").read_text())
    create_definer_functions(op, SEARCH, GRANTS, reads=("quotes_item", "quotes_word"))


def downgrade() -> None:
    raise RuntimeError("the first migration is not undone: its tables are the company's quotes")
