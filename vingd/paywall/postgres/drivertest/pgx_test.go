package drivertest_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/journaltest"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The contract holds with pgx in each of its modes. A pool of transactions, such as PgBouncer's, needs one of the last two.
func TestJournal_WithPgx(t *testing.T) {
	server := postgrestest.Start(t)
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			db, err := sql.Open("pgx", server.URL(server.Address())+"&default_query_exec_mode="+mode)
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(32)
			defer db.Close() //nolint:errcheck // the test is over
			journaltest.Run(t, func(t *testing.T) paywall.Journal {
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
			})
		})
	}
}
