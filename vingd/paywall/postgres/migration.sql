-- The journal of a paywall. Every statement may be run again.
CREATE TABLE IF NOT EXISTS vingd_paywall (
	key     bytea       PRIMARY KEY CHECK (octet_length(key) = 32),
	version bigint      NOT NULL CHECK (version > 0),
	state   text        NOT NULL CHECK (state IN ('claimed', 'verified', 'due', 'committed', 'expired', 'refused', 'noted')),
	until   timestamptz NOT NULL,
	entry   json        NOT NULL
);
CREATE INDEX IF NOT EXISTS vingd_paywall_unfinished ON vingd_paywall (key) WHERE state IN ('claimed', 'verified', 'due');
CREATE INDEX IF NOT EXISTS vingd_paywall_until ON vingd_paywall (until) WHERE state <> 'due';
CREATE TABLE IF NOT EXISTS vingd_paywall_meta (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	format   integer NOT NULL
);
INSERT INTO vingd_paywall_meta (format) VALUES (2) ON CONFLICT DO NOTHING;
