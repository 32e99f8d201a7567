-- The sections of the bench's data; each statement ends a line with its semicolon. %(name)s are the loader's values.
-- :: once
CREATE TABLE bench_person (number integer PRIMARY KEY, user_id uuid, tenant_id uuid, account_id uuid);
CREATE TABLE bench_tenant (number serial PRIMARY KEY, tenant_id uuid);
-- :: company
INSERT INTO bench_tenant (tenant_id) VALUES (%(tenant)s);
INSERT INTO account (tenant_id, id, name, erp_ref)
  SELECT %(tenant)s, uuidv7(), 'Customer ' || n, 'C' || n FROM generate_series(1, %(accounts)s) n;
INSERT INTO connection (tenant_id, id, connector, name, status)
  VALUES (%(tenant)s, uuidv7(), 'bench', 'Bench', 'active');
INSERT INTO connection_sync (tenant_id, id, connection_id, entity, last_run_at, last_success_at)
  SELECT c.tenant_id, uuidv7(), c.id, e, now(), now() + interval '1 day'
  FROM connection c, unnest(ARRAY['orders.orders', 'quotes.catalogue', 'quotes.quotes']) e WHERE c.tenant_id = %(tenant)s;
INSERT INTO orders_order (tenant_id, id, account_id, erp_ref, number, po_number, status, status_at, currency, net, tax,
    gross, line_count, delivery_count, note, ordered_at, expected_on, erp_updated_at, synced_at, digest, search)
  SELECT %(tenant)s, uuidv7(), a.id, 'R' || n, 'SO-' || lpad(n::text, 7, '0'),
    CASE WHEN n %% 3 = 0 THEN 'PO-' || n END, s.status, at, 'EUR', net, net * 0.2, net * 1.2, 3,
    CASE WHEN s.status IN ('shipped', 'delivered') THEN 1 ELSE 0 END, '', at, at::date + 7, at, now(),
    decode(md5(n::text), 'hex'), lower('so-' || lpad(n::text, 7, '0') || CASE WHEN n %% 3 = 0 THEN ' po-' || n ELSE '' END)
  FROM generate_series(1, %(orders)s) n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM account WHERE tenant_id = %(tenant)s) a
    ON a.place = n %% %(accounts)s
  CROSS JOIN LATERAL (SELECT now() - interval '600 days' + n * interval '599 days' / %(orders)s AS at,
    (10 + (n * 7919::bigint) %% 500000 / 100.0)::numeric(18,4) AS net) v
  CROSS JOIN LATERAL (SELECT CASE WHEN n < %(orders)s * 0.9 THEN CASE WHEN n %% 40 = 0 THEN 'cancelled' ELSE 'delivered' END
    ELSE (ARRAY['pending', 'processing', 'shipped'])[1 + n %% 3] END AS status) s;
INSERT INTO orders_line (tenant_id, id, account_id, order_id, position, item_ref, name, quantity, unit, unit_price, tax_rate, total)
  SELECT o.tenant_id, uuidv7(), o.account_id, o.id, p, 'material:M' || p, 'Steel sheet ' || p, p, 'piece', 10, 20, 10 * p
  FROM orders_order o, generate_series(1, 3) p WHERE o.tenant_id = %(tenant)s AND o.number LIKE '%%0';
-- :: people
INSERT INTO bench_person (number, user_id, tenant_id, account_id)
  SELECT n, uuidv7(), t.tenant_id, a.id FROM generate_series(0, %(people)s - 1) n
  JOIN bench_tenant t ON t.number = n %% %(tenants)s + 1
  CROSS JOIN LATERAL (SELECT id FROM account c WHERE c.tenant_id = t.tenant_id AND c.erp_ref = 'C' || (n / %(tenants)s + 1)) a;
INSERT INTO account (tenant_id, id, name, erp_ref)
  SELECT tenant_id, uuidv7(), 'Probe Ltd', 'PROBE' FROM bench_person WHERE number = 0;
UPDATE bench_person p SET account_id = a.id FROM account a WHERE p.number = 0 AND a.erp_ref = 'PROBE';
INSERT INTO app_user (id, email, name, email_verified_at)
  SELECT user_id, 'person-' || number || '@example.com', 'Pat Person ' || number, now() FROM bench_person;
INSERT INTO membership (tenant_id, id, user_id, kind, roles, display_name, email)
  SELECT tenant_id, uuidv7(), user_id, 'customer', ARRAY['customer'], 'Pat Person', 'person-' || number || '@example.com'
  FROM bench_person;
