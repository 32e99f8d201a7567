"""Queries in a mapping: one SELECT on the company's own tables passes, and nothing else does."""

from __future__ import annotations

import pytest

from portico_companydb.foreign.selects import checked
from portico_erp.errors import ConnectorRejectedError


def own(schema: str, name: str) -> bool:
    return schema in ("", "erp") and name.lower() in ("a", "b")


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x FROM a",
        "select a.x, trim(b.y) as z, case when b.z > 1 then 'it''s' else '' end from erp.a join b on a.i = b.i where y like 'z%'",
        "with c as (select x from a) select x from c union all select x from b",
        "with c as (select x from a), d as (select x from c) select x from d where exists (select 1 from c)",
        "with recursive c as (select x from a union all select x from c where x < 9) select x from c",
        "select count(*), max(x) from a group by y having count(*) > 1 order by 1 limit 5;",
        "select x from (select x from a) as inner_one where exists (select 1 from b where b.i = inner_one.x)",
    ],
)
def test_select_on_own_tables_passes(sql: str, dialect: str) -> None:
    assert checked(sql, dialect, own).upper().startswith(("SELECT", "WITH"))


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize(
    "sql",
    [
        "",
        "DROP TABLE a",
        "SELECT 1; DELETE FROM a",
        "DELETE FROM a",
        "INSERT INTO a VALUES (1)",
        "WITH c AS (DELETE FROM a RETURNING *) SELECT * FROM c",
        "SELECT * FROM strangers",
        "SELECT * FROM pg_user, (WITH pg_user AS (SELECT 1) SELECT * FROM pg_user) AS x",
        "WITH c AS (SELECT * FROM d), d AS (SELECT * FROM a) SELECT * FROM c",
        "WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
        "SELECT (WITH user AS (SELECT 1 AS x) SELECT x FROM user) FROM user",
        "SELECT * FROM other.a",
        "SELECT * FROM x.erp.a",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM mysql.user",
        "SELECT * FROM sqlite_master",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT * FROM dblink('host=10.0.0.1', 'select 1') AS t(x int)",
        "SELECT query_to_xml('select 1', true, true, '')",
        "SELECT set_config('role', 'x', false) FROM a",
        "SELECT current_setting('x') FROM a",
        "SELECT pg_sleep(60)",
        "SELECT SLEEP(60)",
        "SELECT BENCHMARK(1000000000, MD5('x'))",
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM a FOR UPDATE",
        "SELECT x INTO b FROM a",
        "SELECT x FROM a INTO OUTFILE '/tmp/x'",
        "SELECT x FROM a INTO @y",
        "COPY a TO '/tmp/x'",
        "COPY a FROM PROGRAM 'id'",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE a",
        "ATTACH DATABASE '/tmp/x' AS y",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO '/tmp/x'",
        "SET ROLE postgres",
        "CALL p()",
        "DO $$ BEGIN END $$",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT repeat('x', 1000000000) FROM a",
        "SELECT nextval('s') FROM a",
        "SELECT xmlparse(document 'x') FROM a, LATERAL unnest(y)",
        "SELECT :x FROM a",
        "SELECT x FROM a WHERE y = ?",
        "SELECT x FROM a\x00",
        "TABLE strangers",
        "VALUES (1)",
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    ],
)
def test_nothing_else_passes(sql: str, dialect: str) -> None:
    with pytest.raises(ConnectorRejectedError):
        checked(sql, dialect, own)


@pytest.mark.parametrize("sql", ["SELECT @@datadir", "SELECT @x := 1", "SELECT x FROM a WHERE y = @z"])
def test_variables_of_a_session_do_not_pass(sql: str) -> None:
    with pytest.raises(ConnectorRejectedError):
        checked(sql, "mysql", own)


def test_comment_that_a_server_executes_never_reaches_it() -> None:
    for sql in ("SELECT x /*! , load_file('/etc/passwd') */ FROM a", "SELECT x /*!99999 FROM b */ FROM a", "SELECT x -- y\nFROM a"):
        told = checked(sql, "mysql", own)
        assert "/*" not in told
        assert "--" not in told
        assert "load_file" not in told.lower()
