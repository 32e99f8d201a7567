-- The standard schema for MySQL, MariaDB and SQLite: the tables of schema.sql and of schema_2.sql to schema_4.sql in one, in types that
-- all of them have. What stands in braces is filled in for the database by schema.py, which adds the triggers. There, payments say by
-- payment_allocations alone what they settle.

CREATE TABLE IF NOT EXISTS portico_schema (
    version    integer  NOT NULL PRIMARY KEY,
    applied_at {moment} NOT NULL DEFAULT ({now})
){table};

CREATE TABLE IF NOT EXISTS portico_counter (
    name  {code} NOT NULL PRIMARY KEY,
    value integer NOT NULL DEFAULT 0
){table};

CREATE TABLE IF NOT EXISTS materials (
    id          {id},
    code        {code}        NOT NULL UNIQUE CHECK (code <> ''),
    name        {text}        NOT NULL CHECK (name <> ''),
    description {long}        NOT NULL DEFAULT (''),
    price       decimal(12,2) NOT NULL CHECK (price >= 0),
    category    {text}        NOT NULL DEFAULT (''),
    unit        {text}        NOT NULL DEFAULT ('piece'),
    tax_rate    decimal(5,2)  NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 100),
    is_active   boolean       NOT NULL DEFAULT true,
    updated_at  {moment}      NOT NULL DEFAULT ({now})
{changed_code}){table};
CREATE INDEX IF NOT EXISTS materials_changed ON materials (updated_at, code);

CREATE TABLE IF NOT EXISTS price_list (
    code       {code}   NOT NULL PRIMARY KEY,
    name       {text}   NOT NULL,
    currency   {code}   NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    is_active  boolean  NOT NULL DEFAULT true,
    updated_at {moment} NOT NULL DEFAULT ({now})
){table};

