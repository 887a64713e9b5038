-- The catalogue, the issued coupons, and the keys of requests that were answered.
--
-- Ids are 16 bytes; UUIDv7s rise, so rows clustered by id are appended. Times are microseconds
-- since 1970-01-01T00:00:00Z. Texts compare byte by byte. The CHECKs are the last line of defence:
-- the rules themselves stand in the program.

CREATE TABLE events (
    id        BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name      TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 30),
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL CHECK (starts_at < ends_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE discount_policies (
    id                   BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name                 TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 20),
    kind                 TEXT    NOT NULL CHECK (kind IN ('FIXED_DISCOUNT', 'RATE_DISCOUNT')),
    amount               INTEGER CHECK (amount BETWEEN 0 AND 1000000000000),
    rate                 INTEGER CHECK (rate BETWEEN 1 AND 100),
    maximum              INTEGER CHECK (maximum BETWEEN 0 AND 1000000000000),
    minimum_order_amount INTEGER CHECK (minimum_order_amount BETWEEN 0 AND 1000000000000),
    CHECK (CASE kind
        WHEN 'FIXED_DISCOUNT' THEN amount IS NOT NULL AND rate IS NULL AND maximum IS NULL
        ELSE amount IS NULL AND rate IS NOT NULL
    END)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupons (
    id                 BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name               TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 20),
    event_id           BLOB    NOT NULL REFERENCES events (id),
    discount_policy_id BLOB    NOT NULL REFERENCES discount_policies (id),
    kind               TEXT    NOT NULL CHECK (kind IN ('ISSUE_COUPON', 'USE_COUPON')),
    redundant_usable   INTEGER CHECK (redundant_usable IN (0, 1)),
    cap                INTEGER NOT NULL CHECK (cap BETWEEN 1 AND 1000000000),
    per_consumer_limit INTEGER CHECK (per_consumer_limit BETWEEN 1 AND 100),
    expires_at         INTEGER NOT NULL,
    paused             INTEGER NOT NULL CHECK (paused IN (0, 1)),
    epoch              INTEGER NOT NULL UNIQUE CHECK (epoch >= 1),
    issued             INTEGER NOT NULL CHECK (issued >= 0),
    held               INTEGER NOT NULL CHECK (held >= 0),
    used               INTEGER NOT NULL CHECK (used >= 0),
    withdrawn          INTEGER NOT NULL CHECK (withdrawn BETWEEN 0 AND issued),
    CHECK (CASE kind
        WHEN 'ISSUE_COUPON' THEN redundant_usable IS NOT NULL AND per_consumer_limit IS NULL
        ELSE redundant_usable IS NULL AND per_consumer_limit IS NOT NULL
    END),
    CHECK (CASE kind WHEN 'ISSUE_COUPON' THEN issued <= cap ELSE held + used <= cap END)
) STRICT, WITHOUT ROWID;

CREATE INDEX coupons_by_event ON coupons (event_id, id);

-- The last epoch drawn, for the whole ledger.
CREATE TABLE epochs (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;

INSERT INTO epochs (one, last) VALUES (1, 0);

-- The hot table: no foreign keys. A copy's event and expiry are its coupon's, which never change,
-- so they are joined, not copied. `scope` is what the ordinals are counted in: the event of an
-- ISSUE_COUPON, the USE_COUPON itself. UNIQUE (consumer, scope, ordinal) is the one index whose
-- keys come in random order.
CREATE TABLE issued_coupons (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    coupon_id   BLOB    NOT NULL CHECK (length(coupon_id) = 16),
    consumer    TEXT    NOT NULL CHECK (length(consumer) BETWEEN 1 AND 64),
    scope       BLOB    NOT NULL CHECK (length(scope) = 16),
    ordinal     INTEGER NOT NULL CHECK (ordinal BETWEEN 0 AND 4294967295),
    state       TEXT    NOT NULL CHECK (state IN ('ACTIVE', 'WITHDRAWN')),
    used        INTEGER NOT NULL CHECK (used >= 0),
    request_key BLOB    CHECK (length(request_key) = 16),
    issued_at   INTEGER NOT NULL,
    UNIQUE (consumer, scope, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX issued_coupons_by_coupon ON issued_coupons (coupon_id, id);

CREATE TABLE idempotency_keys (
    scope      BLOB    NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    answer     BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
