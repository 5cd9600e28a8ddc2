-- Money is in cents, and times are in microseconds since 1970 in UTC. All ids are given out by the sandbox.

CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('account', 4710), ('transfer', 0), ('thing', 0);

-- Account 1 is the broker's own, 2 the mint, which money comes from, and 3 holds what is reserved.
CREATE TABLE accounts (
    uid     BIGINT NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL,
    CHECK (balance BETWEEN 0 AND 9007199254740991 OR uid = 2 AND balance BETWEEN -9007199254740991 AND 0)
);
INSERT INTO accounts (uid, balance) VALUES (1, 0), (2, 0), (3, 0);

CREATE TABLE transfers (
    id       BIGINT NOT NULL PRIMARY KEY,
    amount   BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
    payer    BIGINT NOT NULL REFERENCES accounts (uid),
    payee    BIGINT NOT NULL REFERENCES accounts (uid),
    at       BIGINT NOT NULL,
    class    BIGINT NOT NULL,
    object   BIGINT NOT NULL,
    name     TEXT NOT NULL,
    purchase BIGINT NOT NULL,
    voucher  BIGINT NOT NULL,
    message  TEXT NOT NULL,
    CHECK (payer <> payee)
);
CREATE INDEX transfers_payer ON transfers (payer, at, id);
CREATE INDEX transfers_payee ON transfers (payee, at, id);
CREATE INDEX transfers_both ON transfers (payer, payee, at, id);

CREATE TABLE users (
    uid              BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (uid),
    name             TEXT NOT NULL,
    created          BIGINT NOT NULL,
    login            TEXT UNIQUE,
    digest           TEXT,
    delegate         BIGINT REFERENCES users (uid),
    primary_identity TEXT,
    CHECK ((login IS NULL) = (digest IS NULL))
);
CREATE TABLE user_flags (
    uid  BIGINT NOT NULL REFERENCES users (uid),
    flag TEXT NOT NULL,
    PRIMARY KEY (uid, flag)
);
CREATE TABLE user_permissions (
    uid        BIGINT NOT NULL REFERENCES users (uid),
    permission TEXT NOT NULL,
    PRIMARY KEY (uid, permission)
);
CREATE TABLE user_identities (
    uid      BIGINT NOT NULL REFERENCES users (uid),
    kind     TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (uid, kind)
);
CREATE TABLE huids (
    huid   TEXT NOT NULL PRIMARY KEY,
    seller BIGINT NOT NULL REFERENCES users (uid),
    uid    BIGINT NOT NULL REFERENCES users (uid),
    UNIQUE (seller, uid)
);

-- more is what the description holds beside name and url, in JSON.
CREATE TABLE objects (
    id       BIGINT NOT NULL PRIMARY KEY,
    seller   BIGINT NOT NULL REFERENCES users (uid),
    name     TEXT NOT NULL,
    url      TEXT NOT NULL,
    more     TEXT,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL
);
CREATE INDEX objects_created ON objects (seller, created, id);

CREATE TABLE orders (
    id      BIGINT NOT NULL PRIMARY KEY,
    object  BIGINT NOT NULL REFERENCES objects (id),
    seller  BIGINT NOT NULL REFERENCES users (uid),
    price   BIGINT NOT NULL CHECK (price BETWEEN 0 AND 9007199254740991),
    context TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX orders_seller ON orders (seller, expires);
CREATE INDEX orders_object ON orders (object, expires);

-- A purchase without an order is a delegated one: it is paid at once, and reserves nothing.
-- entitled is how often it may still be verified, and verified how often it was.
CREATE TABLE purchases (
    id        BIGINT NOT NULL PRIMARY KEY,
    state     TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'refunded')),
    object    BIGINT NOT NULL REFERENCES objects (id),
    name      TEXT NOT NULL,
    seller    BIGINT NOT NULL REFERENCES users (uid),
    buyer     BIGINT NOT NULL REFERENCES users (uid),
    price     BIGINT NOT NULL CHECK (price >= 0),
    huid      TEXT REFERENCES huids (huid),
    sold_by   BIGINT REFERENCES orders (id),
    context   TEXT,
    transfer  BIGINT NOT NULL UNIQUE REFERENCES transfers (id),
    ended     BIGINT UNIQUE REFERENCES transfers (id),
    token     TEXT UNIQUE,
    due       BIGINT,
    entitled  BIGINT NOT NULL CHECK (entitled >= 0),
    verified  BIGINT NOT NULL CHECK (verified >= 0),
    CHECK ((sold_by IS NULL) = (token IS NULL)),
    CHECK ((sold_by IS NULL) = (due IS NULL)),
    CHECK (sold_by IS NOT NULL OR state = 'committed'),
    CHECK ((ended IS NULL) = (state = 'reserved' OR sold_by IS NULL))
);
CREATE INDEX purchases_due ON purchases (due, id) WHERE state = 'reserved';

