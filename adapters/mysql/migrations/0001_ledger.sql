-- The whole ledger: one SQL for MySQL 8 and MariaDB 10.11.
--
-- Ids are 16 bytes; UUIDv7s rise, so rows clustered by id are appended. Times are microseconds since
-- 1970-01-01T00:00:00Z. Names are bytes (VARBINARY): they compare byte by byte, and a space at the end
-- counts, which it does not in any collation that both servers have. No foreign keys on hot tables.
-- The CHECKs are the last line of defence: the rules themselves stand in the program. Where SQLite
-- has a partial index, here is a generated column that is NULL for what the index leaves out.

CREATE TABLE events (
    id        BINARY(16)     NOT NULL PRIMARY KEY,
    name      VARBINARY(120) NOT NULL,
    starts_at BIGINT         NOT NULL,
    ends_at   BIGINT         NOT NULL,
    CONSTRAINT events_name UNIQUE (name),
    CONSTRAINT events_have_a_name CHECK (LENGTH(name) > 0),
    CONSTRAINT events_begin_before_they_end CHECK (starts_at < ends_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE discount_policies (
    id                   BINARY(16)    NOT NULL PRIMARY KEY,
    name                 VARBINARY(80) NOT NULL,
    kind                 VARCHAR(16)   NOT NULL,
    amount               BIGINT,
    rate                 INT,
    maximum              BIGINT,
    minimum_order_amount BIGINT,
    CONSTRAINT discount_policies_name UNIQUE (name),
    CONSTRAINT discount_policies_have_a_name CHECK (LENGTH(name) > 0),
    CONSTRAINT discount_policies_amount CHECK (amount BETWEEN 0 AND 1000000000000),
    CONSTRAINT discount_policies_rate CHECK (rate BETWEEN 1 AND 100),
    CONSTRAINT discount_policies_maximum CHECK (maximum BETWEEN 0 AND 1000000000000),
    CONSTRAINT discount_policies_minimum CHECK (minimum_order_amount BETWEEN 0 AND 1000000000000),
    CONSTRAINT discount_policies_kind CHECK ((CASE kind
        WHEN 'FIXED_DISCOUNT' THEN amount IS NOT NULL AND rate IS NULL AND maximum IS NULL
        WHEN 'RATE_DISCOUNT' THEN amount IS NULL AND rate IS NOT NULL
        ELSE FALSE
    END) IS TRUE)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- `withdrawn_up_to`: the last copy that a withdrawal has looked at. While the coupon stays exhausted
-- none is added, and a use never returns, so what is behind it need not be looked at again. A raised
-- cap resets it.
CREATE TABLE coupons (
    id                 BINARY(16)    NOT NULL PRIMARY KEY,
    name               VARBINARY(80) NOT NULL,
    event_id           BINARY(16)    NOT NULL,
    discount_policy_id BINARY(16)    NOT NULL,
    kind               VARCHAR(12)   NOT NULL,
    redundant_usable   TINYINT,
    cap                BIGINT        NOT NULL,
    per_consumer_limit INT,
    expires_at         BIGINT        NOT NULL,
    paused             TINYINT       NOT NULL,
    epoch              BIGINT        NOT NULL,
    issued             BIGINT        NOT NULL,
    held               BIGINT        NOT NULL,
    used               BIGINT        NOT NULL,
    withdrawn          BIGINT        NOT NULL,
    withdrawn_up_to    VARBINARY(16) NOT NULL DEFAULT '',
    to_be_withdrawn    TINYINT GENERATED ALWAYS AS (
        CASE WHEN kind = 'USE_COUPON' AND used >= cap AND issued > used + withdrawn THEN 1 END
    ) VIRTUAL,
    CONSTRAINT coupons_name UNIQUE (name),
    CONSTRAINT coupons_epoch UNIQUE (epoch),
    KEY coupons_by_event (event_id, id),
    KEY coupons_to_be_withdrawn (to_be_withdrawn, id),
    CONSTRAINT coupons_have_a_name CHECK (LENGTH(name) > 0),
    CONSTRAINT coupons_cap_range CHECK (cap BETWEEN 1 AND 1000000000),
    CONSTRAINT coupons_flags CHECK (paused IN (0, 1) AND redundant_usable IN (0, 1)),
    CONSTRAINT coupons_limit CHECK (per_consumer_limit BETWEEN 1 AND 100),
    CONSTRAINT coupons_counters CHECK (
        epoch >= 1 AND issued >= 0 AND held >= 0 AND used >= 0 AND withdrawn BETWEEN 0 AND issued
    ),
    CONSTRAINT coupons_kind CHECK ((CASE kind
        WHEN 'ISSUE_COUPON' THEN redundant_usable IS NOT NULL AND per_consumer_limit IS NULL
        WHEN 'USE_COUPON' THEN redundant_usable IS NULL AND per_consumer_limit IS NOT NULL
        ELSE FALSE
    END) IS TRUE),
    CONSTRAINT coupons_cap CHECK (
        (CASE kind WHEN 'ISSUE_COUPON' THEN issued <= cap ELSE held + used <= cap END) IS TRUE
    ),
    CONSTRAINT coupons_withdrawn_up_to CHECK (LENGTH(withdrawn_up_to) IN (0, 16))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- The last epoch drawn, for the whole ledger.
CREATE TABLE epochs (
    one  TINYINT NOT NULL PRIMARY KEY,
    last BIGINT  NOT NULL,
    CONSTRAINT epochs_one CHECK (one = 1),
    CONSTRAINT epochs_last CHECK (last >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO epochs (one, last) VALUES (1, 0);

-- What the gate in front of this ledger was filled from: a gate that names another generation is
-- closed. Whoever restores the ledger from a backup draws a new one.
CREATE TABLE gate_generation (
    one        TINYINT    NOT NULL PRIMARY KEY,
    generation BINARY(16) NOT NULL,
    CONSTRAINT gate_generation_one CHECK (one = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO gate_generation (one, generation) VALUES (1, UNHEX(REPLACE(UUID(), '-', '')));

-- The hot table. A copy's event and expiry are its coupon's, which never change, so they are joined,
-- not copied. `scope` is what the ordinals are counted in: the event of an ISSUE_COUPON, the
-- USE_COUPON itself.
CREATE TABLE issued_coupons (
    id          BINARY(16)  NOT NULL PRIMARY KEY,
    coupon_id   BINARY(16)  NOT NULL,
    consumer    VARCHAR(64) NOT NULL,
    scope       BINARY(16)  NOT NULL,
    ordinal     BIGINT      NOT NULL,
    state       VARCHAR(9)  NOT NULL,
    used        BIGINT      NOT NULL,
    request_key BINARY(16),
    issued_at   BIGINT      NOT NULL,
    CONSTRAINT issued_coupons_of_consumer UNIQUE (consumer, scope, ordinal),
    KEY issued_coupons_by_coupon (coupon_id, id),
    CONSTRAINT issued_coupons_consumer CHECK (LENGTH(consumer) > 0),
    CONSTRAINT issued_coupons_ordinal CHECK (ordinal BETWEEN 0 AND 4294967295),
    CONSTRAINT issued_coupons_state CHECK (state IN ('ACTIVE', 'WITHDRAWN')),
    CONSTRAINT issued_coupons_used CHECK (used >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE idempotency_keys (
    scope      BINARY(32) NOT NULL PRIMARY KEY,
    digest     BINARY(32) NOT NULL,
    answer     MEDIUMBLOB NOT NULL,
    created_at BIGINT     NOT NULL,
    KEY idempotency_keys_by_age (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE products (
    id          BINARY(16)      NOT NULL PRIMARY KEY,
    seller      VARCHAR(64)     NOT NULL,
    name        VARBINARY(400)  NOT NULL,
    description VARBINARY(8000),
    price       BIGINT          NOT NULL,
    stock       BIGINT          NOT NULL,
    created_at  BIGINT          NOT NULL,
    CONSTRAINT products_name UNIQUE (seller, name),
    CONSTRAINT products_texts CHECK (
        LENGTH(seller) > 0 AND LENGTH(name) > 0 AND LENGTH(description) > 0
    ),
    CONSTRAINT products_price CHECK (price BETWEEN 0 AND 1000000000000),
    CONSTRAINT products_stock CHECK (stock BETWEEN 0 AND 4294967295)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Keyed by what the stock moved for, so that nothing moves it twice.
CREATE TABLE stock_entries (
    reference  BINARY(16)  NOT NULL,
    product_id BINARY(16)  NOT NULL,
    kind       VARCHAR(12) NOT NULL,
    quantity   BIGINT      NOT NULL,
    at         BIGINT      NOT NULL,
    PRIMARY KEY (reference, product_id, kind),
    CONSTRAINT stock_entries_kind CHECK ((CASE kind
        WHEN 'INITIAL' THEN quantity >= 0
        WHEN 'ADJUSTED' THEN quantity <> 0
        WHEN 'RESERVED' THEN quantity < 0
        WHEN 'RELEASED' THEN quantity > 0
        WHEN 'RETURNED' THEN quantity > 0
        ELSE FALSE
    END) IS TRUE)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE wallets (
    consumer VARCHAR(64) NOT NULL PRIMARY KEY,
    balance  BIGINT      NOT NULL,
    points   BIGINT      NOT NULL,
    CONSTRAINT wallets_consumer CHECK (LENGTH(consumer) > 0),
    CONSTRAINT wallets_not_below_0 CHECK (balance >= 0 AND points >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Keyed by what the money moved for, so that nothing moves it twice. `folded` is of SALE entries
-- only: 1 once it is in its seller's folded balance; `to_fold` is 1 until then.
CREATE TABLE money_entries (
    reference    BINARY(16)  NOT NULL,
    kind         VARCHAR(20) NOT NULL,
    line         BIGINT      NOT NULL,
    from_account VARCHAR(80) NOT NULL,
    to_account   VARCHAR(80) NOT NULL,
    amount       BIGINT      NOT NULL,
    at           BIGINT      NOT NULL,
    folded       TINYINT,
    to_fold      TINYINT GENERATED ALWAYS AS (CASE WHEN folded = 0 THEN 1 END) VIRTUAL,
    PRIMARY KEY (reference, kind, line),
    KEY money_entries_to_fold (to_fold, to_account),
    CONSTRAINT money_entries_kind CHECK (kind IN ('CHARGE', 'PAYMENT', 'POINTS_USED', 'DISCOUNT',
        'POINTS_RELEASED', 'PAYMENT_RETURNED', 'POINTS_RETURNED', 'DISCOUNT_RETURNED', 'SALE',
        'FEE', 'POINTS_EARNED', 'STRAY_PAYMENT', 'WRITTEN_OFF')),
    CONSTRAINT money_entries_line CHECK (line BETWEEN 0 AND 4294967295),
    CONSTRAINT money_entries_move CHECK (to_account <> from_account AND amount > 0),
    CONSTRAINT money_entries_folded CHECK (folded IN (0, 1)),
    CONSTRAINT money_entries_sale CHECK ((kind = 'SALE') = (folded IS NOT NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- What is folded of sellers' credits; what is not yet stands in the entries.
CREATE TABLE sellers (
    seller VARCHAR(64) NOT NULL PRIMARY KEY,
    folded BIGINT      NOT NULL,
    CONSTRAINT sellers_seller CHECK (LENGTH(seller) > 0),
    CONSTRAINT sellers_folded CHECK (folded >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE orders (
    id               BINARY(16)   NOT NULL PRIMARY KEY,
    consumer         VARCHAR(64)  NOT NULL,
    request_key      BINARY(32)   NOT NULL,
    request_digest   BINARY(32)   NOT NULL,
    status           VARCHAR(12)  NOT NULL,
    failure          VARCHAR(24),
    delivery         VARCHAR(20)  NOT NULL,
    items_amount     BIGINT       NOT NULL,
    discount         BIGINT       NOT NULL,
    points_used      BIGINT       NOT NULL,
    paid_amount      BIGINT       NOT NULL,
    earned_points    BIGINT       NOT NULL,
    issued_coupon_id BINARY(16),
    coupon_id        BINARY(16),
    payment          VARCHAR(8)   NOT NULL,
    payment_method   VARCHAR(255),
    saga_id          BINARY(16)   NOT NULL,
    created_at       BIGINT       NOT NULL,
    CONSTRAINT orders_by_key UNIQUE (request_key),
    KEY orders_by_consumer (consumer, id),
    CONSTRAINT orders_consumer CHECK (LENGTH(consumer) > 0),
    CONSTRAINT orders_status CHECK (status IN
        ('PENDING', 'PAID', 'FAILED', 'REFUNDING', 'REFUNDED', 'CONFIRMED')),
    CONSTRAINT orders_failure CHECK (failure IN ('PAYMENT_DECLINED', 'PAYMENT_UNAVAILABLE')),
    CONSTRAINT orders_failed CHECK ((status = 'FAILED') = (failure IS NOT NULL)),
    CONSTRAINT orders_delivery CHECK (delivery IN
        ('BEFORE_DELIVERY', 'IN_DELIVERY', 'COMPLETE_DELIVERY')),
    CONSTRAINT orders_amounts CHECK (items_amount >= 0
        AND discount BETWEEN 0 AND items_amount
        AND points_used BETWEEN 0 AND items_amount - discount
        AND paid_amount = items_amount - discount - points_used
        AND earned_points BETWEEN 0 AND paid_amount),
    CONSTRAINT orders_coupon CHECK ((issued_coupon_id IS NULL) = (coupon_id IS NULL)),
    CONSTRAINT orders_payment CHECK (payment IN ('WALLET', 'PROVIDER')),
    CONSTRAINT orders_payment_method CHECK (
        payment = 'PROVIDER' OR payment_method IS NULL
    ),
    CONSTRAINT orders_payment_method_text CHECK (LENGTH(payment_method) > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE order_items (
    order_id   BINARY(16)  NOT NULL,
    line       BIGINT      NOT NULL,
    product_id BINARY(16)  NOT NULL,
    seller     VARCHAR(64) NOT NULL,
    quantity   BIGINT      NOT NULL,
    price      BIGINT      NOT NULL,
    amount     BIGINT      NOT NULL,
    PRIMARY KEY (order_id, line),
    CONSTRAINT order_items_line CHECK (line BETWEEN 0 AND 99),
    CONSTRAINT order_items_seller CHECK (LENGTH(seller) > 0),
    CONSTRAINT order_items_quantity CHECK (quantity BETWEEN 1 AND 10000),
    CONSTRAINT order_items_price CHECK (price BETWEEN 0 AND 1000000000000),
    CONSTRAINT order_items_amount CHECK (amount = price * quantity)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- `placed_order_id`: an order is placed once; it may be refunded again, when a refund was declined.
-- `alive` and `next_at` are NULL for what is over, which is nearly all.
CREATE TABLE sagas (
    id              BINARY(16)  NOT NULL PRIMARY KEY,
    order_id        BINARY(16)  NOT NULL,
    kind            VARCHAR(8)  NOT NULL,
    direction       VARCHAR(8)  NOT NULL,
    phase           VARCHAR(8)  NOT NULL,
    outcome         VARCHAR(12),
    step            VARCHAR(12) NOT NULL,
    tries           BIGINT      NOT NULL,
    epoch           BIGINT      NOT NULL,
    due_at          BIGINT      NOT NULL,
    last_error      TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    traced          BIGINT      NOT NULL,
    began_at        BIGINT      NOT NULL,
    placed_order_id BINARY(16) GENERATED ALWAYS AS (
        CASE WHEN kind = 'PURCHASE' THEN order_id END
    ) VIRTUAL,
    alive           VARCHAR(8) GENERATED ALWAYS AS (
        CASE WHEN phase <> 'DONE' THEN phase END
    ) VIRTUAL,
    next_at         BIGINT GENERATED ALWAYS AS (
        CASE WHEN phase IN ('RUNNING', 'PARKED') THEN due_at END
    ) VIRTUAL,
    CONSTRAINT sagas_that_place UNIQUE (placed_order_id),
    KEY sagas_of_order (order_id, id),
    KEY sagas_by_next_at (next_at),
    KEY sagas_alive (alive, id),
    CONSTRAINT sagas_kind CHECK (kind IN ('PURCHASE', 'REFUND')),
    CONSTRAINT sagas_direction CHECK (direction IN ('FORWARD', 'UNDO')),
    CONSTRAINT sagas_phase CHECK (phase IN ('RUNNING', 'PARKED', 'STUCK', 'DONE')),
    CONSTRAINT sagas_outcome CHECK (outcome IN ('COMPLETED', 'UNDONE')),
    CONSTRAINT sagas_done CHECK ((phase = 'DONE') = (outcome IS NOT NULL)),
    CONSTRAINT sagas_step CHECK (step IN ('AUTHORISE', 'COMPLETE', 'CAPTURE', 'REFUND')),
    CONSTRAINT sagas_numbers CHECK (
        tries BETWEEN 0 AND 4294967295 AND traced BETWEEN 0 AND 4294967295 AND epoch >= 1
    )
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE saga_trace (
    saga_id   BINARY(16)  NOT NULL,
    sequence  BIGINT      NOT NULL,
    at        BIGINT      NOT NULL,
    direction VARCHAR(8)  NOT NULL,
    step      VARCHAR(12) NOT NULL,
    event     VARCHAR(12) NOT NULL,
    detail    TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (saga_id, sequence),
    CONSTRAINT saga_trace_sequence CHECK (sequence BETWEEN 0 AND 4294967295),
    CONSTRAINT saga_trace_direction CHECK (direction IN ('FORWARD', 'UNDO')),
    CONSTRAINT saga_trace_step CHECK (step IN ('AUTHORISE', 'COMPLETE', 'CAPTURE', 'REFUND')),
    CONSTRAINT saga_trace_event CHECK (event IN ('BEGAN', 'SUCCEEDED', 'DECLINED', 'UNANSWERED',
        'TAKEN_OVER', 'RETRIED', 'ABANDONED'))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Owned by a saga, or by a caller who gave it a name and a deadline. `live` is 1 for an OPEN or
-- CONFIRMED hold of a single-use copy, else NULL: such a copy has one at most. `open_until` is the
-- deadline of an OPEN one.
CREATE TABLE holds (
    id               BINARY(16)  NOT NULL PRIMARY KEY,
    coupon_id        BINARY(16)  NOT NULL,
    issued_coupon_id BINARY(16)  NOT NULL,
    saga_id          BINARY(16),
    caller           VARCHAR(64),
    name             VARCHAR(64),
    seconds          BIGINT,
    deadline         BIGINT,
    single_use       TINYINT     NOT NULL,
    order_amount     BIGINT      NOT NULL,
    discount         BIGINT      NOT NULL,
    state            VARCHAR(12) NOT NULL,
    opened_at        BIGINT      NOT NULL,
    live             TINYINT GENERATED ALWAYS AS (
        CASE WHEN single_use = 1 AND state IN ('OPEN', 'CONFIRMED') THEN 1 END
    ) VIRTUAL,
    open_until       BIGINT GENERATED ALWAYS AS (
        CASE WHEN state = 'OPEN' THEN deadline END
    ) VIRTUAL,
    CONSTRAINT holds_live UNIQUE (issued_coupon_id, live),
    CONSTRAINT holds_of_sagas UNIQUE (saga_id),
    CONSTRAINT holds_of_callers UNIQUE (caller, name),
    KEY holds_by_coupon (coupon_id, id),
    KEY holds_by_deadline (open_until),
    KEY holds_by_coupons_deadline (coupon_id, open_until),
    CONSTRAINT holds_texts CHECK (LENGTH(caller) > 0 AND LENGTH(name) > 0),
    CONSTRAINT holds_seconds CHECK (seconds BETWEEN 1 AND 86400),
    CONSTRAINT holds_single_use CHECK (single_use IN (0, 1)),
    CONSTRAINT holds_amounts CHECK (order_amount >= 0 AND discount BETWEEN 0 AND order_amount),
    CONSTRAINT holds_state CHECK (state IN
        ('OPEN', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'RETURNED')),
    CONSTRAINT holds_owner CHECK ((CASE WHEN saga_id IS NULL
        THEN caller IS NOT NULL AND name IS NOT NULL AND seconds IS NOT NULL
            AND deadline IS NOT NULL
        ELSE caller IS NULL AND name IS NULL AND seconds IS NULL AND deadline IS NULL
    END) IS TRUE)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- A lock that was given back has run out; its row stays, so that the generations go on rising.
CREATE TABLE leases (
    name       VARCHAR(64) NOT NULL PRIMARY KEY,
    owner      BINARY(16)  NOT NULL,
    generation BIGINT      NOT NULL,
    until_at   BIGINT      NOT NULL,
    CONSTRAINT leases_name CHECK (LENGTH(name) > 0),
    CONSTRAINT leases_generation CHECK (generation >= 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
