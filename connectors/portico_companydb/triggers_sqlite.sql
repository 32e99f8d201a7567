-- Triggers of the standard schema in SQLite, as in triggers_mysql.sql. A change that a trigger makes fires the others, but never itself.

-- stamped
CREATE TRIGGER IF NOT EXISTS {table}_made AFTER INSERT ON {table} BEGIN
    UPDATE {table} SET updated_at = {now}{number} WHERE {key} = NEW.{key};
END

-- stamped
CREATE TRIGGER IF NOT EXISTS {table}_changed AFTER UPDATE ON {table} BEGIN
    UPDATE {table} SET updated_at = {now} WHERE {key} = NEW.{key};
END

-- number
, number = coalesce(number, printf('{letter}-%06d', id))

-- part
CREATE TRIGGER IF NOT EXISTS {part}_added AFTER INSERT ON {part} BEGIN
    UPDATE {whole} SET updated_at = {now} WHERE id = NEW.{column};
    {added}
END

-- part
CREATE TRIGGER IF NOT EXISTS {part}_altered AFTER UPDATE ON {part} BEGIN
    UPDATE {whole} SET updated_at = {now} WHERE id = NEW.{column};
    {gone}
    {added}
END

-- part
CREATE TRIGGER IF NOT EXISTS {part}_gone AFTER DELETE ON {part} BEGIN
    UPDATE {whole} SET updated_at = {now} WHERE id = OLD.{column};
    {gone}
END

-- once
CREATE TRIGGER IF NOT EXISTS payments_cancelled AFTER UPDATE OF is_cancelled ON payments WHEN NEW.is_cancelled <> OLD.is_cancelled BEGIN
    {cancelled}
END
