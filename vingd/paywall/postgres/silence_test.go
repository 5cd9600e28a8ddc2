package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// A deafDriver ignores contexts. While its server is silent, it waits.
type deafDriver struct {
	mu     sync.Mutex
	speaks chan struct{} // closed unless the server is silent
	asked  chan string   // gets each statement for a silent server
}

// newDeafDriver returns a driver whose server responds, and a pool of two connections.
func newDeafDriver(t *testing.T) (*deafDriver, *sql.DB) {
	t.Helper()
	d := &deafDriver{speaks: make(chan struct{}), asked: make(chan string, 100)}
	close(d.speaks)
	db := sql.OpenDB(d)
	db.SetMaxOpenConns(2)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, db
}

// silence makes the server silent, until the returned function is called.
func (d *deafDriver) silence() (resume func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	speaks := make(chan struct{})
	d.speaks = speaks
	return sync.OnceFunc(func() { close(speaks) })
}

func (d *deafDriver) wait(statement string) {
	d.mu.Lock()
	speaks := d.speaks
	d.mu.Unlock()
	select {
	case <-speaks:
	default:
		d.asked <- statement
		<-speaks
	}
}

func (d *deafDriver) Connect(context.Context) (driver.Conn, error) { return deafConn{d}, nil }
func (d *deafDriver) Driver() driver.Driver                        { return nil }

type deafConn struct{ *deafDriver }

func (c deafConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c deafConn) Close() error                        { return nil }
func (c deafConn) Commit() error                       { return nil }
func (c deafConn) Rollback() error                     { return nil }

func (c deafConn) Begin() (driver.Tx, error) {
	c.wait("BEGIN")
	return c, nil
}

func (c deafConn) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	c.wait(query)
	return driver.RowsAffected(1), nil
}

func (c deafConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	c.wait(query)
	switch {
	case strings.Contains(query, "current_setting"):
		return &deafRows{[]driver.Value{"on", "UTF8"}}, nil
	case strings.Contains(query, "format"):
		return &deafRows{[]driver.Value{int64(2)}}, nil
	default:
		return &deafRows{[]driver.Value{make([]byte, 32), int64(1), []byte("{}")}}, nil
	}
}

// deafRows are one row.
type deafRows struct{ row []driver.Value }

func (r *deafRows) Columns() []string { return make([]string, len(r.row)) }
func (r *deafRows) Close() error      { return nil }

func (r *deafRows) Next(to []driver.Value) error {
	if len(r.row) == 0 {
		return io.EOF
	}
	copy(to, r.row)
	r.row = nil
	return nil
}

// calls are those of the package, on a journal.
func calls(db *sql.DB, j *postgres.Journal) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Migrate": func(ctx context.Context) error { return postgres.Migrate(ctx, db) },
		"Open": func(ctx context.Context) error {
			_, err := postgres.Open(ctx, db)
			return err
		},
		"Find": func(ctx context.Context) error {
			_, err := j.Find(ctx, paywall.Key{1})
			return err
		},
		"Swap": func(ctx context.Context) error {
			_, err := j.Swap(ctx, paywall.Entry{Key: paywall.Key{1}, State: paywall.StateClaimed, Until: time.Now().UTC()})
			return err
		},
		"Unfinished": func(ctx context.Context) (err error) {
			for _, err = range j.Unfinished(ctx) {
			}
			return err
		},
		"Purge": func(ctx context.Context) error { return j.Purge(ctx, time.Now()) },
	}
}

// returns fails the test unless a call returns. It reports its error.
func returns(t *testing.T, what string, call func() error) error {
	t.Helper()
	returned := make(chan error, 1)
	go func() { returned <- call() }()
	select {
	case err := <-returned:
		return err
	case <-time.After(20 * time.Second):
		t.Errorf("%s does not return", what)
		return nil
	}
}

