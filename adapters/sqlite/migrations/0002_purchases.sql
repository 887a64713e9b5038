-- Purchases: products, wallets, orders with their sagas and holds, every movement of money, points
-- and stock; leases; how far a withdrawal has come; what makes old keys easy to find.
--
-- As in 0001: ids rise, so most tables and indexes are appended to. What comes in random order is
-- `orders_by_key`, `orders_by_consumer`, and the wallets themselves. What is over (DONE sagas, holds
-- that are not OPEN, credits that are folded) is in no partial index, so those stay small. No
-- foreign keys: these are hot tables, and the books are audited from their rows.

CREATE TABLE products (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    seller      TEXT    NOT NULL CHECK (length(seller) BETWEEN 1 AND 64),
    name        TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description TEXT    CHECK (length(description) BETWEEN 1 AND 2000),
    price       INTEGER NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    stock       INTEGER NOT NULL CHECK (stock BETWEEN 0 AND 4294967295),
    created_at  INTEGER NOT NULL,
    UNIQUE (seller, name)
) STRICT, WITHOUT ROWID;

-- Keyed by what the stock moved for, so that nothing moves it twice.
CREATE TABLE stock_entries (
    reference  BLOB    NOT NULL CHECK (length(reference) = 16),
    product_id BLOB    NOT NULL CHECK (length(product_id) = 16),
    kind       TEXT    NOT NULL,
    quantity   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (reference, product_id, kind),
    CHECK (CASE kind
        WHEN 'INITIAL' THEN quantity >= 0
        WHEN 'ADJUSTED' THEN quantity <> 0
        WHEN 'RESERVED' THEN quantity < 0
        WHEN 'RELEASED' THEN quantity > 0
        WHEN 'RETURNED' THEN quantity > 0
        ELSE FALSE
    END)
) STRICT, WITHOUT ROWID;

CREATE TABLE wallets (
    consumer TEXT    NOT NULL PRIMARY KEY CHECK (length(consumer) BETWEEN 1 AND 64),
    balance  INTEGER NOT NULL CHECK (balance >= 0),
    points   INTEGER NOT NULL CHECK (points >= 0)
) STRICT, WITHOUT ROWID;