-- due is until, or when the voucher was made if until had passed already.
-- Nobody redeems two vouchers of one group: where gid or redeemer is null, nothing is equal.
CREATE TABLE vouchers (
    id          BIGINT NOT NULL PRIMARY KEY,
    code        TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('open', 'used', 'revoked', 'expired')),
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    seller      BIGINT NOT NULL REFERENCES users (uid),
    redeemer    BIGINT REFERENCES users (uid),
    gid         TEXT,
    until       BIGINT NOT NULL,
    message     TEXT NOT NULL,
    description TEXT NOT NULL,
    transfer    BIGINT NOT NULL UNIQUE REFERENCES transfers (id),
    ended       BIGINT UNIQUE REFERENCES transfers (id),
    due         BIGINT NOT NULL,
    UNIQUE (seller, gid, redeemer),
    CHECK ((state = 'open') = (ended IS NULL)),
    CHECK ((state = 'used') = (redeemer IS NOT NULL))
);
CREATE INDEX vouchers_due ON vouchers (due, id) WHERE state = 'open';
CREATE INDEX vouchers_seller ON vouchers (seller, id);
CREATE INDEX vouchers_gid ON vouchers (seller, gid, id);
CREATE INDEX vouchers_redeemer ON vouchers (seller, redeemer, id);
CREATE INDEX vouchers_until ON vouchers (seller, until, id);
CREATE INDEX vouchers_open ON vouchers (seller, id) WHERE state = 'open';

-- Each entry holds the voucher as it was then.
CREATE TABLE voucher_log (
    id          BIGINT NOT NULL PRIMARY KEY,
    action      TEXT NOT NULL CHECK (action IN ('add', 'use', 'revoke', 'expire')),
    at          BIGINT NOT NULL,
    voucher     BIGINT NOT NULL REFERENCES vouchers (id),
    code        TEXT NOT NULL,
    state       TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    seller      BIGINT NOT NULL REFERENCES users (uid),
    redeemer    BIGINT REFERENCES users (uid),
    gid         TEXT,
    until       BIGINT NOT NULL,
    message     TEXT NOT NULL,
    description TEXT NOT NULL,
    transfer    BIGINT NOT NULL REFERENCES transfers (id),
    ended       BIGINT REFERENCES transfers (id)
);
CREATE INDEX voucher_log_at ON voucher_log (seller, at, id);
CREATE INDEX voucher_log_voucher ON voucher_log (voucher, at, id);
CREATE INDEX voucher_log_action ON voucher_log (seller, action, at, id);
CREATE INDEX voucher_log_gid ON voucher_log (seller, gid, at, id);
CREATE INDEX voucher_log_redeemer ON voucher_log (seller, redeemer, at, id);
CREATE INDEX voucher_log_until ON voucher_log (seller, until, at, id);
-- It ends with one of use, revoke and expire.
CREATE UNIQUE INDEX voucher_log_added ON voucher_log (voucher) WHERE action = 'add';
CREATE UNIQUE INDEX voucher_log_ended ON voucher_log (voucher) WHERE action <> 'add';