// Each call returns when its context ends, though the driver ignores contexts and the server is silent. Its late result is lost.
func TestJournal_DriverIgnoresContext(t *testing.T) {
	d, db := newDeafDriver(t)
	j, err := postgres.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range calls(db, j) {
		t.Run(name, func(t *testing.T) {
			if err := call(t.Context()); err != nil {
				t.Fatal(err)
			}
			resume := d.silence()
			defer resume()
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-d.asked
				cancel()
			}()
			if err := returns(t, name, func() error { return call(ctx) }); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			ended, end := context.WithCancel(t.Context())
			end()
			if err := returns(t, name+" with a context that has ended", func() error { return call(ended) }); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v with a context that has ended", err)
			}
			resume()
			if err := call(t.Context()); err != nil {
				t.Errorf("the server responds again: got %v", err)
			}
		})
	}
}

// Calls that wait for a silent server take no more connections than the pool has, and end with their contexts.
func TestJournal_PoolIsSilent(t *testing.T) {
	d, db := newDeafDriver(t)
	j, err := postgres.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	resume := d.silence()
	defer resume()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 20 {
		for name, call := range calls(db, j) {
			all.Go(func() {
				if err := returns(t, name, func() error { return call(ctx) }); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: got %v", name, err)
				}
			})
		}
	}
	<-d.asked
	<-d.asked
	cancel()
	all.Wait()
	if n := len(d.asked); n != 0 || db.Stats().InUse != 2 {
		t.Errorf("the driver got %d more statements, on %d connections", n, db.Stats().InUse)
	}
}

// A paywall closes when its context ends, though its first sweep waits for a silent server. So does the pool.
func TestJournal_PaywallCloses(t *testing.T) {
	d, db := newDeafDriver(t)
	j, err := postgres.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	client, err := vingd.New(vingd.Password("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	resume := d.silence()
	defer resume()
	wall, err := paywall.New(client, paywall.Options{Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	<-d.asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := returns(t, "Close", func() error { return wall.Close(ctx) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := returns(t, "the pool's Close", db.Close); err != nil {
		t.Error(err)
	}
}

// A silentProxy passes the bytes of each connection on. When it is silent, it accepts connections and passes nothing on.
type silentProxy struct {
	net.Listener

	mu      sync.Mutex
	passing sync.Mutex // held while it is silent
	conns   []net.Conn
	running sync.WaitGroup
}

func newSilentProxy(t *testing.T, target string) *silentProxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &silentProxy{Listener: listener}
	p.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(t.Context(), "tcp", target)
			if err != nil {
				if t.Context().Err() == nil { // the pool may connect again while the test ends
					t.Error(err)
				}
				_ = client.Close()
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			p.running.Go(func() { p.pass(client, server) })
			p.running.Go(func() { p.pass(server, client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for _, conn := range p.conns {
			_ = conn.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p
}

func (p *silentProxy) pass(to, from net.Conn) {
	defer to.Close() //nolint:errcheck // the connection is over
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		p.passing.Lock()
		p.passing.Unlock() //nolint:staticcheck // it waits while the proxy is silent
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// With lib/pq, which waits for the response to its cancel request, each call returns when its context ends. So does the
// pool's Close.
func TestJournal_ServerSilent(t *testing.T) {
	server := postgrestest.Start(t)
	p := newSilentProxy(t, server.Address())
	db := connect(t, server.URL(p.Addr().String()), "")
	db.SetMaxOpenConns(8)
	j := open(t, db)
	p.passing.Lock()
	resume := sync.OnceFunc(p.passing.Unlock)
	defer resume()
	for name, call := range calls(db, j) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := returns(t, name, func() error { return call(ctx) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
		cancel()
	}
	resume()
	for name, call := range calls(db, j) {
		if err := call(t.Context()); err != nil {
			t.Errorf("the server responds again: %s: got %v", name, err)
		}
	}
	p.passing.Lock()
	resume = sync.OnceFunc(p.passing.Unlock)
	defer resume()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := j.Find(ctx, paywall.Key{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := returns(t, "the pool's Close", db.Close); err != nil {
		t.Error(err)
	}
}
