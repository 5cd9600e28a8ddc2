package postgres_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/journaltest"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a pool of connections to a server. The parameters follow the address.
func connect(t testing.TB, url, parameters string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url+parameters)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(32)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// open returns an empty journal.
func open(t testing.TB, db *sql.DB) *postgres.Journal {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "DROP TABLE IF EXISTS vingd_paywall, vingd_paywall_meta"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	j, err := postgres.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// The contract holds at each isolation level that a seller may have set.
func TestJournal_Contract(t *testing.T) {
	server := postgrestest.Start(t)
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			db := connect(t, server.URL(server.Address()), "&default_transaction_isolation="+strings.ReplaceAll(level, " ", "%20"))
			var got string
			if err := db.QueryRowContext(t.Context(), "SHOW transaction_isolation").Scan(&got); err != nil || got != level {
				t.Fatalf("the level is %q, %v", got, err)
			}
			journaltest.Run(t, func(t *testing.T) paywall.Journal { return open(t, db) })
		})
	}
}

func TestOpen_Refuses(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	refused := func(db *sql.DB, word string) {
		t.Helper()
		if j, err := postgres.Open(t.Context(), db); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, %v, want an error with %q", j, err, word)
		}
	}
	refused(nil, "nil")
	refused(db, "Migrate")
	if err := postgres.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"on", "local", "remote_write", "remote_apply"} {
		if _, err := postgres.Open(t.Context(), connect(t, server.URL(server.Address()), "&synchronous_commit="+setting)); err != nil {
			t.Errorf("synchronous_commit %s: %v", setting, err)
		}
	}
	refused(connect(t, server.URL(server.Address()), "&synchronous_commit=off"), "synchronous_commit")
	if _, err := db.ExecContext(t.Context(), "UPDATE vingd_paywall_meta SET format = 3"); err != nil {
		t.Fatal(err)
	}
	refused(db, "format 3")
	if err := postgres.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	refused(db, "format 3")
}

func TestMigrate_AtOnce(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := postgres.Migrate(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := postgres.Open(t.Context(), db); err != nil {
		t.Error(err)
	}
}

// The tables refuse rows that no journal writes.
func TestMigrate_Checks(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	open(t, db)
	const insert = "INSERT INTO vingd_paywall (key, version, state, until, entry) VALUES ($1, $2, $3, now(), $4)"
	key := make([]byte, 32)
	for _, row := range [][]any{{key[1:], 1, "due", "{}"}, {key, 0, "due", "{}"}, {key, 1, "", "{}"}, {key, 1, "paid", "{}"}, {key, 1, "due", "{"}} {
		if _, err := db.ExecContext(t.Context(), insert, row...); err == nil {
			t.Errorf("%v is accepted", row)
		}
	}
	if _, err := db.ExecContext(t.Context(), insert, key, 1, "due", "{}"); err != nil {
		t.Error(err)
	}
}

// An entry that cannot be read does not keep the others from being read.
func TestUnfinished_UnreadableEntry(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	j := open(t, db)
	for i := range 3 {
		entry := paywall.Entry{Key: paywall.Key{byte(i + 1)}, State: paywall.StateDue, Until: time.Now().UTC()}
		if ok, err := j.Swap(t.Context(), entry); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	bad := paywall.Key{2}
	if _, err := db.ExecContext(t.Context(), `UPDATE vingd_paywall SET entry = '{"object": "five"}' WHERE key = $1`, bad[:]); err != nil {
		t.Fatal(err)
	}
	got := ""
	for entry, err := range j.Unfinished(t.Context()) {
		got += fmt.Sprint(entry.Key[0], " ", err == nil, " ")
	}
	if want := "1 true 2 false 3 true "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := j.Find(t.Context(), bad); err == nil || !strings.Contains(err.Error(), bad.String()) {
		t.Errorf("got %v, want an error with the key", err)
	}
}

// A server that crashes under load keeps each change that it has acknowledged. Of those that failed, some are done: that
// is why a failed change is unknown.
func TestSwap_ServerCrashes(t *testing.T) {
	server := postgrestest.Start(t)
	db := connect(t, server.URL(server.Address()), "")
	j := open(t, db)
	const writers, crashes = 8, 2
	stop := make(chan struct{})
	var writing sync.WaitGroup
	done := make([]map[paywall.Key]bool, writers) // whether it was acknowledged
	for w := range writers {
		done[w] = make(map[paywall.Key]bool)
		writing.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				key := paywall.Key{byte(w), byte(i), byte(i >> 8), byte(i >> 16)}
				swapped, err := j.Swap(t.Context(), paywall.Entry{Key: key, State: paywall.StateClaimed, Until: time.Now().UTC()})
				if done[w][key] = err == nil; err == nil && !swapped {
					t.Error("a change is refused, and no other writer has made it")
				}
			}
		})
	}
	for range crashes {
		waitForRows(t, db)
		server.Stop("immediate")
		server.Begin()
	}
	close(stop)
	writing.Wait()
	acknowledged, unknown, found := 0, 0, 0
	for _, some := range done {
		for key, ok := range some {
			entry, err := j.Find(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			switch there := entry.State == paywall.StateClaimed; {
			case ok && !there:
				t.Error("a change is lost that was acknowledged")
			case ok:
				acknowledged++
			default:
				if unknown++; there {
					found++
				}
			}
		}
	}
	t.Logf("%d changes are acknowledged; of %d that failed, %d are done", acknowledged, unknown, found)
	if acknowledged < 100 || unknown == 0 {
		t.Error("the test is idle")
	}
}

// waitForRows waits until some more entries are written.
func waitForRows(t *testing.T, db *sql.DB) {
	t.Helper()
	count := func() (n int) {
		err := errors.New("never")
		for range 1000 {
			if err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM vingd_paywall").Scan(&n); err == nil {
				return n
			}
		}
		t.Fatal(err)
		return 0
	}
	for begin := count(); count() < begin+50; {
		if t.Failed() {
			return
		}
	}
}