-- Keyed by what the money moved for, so that nothing moves it twice. `folded` is of SALE entries
-- only: 1 once it is in its seller's folded balance.
CREATE TABLE money_entries (
    reference    BLOB    NOT NULL CHECK (length(reference) = 16),
    kind         TEXT    NOT NULL CHECK (kind IN ('CHARGE', 'PAYMENT', 'POINTS_USED', 'DISCOUNT',
        'POINTS_RELEASED', 'PAYMENT_RETURNED', 'POINTS_RETURNED', 'DISCOUNT_RETURNED', 'SALE',
        'FEE', 'POINTS_EARNED', 'STRAY_PAYMENT', 'WRITTEN_OFF')),
    line         INTEGER NOT NULL CHECK (line BETWEEN 0 AND 4294967295),
    from_account TEXT    NOT NULL,
    to_account   TEXT    NOT NULL CHECK (to_account <> from_account),
    amount       INTEGER NOT NULL CHECK (amount > 0),
    at           INTEGER NOT NULL,
    folded       INTEGER CHECK (folded IN (0, 1)),
    PRIMARY KEY (reference, kind, line),
    CHECK ((kind = 'SALE') = (folded IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX money_entries_to_fold ON money_entries (to_account) WHERE folded = 0;

-- What is folded of sellers' credits; what is not yet stands in the entries.
CREATE TABLE sellers (
    seller TEXT    NOT NULL PRIMARY KEY CHECK (length(seller) BETWEEN 1 AND 64),
    folded INTEGER NOT NULL CHECK (folded >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    consumer         TEXT    NOT NULL CHECK (length(consumer) BETWEEN 1 AND 64),
    request_key      BLOB    NOT NULL CHECK (length(request_key) = 32),
    request_digest   BLOB    NOT NULL CHECK (length(request_digest) = 32),
    status           TEXT    NOT NULL CHECK (status IN
        ('PENDING', 'PAID', 'FAILED', 'REFUNDING', 'REFUNDED', 'CONFIRMED')),
    failure          TEXT    CHECK (failure IN ('PAYMENT_DECLINED', 'PAYMENT_UNAVAILABLE')),
    delivery         TEXT    NOT NULL CHECK (delivery IN
        ('BEFORE_DELIVERY', 'IN_DELIVERY', 'COMPLETE_DELIVERY')),
    items_amount     INTEGER NOT NULL CHECK (items_amount >= 0),
    discount         INTEGER NOT NULL CHECK (discount BETWEEN 0 AND items_amount),
    points_used      INTEGER NOT NULL CHECK (points_used BETWEEN 0 AND items_amount - discount),
    paid_amount      INTEGER NOT NULL CHECK (paid_amount = items_amount - discount - points_used),
    earned_points    INTEGER NOT NULL CHECK (earned_points BETWEEN 0 AND paid_amount),
    issued_coupon_id BLOB    CHECK (length(issued_coupon_id) = 16),
    coupon_id        BLOB    CHECK (length(coupon_id) = 16),
    payment          TEXT    NOT NULL CHECK (payment IN ('WALLET', 'PROVIDER')),
    payment_method   TEXT    CHECK (length(payment_method) BETWEEN 1 AND 255),
    saga_id          BLOB    NOT NULL CHECK (length(saga_id) = 16),
    created_at       INTEGER NOT NULL,
    CHECK ((status = 'FAILED') = (failure IS NOT NULL)),
    CHECK ((issued_coupon_id IS NULL) = (coupon_id IS NULL)),
    CHECK (payment = 'PROVIDER' OR payment_method IS NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX orders_by_key ON orders (request_key);

CREATE INDEX orders_by_consumer ON orders (consumer, id);

CREATE TABLE order_items (
    order_id   BLOB    NOT NULL CHECK (length(order_id) = 16),
    line       INTEGER NOT NULL CHECK (line BETWEEN 0 AND 99),
    product_id BLOB    NOT NULL CHECK (length(product_id) = 16),
    seller     TEXT    NOT NULL CHECK (length(seller) BETWEEN 1 AND 64),
    quantity   INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    price      INTEGER NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    amount     INTEGER NOT NULL CHECK (amount = price * quantity),
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE sagas (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    order_id   BLOB    NOT NULL CHECK (length(order_id) = 16),
    kind       TEXT    NOT NULL CHECK (kind IN ('PURCHASE', 'REFUND')),
    direction  TEXT    NOT NULL CHECK (direction IN ('FORWARD', 'UNDO')),
    phase      TEXT    NOT NULL CHECK (phase IN ('RUNNING', 'PARKED', 'STUCK', 'DONE')),
    outcome    TEXT    CHECK (outcome IN ('COMPLETED', 'UNDONE')),
    step       TEXT    NOT NULL CHECK (step IN ('AUTHORISE', 'COMPLETE', 'CAPTURE', 'REFUND')),
    tries      INTEGER NOT NULL CHECK (tries BETWEEN 0 AND 4294967295),
    epoch      INTEGER NOT NULL CHECK (epoch >= 1),
    due_at     INTEGER NOT NULL,
    last_error TEXT,
    traced     INTEGER NOT NULL CHECK (traced BETWEEN 0 AND 4294967295),
    began_at   INTEGER NOT NULL,
    CHECK ((phase = 'DONE') = (outcome IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- An order is placed once; it may be refunded again, when a refund was declined.
CREATE UNIQUE INDEX sagas_that_place ON sagas (order_id) WHERE kind = 'PURCHASE';

CREATE INDEX sagas_that_refund ON sagas (order_id) WHERE kind = 'REFUND';

CREATE INDEX sagas_by_due_at ON sagas (due_at) WHERE phase IN ('RUNNING', 'PARKED');

CREATE INDEX sagas_alive ON sagas (phase, id) WHERE phase <> 'DONE';

CREATE TABLE saga_trace (
    saga_id   BLOB    NOT NULL CHECK (length(saga_id) = 16),
    sequence  INTEGER NOT NULL CHECK (sequence BETWEEN 0 AND 4294967295),
    at        INTEGER NOT NULL,
    direction TEXT    NOT NULL CHECK (direction IN ('FORWARD', 'UNDO')),
    step      TEXT    NOT NULL CHECK (step IN ('AUTHORISE', 'COMPLETE', 'CAPTURE', 'REFUND')),
    event     TEXT    NOT NULL CHECK (event IN ('BEGAN', 'SUCCEEDED', 'DECLINED', 'UNANSWERED',
        'TAKEN_OVER', 'RETRIED', 'ABANDONED')),
    detail    TEXT,
    PRIMARY KEY (saga_id, sequence)
) STRICT, WITHOUT ROWID;

-- Owned by a saga, or by a caller who gave it a name and a deadline. `live` is 1 for an OPEN or
-- CONFIRMED hold of a single-use copy, else NULL: such a copy has one at most.
CREATE TABLE holds (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    coupon_id        BLOB    NOT NULL CHECK (length(coupon_id) = 16),
    issued_coupon_id BLOB    NOT NULL CHECK (length(issued_coupon_id) = 16),
    saga_id          BLOB    CHECK (length(saga_id) = 16),
    caller           TEXT    CHECK (length(caller) BETWEEN 1 AND 64),
    name             TEXT    CHECK (length(name) BETWEEN 1 AND 64),
    seconds          INTEGER CHECK (seconds BETWEEN 1 AND 86400),
    deadline         INTEGER,
    single_use       INTEGER NOT NULL CHECK (single_use IN (0, 1)),
    order_amount     INTEGER NOT NULL CHECK (order_amount >= 0),
    discount         INTEGER NOT NULL CHECK (discount BETWEEN 0 AND order_amount),
    state            TEXT    NOT NULL CHECK (state IN
        ('OPEN', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'RETURNED')),
    opened_at        INTEGER NOT NULL,
    live             INTEGER,
    CHECK (live IS CASE WHEN single_use = 1 AND state IN ('OPEN', 'CONFIRMED') THEN 1 END),
    CHECK (CASE WHEN saga_id IS NULL
        THEN caller IS NOT NULL AND name IS NOT NULL AND seconds IS NOT NULL
            AND deadline IS NOT NULL
        ELSE caller IS NULL AND name IS NULL AND seconds IS NULL AND deadline IS NULL
    END)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX holds_live ON holds (issued_coupon_id) WHERE live = 1;

CREATE UNIQUE INDEX holds_of_sagas ON holds (saga_id) WHERE saga_id IS NOT NULL;

CREATE UNIQUE INDEX holds_of_callers ON holds (caller, name) WHERE caller IS NOT NULL;

CREATE INDEX holds_by_coupon ON holds (coupon_id, id);

CREATE INDEX holds_by_deadline ON holds (deadline) WHERE state = 'OPEN' AND deadline IS NOT NULL;

CREATE INDEX holds_by_coupons_deadline ON holds (coupon_id, deadline)
    WHERE state = 'OPEN' AND deadline IS NOT NULL;

-- A lock that was given back has run out; its row stays, so that the generations go on rising.
CREATE TABLE leases (
    name       TEXT    NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    owner      BLOB    NOT NULL CHECK (length(owner) = 16),
    generation INTEGER NOT NULL CHECK (generation >= 1),
    until      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last copy that a withdrawal has looked at: while the coupon stays exhausted none is added, and
-- a use never returns, so what is behind it need not be looked at again. A raised cap resets it.
ALTER TABLE coupons ADD COLUMN withdrawn_up_to BLOB NOT NULL DEFAULT x''
    CHECK (length(withdrawn_up_to) IN (0, 16));

CREATE INDEX coupons_to_be_withdrawn ON coupons (id)
    WHERE kind = 'USE_COUPON' AND used >= cap AND issued > used + withdrawn;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