INSERT INTO account_member (tenant_id, id, account_id, user_id)
  SELECT tenant_id, uuidv7(), account_id, user_id FROM bench_person;
INSERT INTO web_session (id, token_hash, user_id, kind, expires_at)
  SELECT uuidv7(), sha256(convert_to('bench-session-of-person-' || lpad(number::text, 6, '0'), 'UTF8')), user_id, 'browser',
    now() + interval '1 day' FROM bench_person;
INSERT INTO web_session (id, token_hash, user_id, kind, tenant_id, expires_at)
  SELECT uuidv7(), sha256('api'), user_id, 'api', tenant_id, now() + interval '1 day' FROM bench_person WHERE number = 0;
-- :: probe
INSERT INTO orders_order (tenant_id, id, account_id, erp_ref, number, po_number, status, status_at, currency, net, tax,
    gross, line_count, delivery_count, note, ordered_at, expected_on, erp_updated_at, synced_at, digest, search)
  SELECT p.tenant_id, uuidv7(), p.account_id, 'P' || n, 'SO-9' || lpad(n::text, 6, '0'), 'PO-9' || n,
    (ARRAY['pending', 'processing', 'shipped'])[1 + n %% 3], now() - n * interval '3 hours', 'EUR', n * 100, n * 20, n * 120,
    8, 1, '', now() - n * interval '3 hours', current_date + n %% 30, now(), now(), decode(md5(n::text), 'hex'),
    'so-9' || lpad(n::text, 6, '0') || ' po-9' || n
  FROM bench_person p, generate_series(1, 100) n WHERE p.number = 0;
INSERT INTO orders_line (tenant_id, id, account_id, order_id, position, item_ref, name, quantity, unit, unit_price, tax_rate, total)
  SELECT o.tenant_id, uuidv7(), o.account_id, o.id, p, 'material:M' || p, 'Aluminium sheet ' || p, p, 'piece', 12.5, 20, 12.5 * p
  FROM orders_order o, generate_series(1, 8) p, bench_person b WHERE b.number = 0 AND o.tenant_id = b.tenant_id AND o.account_id = b.account_id;
INSERT INTO orders_delivery (tenant_id, id, account_id, order_id, position, number, shipped_at, carrier, tracking_number, note)
  SELECT o.tenant_id, uuidv7(), o.account_id, o.id, 1, 'D-' || o.number, now(), 'DHL', 'TRACK-' || o.number, ''
  FROM orders_order o, bench_person b WHERE b.number = 0 AND o.tenant_id = b.tenant_id AND o.account_id = b.account_id;
INSERT INTO orders_delivery_line (tenant_id, id, account_id, order_id, delivery_id, position, item_ref, name, quantity)
  SELECT d.tenant_id, uuidv7(), d.account_id, d.order_id, d.id, p, 'material:M' || p, 'Aluminium sheet ' || p, 1
  FROM orders_delivery d, generate_series(1, 4) p;
INSERT INTO orders_change (tenant_id, id, account_id, order_id, kind, status, data, at)
  SELECT o.tenant_id, uuidv7(), o.account_id, o.id, c.kind, c.status, '{}', now() - c.days * interval '1 day'
  FROM orders_order o, bench_person b,
    (VALUES ('placed', 'pending', 5), ('status', 'processing', 4), ('status', 'shipped', 3), ('expected', null, 2)) c (kind, status, days)
  WHERE b.number = 0 AND o.tenant_id = b.tenant_id AND o.account_id = b.account_id;
INSERT INTO event (tenant_id, id, account_id, kind, actor, subject_type, subject_id, data, at)
  SELECT o.tenant_id, uuidv7(), o.account_id, e.kind, '', 'order', o.id::text,
    jsonb_build_object('number', o.number, 'carrier', 'DHL', 'tracking', 'TRACK'), o.ordered_at
  FROM orders_order o, bench_person b, (VALUES ('orders.placed'), ('orders.shipped')) e (kind)
  WHERE b.number = 0 AND o.tenant_id = b.tenant_id AND o.account_id = b.account_id;
INSERT INTO event (tenant_id, id, account_id, kind, actor, subject_type, subject_id, data, at)
  SELECT o.tenant_id, uuidv7(), o.account_id, 'orders.placed', '', 'order', o.id::text, jsonb_build_object('number', o.number), o.ordered_at
  FROM orders_order o, bench_person b WHERE b.number = 0 AND o.tenant_id = b.tenant_id AND o.account_id <> b.account_id;