CREATE TABLE IF NOT EXISTS price_list_item (
    id           {id},
    price_list   {code}        NOT NULL,
    item_kind    {code}        NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code    {code}        NOT NULL,
    min_quantity decimal(14,3) NOT NULL DEFAULT 0 CHECK (min_quantity >= 0),
    price        decimal(14,4) NOT NULL CHECK (price >= 0),
    valid_from   date,
    valid_until  date,
    updated_at   {moment}      NOT NULL DEFAULT ({now}),
    UNIQUE (price_list, item_kind, item_code, min_quantity, valid_from),
    FOREIGN KEY (price_list) REFERENCES price_list (code) ON UPDATE CASCADE ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS customers (
    id            {id},
    code          {code}   NOT NULL UNIQUE CHECK (code <> ''),
    name          {text}   NOT NULL,
    email         {text}   NOT NULL DEFAULT (''),
    claim_code    {code}   UNIQUE,
    currency      {code}   NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    price_list    {code},
    country       {code}   NOT NULL DEFAULT '',
    contact_name  {text}   NOT NULL DEFAULT (''),
    contact_email {text}   NOT NULL DEFAULT (''),
    contact_phone {text}   NOT NULL DEFAULT (''),
    is_active     boolean  NOT NULL DEFAULT true,
    updated_at    {moment} NOT NULL DEFAULT ({now}),
    FOREIGN KEY (price_list) REFERENCES price_list (code) ON UPDATE CASCADE ON DELETE SET NULL
{changed_id}){table};
CREATE INDEX IF NOT EXISTS customers_changed ON customers (updated_at, id);

CREATE TABLE IF NOT EXISTS customer_addresses (
    id               {id},
    customer_id      bigint   NOT NULL,
    portal_reference {code}   UNIQUE,
    name             {text}   NOT NULL DEFAULT (''),
    street           {text}   NOT NULL DEFAULT (''),
    postcode         {text}   NOT NULL DEFAULT (''),
    city             {text}   NOT NULL DEFAULT (''),
    region           {text}   NOT NULL DEFAULT (''),
    country          {code}   NOT NULL DEFAULT '' CHECK (length(country) IN (0, 2) AND upper(country) = country),
    phone            {text}   NOT NULL DEFAULT (''),
    email            {text}   NOT NULL DEFAULT (''),
    is_billing       boolean  NOT NULL DEFAULT false,
    is_delivery      boolean  NOT NULL DEFAULT true,
    is_active        boolean  NOT NULL DEFAULT true,
    updated_at       {moment} NOT NULL DEFAULT ({now}),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
){table};
CREATE INDEX IF NOT EXISTS customer_addresses_customer ON customer_addresses (customer_id);

CREATE TABLE IF NOT EXISTS quotes (
    id               {id},
    number           {number},
    portal_reference {code}        UNIQUE,
    customer_id      bigint        NOT NULL,
    status           {code}        NOT NULL DEFAULT 'submitted' CHECK (status IN
                       ('submitted', 'priced', 'accepted', 'declined', 'expired', 'ordered', 'cancelled')),
    currency         {code}        NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    note             {long}        NOT NULL DEFAULT (''),
    po_number        {text},
    reason           {long}        NOT NULL DEFAULT (''),
    net_total        decimal(14,2) NOT NULL DEFAULT 0,
    tax_total        decimal(14,2) NOT NULL DEFAULT 0,
    gross_total      decimal(14,2) NOT NULL DEFAULT 0,
    valid_until      date,
    submitted_at     {moment},
    created_at       {moment}      NOT NULL DEFAULT ({now}),
    updated_at       {moment}      NOT NULL DEFAULT ({now}),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
{changed_id}){table};
CREATE INDEX IF NOT EXISTS quotes_changed ON quotes (updated_at, id);

CREATE TABLE IF NOT EXISTS quote_lines (
    id         {id},
    quote_id   bigint        NOT NULL,
    position   integer       NOT NULL,
    item_kind  {code}        NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  {code}        NOT NULL,
    name       {text}        NOT NULL,
    unit       {text}        NOT NULL DEFAULT (''),
    quantity   decimal(14,4) NOT NULL CHECK (quantity > 0),
    unit_price decimal(14,4) CHECK (unit_price >= 0),
    tax_rate   decimal(5,2)  NOT NULL DEFAULT 0,
    note       {long}        NOT NULL DEFAULT (''),
    UNIQUE (quote_id, position),
    FOREIGN KEY (quote_id) REFERENCES quotes (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS orders (
    id          {id},
    number      {number},
    quote_id    bigint        UNIQUE,
    customer_id bigint        NOT NULL,
    status      {code}        NOT NULL DEFAULT 'pending' CHECK (status IN
                  ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    currency    {code}        NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    po_number   {text},
    note        {long}        NOT NULL DEFAULT (''),
    net_total   decimal(14,2) NOT NULL DEFAULT 0,
    tax_total   decimal(14,2) NOT NULL DEFAULT 0,
    gross_total decimal(14,2) NOT NULL DEFAULT 0,
    expected_on date,
    ordered_at  {moment}      NOT NULL DEFAULT ({now}),
    updated_at  {moment}      NOT NULL DEFAULT ({now}),
    FOREIGN KEY (quote_id) REFERENCES quotes (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
{changed_id}){table};
CREATE INDEX IF NOT EXISTS orders_changed ON orders (updated_at, id);

CREATE TABLE IF NOT EXISTS order_lines (
    id         {id},
    order_id   bigint        NOT NULL,
    position   integer       NOT NULL,
    item_kind  {code}        CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  {code},
    name       {text}        NOT NULL,
    unit       {text}        NOT NULL DEFAULT (''),
    quantity   decimal(14,4) NOT NULL CHECK (quantity > 0),
    unit_price decimal(14,4) NOT NULL CHECK (unit_price >= 0),
    tax_rate   decimal(5,2)  NOT NULL DEFAULT 0,
    line_total decimal(14,2) NOT NULL,
    UNIQUE (order_id, position),
    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS deliveries (
    id              {id},
    number          {number},
    order_id        bigint   NOT NULL,
    shipped_at      {moment},
    delivered_at    {moment},
    carrier         {text}   NOT NULL DEFAULT (''),
    tracking_number {text}   NOT NULL DEFAULT (''),
    tracking_url    {long},
    note            {long}   NOT NULL DEFAULT (''),
    updated_at      {moment} NOT NULL DEFAULT ({now}),
    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS delivery_lines (
    id            {id},
    delivery_id   bigint        NOT NULL,
    order_line_id bigint        NOT NULL,
    quantity      decimal(14,4) NOT NULL CHECK (quantity > 0),
    FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE,
    FOREIGN KEY (order_line_id) REFERENCES order_lines (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS invoices (
    id          {id},
    number      {number},
    kind        {code}        NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice', 'credit_note')),
    customer_id bigint        NOT NULL,
    order_id    bigint,
    credits_id  bigint,
    status      {code}        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'cancelled')),
    currency    {code}        NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    po_number   {text},
    note        {long}        NOT NULL DEFAULT (''),
    net_total   decimal(14,2) NOT NULL DEFAULT 0,
    tax_total   decimal(14,2) NOT NULL DEFAULT 0,
    gross_total decimal(14,2) NOT NULL DEFAULT 0,
    paid_total  decimal(14,2) NOT NULL DEFAULT 0,
    issued_on   date          NOT NULL,
    due_on      date,
    updated_at  {moment}      NOT NULL DEFAULT ({now}),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (credits_id) REFERENCES invoices (id)
{changed_id}){table};
CREATE INDEX IF NOT EXISTS invoices_changed ON invoices (updated_at, id);

CREATE TABLE IF NOT EXISTS invoice_lines (
    id         {id},
    invoice_id bigint        NOT NULL,
    position   integer       NOT NULL,
    item_kind  {code}        CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code  {code},
    name       {text}        NOT NULL,
    unit       {text}        NOT NULL DEFAULT (''),
    quantity   decimal(14,3) NOT NULL,
    unit_price decimal(14,4) NOT NULL,
    tax_rate   decimal(5,2)  NOT NULL DEFAULT 0,
    line_total decimal(14,2) NOT NULL,
    UNIQUE (invoice_id, position),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS invoice_documents (
    invoice_id bigint NOT NULL PRIMARY KEY,
    file_name  {text} NOT NULL,
    media_type {text} NOT NULL DEFAULT ('application/pdf'),
    content    {bytes} NOT NULL,
    FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS payments (
    id                 {id},
    number             {number},
    portal_reference   {code}        UNIQUE,
    provider_reference {text}        NOT NULL DEFAULT (''),
    customer_id        bigint        NOT NULL,
    amount             decimal(14,2) NOT NULL,
    currency           {code}        NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    paid_on            date          NOT NULL,
    method             {text}        NOT NULL DEFAULT (''),
    reference          {text}        NOT NULL DEFAULT (''),
    is_cancelled       boolean       NOT NULL DEFAULT false,
    updated_at         {moment}      NOT NULL DEFAULT ({now}),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
{changed_id}){table};
CREATE INDEX IF NOT EXISTS payments_changed ON payments (updated_at, id);

CREATE TABLE IF NOT EXISTS payment_allocations (
    id         {id},
    payment_id bigint        NOT NULL,
    invoice_id bigint        NOT NULL,
    amount     decimal(14,2) NOT NULL CHECK (amount > 0),
    UNIQUE (payment_id, invoice_id),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id)
){table};

CREATE TABLE IF NOT EXISTS stock_levels (
    item_kind   {code}        NOT NULL CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code   {code}        NOT NULL,
    available   decimal(14,3) NOT NULL,
    expected_on date,
    PRIMARY KEY (item_kind, item_code)
){table};

CREATE TABLE IF NOT EXISTS contracts (
    id               {id},
    number           {number},
    portal_reference {code}        UNIQUE,
    customer_id      bigint        NOT NULL,
    title            {text}        NOT NULL CHECK (title <> ''),
    status           {code}        NOT NULL DEFAULT 'draft' CHECK (status IN
                       ('draft', 'offered', 'active', 'declined', 'ended', 'cancelled')),
    currency         {code}        NOT NULL CHECK (length(currency) = 3 AND upper(currency) = currency),
    value            decimal(14,2) CHECK (value >= 0),
    value_per        {code}        NOT NULL DEFAULT 'term' CHECK (value_per IN ('term', 'month', 'quarter', 'year')),
    starts_on        date,
    ends_on          date,
    renewal_months   integer       CHECK (renewal_months > 0),
    notice_days      integer       CHECK (notice_days >= 0),
    answer_until     date,
    terms            {long}        NOT NULL DEFAULT (''),
    reason           {long}        NOT NULL DEFAULT (''),
    answered_by      {text}        NOT NULL DEFAULT (''),
    answered_at      {moment},
    created_at       {moment}      NOT NULL DEFAULT ({now}),
    updated_at       {moment}      NOT NULL DEFAULT ({now}),
    CHECK (ends_on >= starts_on),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
{changed_id}){table};
CREATE INDEX IF NOT EXISTS contracts_changed ON contracts (updated_at, id);

CREATE TABLE IF NOT EXISTS contract_lines (
    id          {id},
    contract_id bigint        NOT NULL,
    position    integer       NOT NULL,
    item_kind   {code}        CHECK (item_kind IN ('material', 'accessory', 'service', 'fee')),
    item_code   {code},
    name        {text}        NOT NULL,
    unit        {text}        NOT NULL DEFAULT (''),
    quantity    decimal(14,4) CHECK (quantity > 0),
    unit_price  decimal(14,4) NOT NULL CHECK (unit_price >= 0),
    tax_rate    decimal(5,2)  NOT NULL DEFAULT 0,
    UNIQUE (contract_id, position),
    FOREIGN KEY (contract_id) REFERENCES contracts (id) ON DELETE CASCADE
){table};

CREATE TABLE IF NOT EXISTS quote_destinations (
    quote_id  bigint NOT NULL PRIMARY KEY,
    name      {text} NOT NULL DEFAULT (''),
    street    {text} NOT NULL DEFAULT (''),
    postcode  {text} NOT NULL DEFAULT (''),
    city      {text} NOT NULL DEFAULT (''),
    region    {text} NOT NULL DEFAULT (''),
    country   {code} NOT NULL DEFAULT '',
    phone     {text} NOT NULL DEFAULT (''),
    wanted_on date,
    FOREIGN KEY (quote_id) REFERENCES quotes (id) ON DELETE CASCADE
){table};
