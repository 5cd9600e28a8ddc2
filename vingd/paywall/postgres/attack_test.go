package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// A database in an encoding that lacks characters cannot keep what the broker says of a purchase whose context has them.
func TestOpen_Encoding(t *testing.T) {
	server := postgrestest.Start(t)
	admin := connect(t, server.URL(server.Address()), "")
	for encoding, fits := range map[string]bool{"UTF8": true, "SQL_ASCII": true, "LATIN1": false} {
		t.Run(encoding, func(t *testing.T) {
			name := "of_" + strings.ToLower(encoding)
			if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" ENCODING '"+encoding+"' TEMPLATE template0"); err != nil {
				t.Fatal(err)
			}
			db := connect(t, strings.Replace(server.URL(server.Address()), "/postgres?", "/"+name+"?", 1), "")
			if err := postgres.Migrate(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			j, err := postgres.Open(t.Context(), db)
			if !fits {
				if err == nil || !strings.Contains(err.Error(), "server_encoding "+encoding+": must be UTF8") {
					t.Errorf("it is opened: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateDue, Context: "5 € za članak \x00 \u2028", Until: time.Now().UTC().Truncate(time.Second)}
			if ok, err := j.Swap(t.Context(), entry); err != nil || !ok {
				t.Fatal(ok, err)
			}
			entry.Version++
			if got, err := j.Find(t.Context(), entry.Key); err != nil || got != entry {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// A pool of one connection serves a sweep that is read slowly, and changes in between.
func TestJournal_OneConnection(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	j := open(t, db)
	db.SetMaxOpenConns(1)
	const entries = 1500 // more than a batch
	for i := range entries {
		key := paywall.Key{byte(i), byte(i >> 8), 1}
		if ok, err := j.Swap(t.Context(), paywall.Entry{Key: key, State: paywall.StateDue, Until: time.Now().UTC()}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a test that waits for ever says why
	defer cancel()
	n := 0
	for entry, err := range j.Unfinished(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		entry.State = paywall.StateCommitted
		if ok, err := j.Swap(ctx, entry); err != nil || !ok {
			t.Fatal(ok, err)
		}
		n++
	}
	if n != entries {
		t.Errorf("it returned %d entries", n)
	}
	if err := j.Purge(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM vingd_paywall").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d are left, %v", n, err)
	}
}

// A transaction that somebody has left open holds a row. A change of it ends with its context, and the others go on.
func TestJournal_IdleInTransaction(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "&statement_timeout=200")
	j := open(t, db)
	for i := range 3 {
		entry := paywall.Entry{Key: paywall.Key{byte(i)}, State: paywall.StateClaimed, Until: time.Now().UTC()}
		if ok, err := j.Swap(t.Context(), entry); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	held := paywall.Key{1}
	if _, err := tx.ExecContext(t.Context(), "SELECT 1 FROM vingd_paywall WHERE key = $1 FOR UPDATE", held[:]); err != nil {
		t.Fatal(err)
	}
	entry := paywall.Entry{Key: held, Version: 1, State: paywall.StateVerified, Until: time.Now().UTC()}
	if ok, err := j.Swap(t.Context(), entry); err == nil || ok || !strings.Contains(fmt.Sprint(err), "timeout") {
		t.Errorf("the row is held: got %t, %v", ok, err)
	}
	if got, err := j.Find(t.Context(), held); err != nil || got.Version != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := j.Purge(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Errorf("the purge waits: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if ok, err := j.Swap(t.Context(), entry); err != nil || !ok {
		t.Errorf("the row is free: got %t, %v", ok, err)
	}
}
