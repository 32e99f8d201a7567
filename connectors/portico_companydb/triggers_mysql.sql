-- Triggers of the standard schema in MySQL and MariaDB. Each block but this one is one statement, made once, or once for each table that
-- its first line names; what stands in braces is filled in by schema.py.

-- numbered
INSERT IGNORE INTO portico_counter (name) VALUES ('{table}')

-- stamped
DROP TRIGGER IF EXISTS {table}_made

-- stamped
CREATE TRIGGER {table}_made BEFORE INSERT ON {table} FOR EACH ROW BEGIN
    {number}
    SET NEW.updated_at = utc_timestamp(6);
END

-- stamped
DROP TRIGGER IF EXISTS {table}_changed

-- stamped
CREATE TRIGGER {table}_changed BEFORE UPDATE ON {table} FOR EACH ROW SET NEW.updated_at = utc_timestamp(6)

-- number
IF NEW.number = '' THEN
    UPDATE portico_counter SET value = value + 1 WHERE name = '{table}';
    SET NEW.number = concat('{letter}-',
        (SELECT lpad(value, greatest(6, length(value)), '0') FROM portico_counter WHERE name = '{table}'));
END IF;

-- part
DROP TRIGGER IF EXISTS {part}_added

-- part
CREATE TRIGGER {part}_added AFTER INSERT ON {part} FOR EACH ROW BEGIN
    UPDATE {whole} SET updated_at = utc_timestamp(6) WHERE id = NEW.{column};
    {added}
END

-- part
DROP TRIGGER IF EXISTS {part}_altered

-- part
CREATE TRIGGER {part}_altered AFTER UPDATE ON {part} FOR EACH ROW BEGIN
    UPDATE {whole} SET updated_at = utc_timestamp(6) WHERE id = NEW.{column};
    {gone}
    {added}
END

-- part
DROP TRIGGER IF EXISTS {part}_gone

-- part
CREATE TRIGGER {part}_gone AFTER DELETE ON {part} FOR EACH ROW BEGIN
    UPDATE {whole} SET updated_at = utc_timestamp(6) WHERE id = OLD.{column};
    {gone}
END

-- once
DROP TRIGGER IF EXISTS payments_cancelled

-- once
CREATE TRIGGER payments_cancelled AFTER UPDATE ON payments FOR EACH ROW BEGIN
    IF NEW.is_cancelled <> OLD.is_cancelled THEN
        {cancelled}
    END IF;
END