INSERT INTO notification (tenant_id, id, user_id, event_id, kind, subject_type, subject_id, data, at, read_at)
  SELECT e.tenant_id, uuidv7(), b.user_id, e.id, e.kind, e.subject_type, e.subject_id, e.data, e.at,
    CASE WHEN row_number() OVER (ORDER BY e.at DESC) > 5 THEN now() END
  FROM event e, bench_person b WHERE b.number = 0 AND e.account_id = b.account_id;
-- :: quotes
INSERT INTO quotes_item (tenant_id, id, connection_id, ref, code, name, description, kind, category, unit, price, currency,
    tax_rate, active, remote_updated_at, synced_at, folded_code, folded)
  SELECT c.tenant_id, uuidv7(), c.id, 'material:M' || n, 'M' || n, v.name, '', 'material', v.category, 'piece',
    1 + n %% 1000, 'EUR', 20, true, now(), now(), 'm' || n, lower(v.name || ' ' || v.category)
  FROM connection c, bench_person b, generate_series(1, %(items)s) n
  CROSS JOIN LATERAL (SELECT (ARRAY['Steel','Aluminium','Copper','Brass','Oak','Pine','Acrylic','Rubber'])[1 + n %% 8] || ' ' ||
    (ARRAY['sheet','panel','tube','profile','wire','plate','rod'])[1 + n %% 7] || ' ' || n %% 97 || ' mm no ' || n AS name,
    'Category ' || n %% 40 AS category) v
  WHERE b.number = 0 AND c.tenant_id = b.tenant_id;
INSERT INTO quotes_category (tenant_id, id, kind, category, items)
  SELECT tenant_id, uuidv7(), kind, category, count(*) FROM quotes_item GROUP BY tenant_id, kind, category;
INSERT INTO quotes_source (tenant_id, id, connection_id, read_at)
  SELECT c.tenant_id, uuidv7(), c.id, now() FROM connection c;
INSERT INTO quotes_quote (tenant_id, id, account_id, connection_id, erp_ref, number, state, delivery, version, currency, note,
    po_number, line_count, net, tax, gross, confirmed, uncertain, reason, author, moved_at, touched_at, submitted_at, valid_until)
  SELECT b.tenant_id, uuidv7(), b.account_id, c.id, 'Q' || n, 'Q-' || n,
    (ARRAY['submitted', 'processed', 'accepted'])[1 + n %% 3], 'sent', 1, 'EUR', '', '', 8, n * 100, n * 20, n * 120, true,
    false, '', 'Pat Person', now() - n * interval '2 hours', now(), now() - n * interval '2 hours', current_date + 20
  FROM bench_person b JOIN connection c ON c.tenant_id = b.tenant_id, generate_series(1, 100) n WHERE b.number = 0;
INSERT INTO quotes_quote (tenant_id, id, account_id, state, delivery, version, currency, note, po_number, line_count, net, tax,
    gross, confirmed, uncertain, reason, author, moved_at, touched_at)
  SELECT a.tenant_id, uuidv7(), a.id, 'accepted', 'sent', 1, 'EUR', '', '', 0, n, n, n, true, false, '', '',
    now() - n * interval '1 hour', now()
  FROM account a JOIN bench_person b ON b.tenant_id = a.tenant_id, generate_series(1, 50) n
  WHERE b.number = 0 AND a.id <> b.account_id;
INSERT INTO quotes_line (tenant_id, id, account_id, quote_id, position, item_ref, code, name, kind, unit, quantity, unit_price,
    tax_rate, note, price_source, price_as_of, gone)
  SELECT q.tenant_id, uuidv7(), q.account_id, q.id, p, 'material:M' || p, 'M' || p, 'Steel sheet ' || p, 'material', 'piece', p,
    12.5, 20, '', 'company', now(), false
  FROM quotes_quote q, generate_series(1, 8) p WHERE q.number LIKE 'Q-%%';
INSERT INTO quotes_event (tenant_id, id, account_id, quote_id, kind, actor, data, at)
  SELECT q.tenant_id, uuidv7(), q.account_id, q.id, k, 'Pat Person', '{}', now()
  FROM quotes_quote q, unnest(ARRAY['submitted', 'received', 'processed']) k WHERE q.number LIKE 'Q-%%';
