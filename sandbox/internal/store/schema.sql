-- Money is in cents, and times are in microseconds since 1970 in UTC. The sandbox gives out all ids.
--
-- A list that is filtered by a range of times (until, expires) and ordered by id reads an index block by block. A block is
-- 8192 ids. Within a block the index is ordered by time, so that one lookup finds whether the block has a match. Finding the
-- first match among a million rows takes some hundred lookups, however few matches there are and wherever they are.

-- account, transfer and thing are the last ids that were given out. moment is the time of the latest step. ahead is the
-- number of nanoseconds by which the sandbox's clock is ahead of the clock that it follows.
CREATE TABLE state (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO state (name, value) VALUES
    ('account', 4710), ('transfer', 0), ('thing', 0), ('moment', -62135596800000000), ('ahead', 0);

-- Account 1 is the broker's own. Account 2 is the mint, the source of all money. Account 3 holds reserved money.
CREATE TABLE accounts (
    uid     INTEGER PRIMARY KEY,
    balance INTEGER NOT NULL,
    CHECK (balance BETWEEN 0 AND 9007199254740991 OR uid = 2 AND balance BETWEEN -9007199254740991 AND 0)
) STRICT;
INSERT INTO accounts (uid, balance) VALUES (1, 0), (2, 0), (3, 0);

CREATE TABLE transfers (
    id       INTEGER PRIMARY KEY,
    amount   INTEGER NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
    payer    INTEGER NOT NULL REFERENCES accounts (uid),
    payee    INTEGER NOT NULL REFERENCES accounts (uid),
    at       INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    object   INTEGER NOT NULL,
    name     TEXT NOT NULL,
    purchase INTEGER NOT NULL,
    voucher  INTEGER NOT NULL,
    message  TEXT NOT NULL,
    CHECK (payer <> payee)
) STRICT;
CREATE INDEX transfers_payer ON transfers (payer);
CREATE INDEX transfers_payee ON transfers (payee);
CREATE INDEX transfers_both ON transfers (payer, payee);

CREATE TABLE users (
    uid              INTEGER PRIMARY KEY REFERENCES accounts (uid),
    name             TEXT NOT NULL,
    created          INTEGER NOT NULL,
    login            TEXT UNIQUE,
    digest           TEXT,
    delegate         INTEGER REFERENCES users (uid),
    primary_identity TEXT,
    CHECK ((login IS NULL) = (digest IS NULL))
) STRICT;
CREATE TABLE user_flags (
    uid  INTEGER NOT NULL REFERENCES users (uid),
    flag TEXT NOT NULL,
    PRIMARY KEY (uid, flag)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_permissions (
    uid        INTEGER NOT NULL REFERENCES users (uid),
    permission TEXT NOT NULL,
    PRIMARY KEY (uid, permission)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_identities (
    uid      INTEGER NOT NULL REFERENCES users (uid),
    kind     TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (uid, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE huids (
    huid   TEXT NOT NULL PRIMARY KEY,
    seller INTEGER NOT NULL REFERENCES users (uid),
    uid    INTEGER NOT NULL REFERENCES users (uid),
    UNIQUE (seller, uid)
) STRICT, WITHOUT ROWID;

-- description is the JSON that the seller sent. name and url are copied from it.
CREATE TABLE objects (
    id          INTEGER PRIMARY KEY,
    seller      INTEGER NOT NULL REFERENCES users (uid),
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    description TEXT NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL
) STRICT;
CREATE INDEX objects_seller ON objects (seller);

CREATE TABLE orders (
    id      INTEGER PRIMARY KEY,
    object  INTEGER NOT NULL REFERENCES objects (id),
    seller  INTEGER NOT NULL REFERENCES users (uid),
    price   INTEGER NOT NULL CHECK (price BETWEEN 0 AND 9007199254740991),
    context TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    block   INTEGER GENERATED ALWAYS AS (id >> 13) VIRTUAL
) STRICT;
CREATE INDEX orders_seller ON orders (seller, block, expires);
CREATE INDEX orders_object ON orders (object, block, expires);

-- A purchase without an order is a delegated one: it is paid at once, and reserves no money.
-- entitled is how often the purchase may still be verified, and verified is how often it was.
CREATE TABLE purchases (
    id        INTEGER PRIMARY KEY,
    state     TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'refunded')),
    object    INTEGER NOT NULL REFERENCES objects (id),
    name      TEXT NOT NULL,
    seller    INTEGER NOT NULL REFERENCES users (uid),
    buyer     INTEGER NOT NULL REFERENCES users (uid),
    price     INTEGER NOT NULL CHECK (price >= 0),
    huid      TEXT REFERENCES huids (huid),
    sold_by   INTEGER REFERENCES orders (id),
    context   TEXT,
    transfer  INTEGER NOT NULL REFERENCES transfers (id),
    ended     INTEGER REFERENCES transfers (id),
    token     TEXT UNIQUE,
    due       INTEGER,
    entitled  INTEGER NOT NULL CHECK (entitled >= 0),
    verified  INTEGER NOT NULL CHECK (verified >= 0),
    CHECK ((sold_by IS NULL) = (token IS NULL)),
    CHECK ((sold_by IS NULL) = (due IS NULL)),
    CHECK (sold_by IS NOT NULL OR state = 'committed'),
    CHECK ((ended IS NULL) = (state = 'reserved' OR sold_by IS NULL))
) STRICT;
CREATE INDEX purchases_due ON purchases (due) WHERE state = 'reserved';

-- due is until, or the time at which the voucher was made if until had passed by then.
CREATE TABLE vouchers (
    id          INTEGER PRIMARY KEY,
    code        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'used', 'revoked', 'expired')),
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    seller      INTEGER NOT NULL REFERENCES users (uid),
    redeemer    INTEGER REFERENCES users (uid),
    gid         TEXT,
    until       INTEGER NOT NULL,
    message     TEXT NOT NULL,
    description TEXT NOT NULL,
    transfer    INTEGER NOT NULL REFERENCES transfers (id),
    ended       INTEGER REFERENCES transfers (id),
    due         INTEGER NOT NULL,
    open        INTEGER GENERATED ALWAYS AS (state = 'open') VIRTUAL,
    block       INTEGER GENERATED ALWAYS AS (id >> 13) VIRTUAL,
    CHECK ((state = 'open') = (ended IS NULL)),
    CHECK ((state = 'used') = (redeemer IS NOT NULL))
) STRICT;
CREATE INDEX vouchers_due ON vouchers (due) WHERE state = 'open';
-- The index has every column that a list in order of the code compares, so that the list reads no rows beside it.
CREATE INDEX vouchers_code ON vouchers (code, seller, gid, redeemer, until);
CREATE INDEX vouchers_seller ON vouchers (seller, block, open, until);
CREATE INDEX vouchers_gid ON vouchers (seller, gid, block, open, until) WHERE gid IS NOT NULL;
CREATE INDEX vouchers_redeemer ON vouchers (seller, redeemer, block, until) WHERE redeemer IS NOT NULL;
-- A user redeems one voucher of a group.
CREATE UNIQUE INDEX vouchers_redeemed ON vouchers (seller, gid, redeemer) WHERE gid IS NOT NULL AND redeemer IS NOT NULL;

-- Each entry holds the voucher as of that time.
CREATE TABLE voucher_log (
    id          INTEGER PRIMARY KEY,
    action      TEXT NOT NULL CHECK (action IN ('add', 'use', 'revoke', 'expire')),
    at          INTEGER NOT NULL,
    voucher     INTEGER NOT NULL REFERENCES vouchers (id),
    code        TEXT NOT NULL,
    state       TEXT NOT NULL,
    amount      INTEGER NOT NULL,
    seller      INTEGER NOT NULL REFERENCES users (uid),
    redeemer    INTEGER REFERENCES users (uid),
    gid         TEXT,
    until       INTEGER NOT NULL,
    message     TEXT NOT NULL,
    description TEXT NOT NULL,
    transfer    INTEGER NOT NULL REFERENCES transfers (id),
    ended       INTEGER REFERENCES transfers (id),
    block       INTEGER GENERATED ALWAYS AS (id >> 13) VIRTUAL
) STRICT;
CREATE INDEX voucher_log_seller ON voucher_log (seller, block, action, until);
CREATE INDEX voucher_log_gid ON voucher_log (seller, gid, block, action, until) WHERE gid IS NOT NULL;
CREATE INDEX voucher_log_redeemer ON voucher_log (seller, redeemer, block, until) WHERE redeemer IS NOT NULL;
-- The log of a voucher begins with add, and ends with one of use, revoke and expire.
CREATE UNIQUE INDEX voucher_log_voucher ON voucher_log (voucher, action = 'add');
