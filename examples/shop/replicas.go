package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	_ "github.com/lib/pq" // the driver

	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// A replica is one of several processes that are the newspaper.
type replica struct {
	listen  string // where it listens
	address string // where readers find the newspaper
	vingd   string
}

// run runs a replica until ctx is done. It prints a line when it is open.
func (r replica) run(ctx context.Context, database string, stdout, stderr io.Writer) (err error) {
	db, err := sql.Open("postgres", database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(10)
	if err := postgres.Migrate(ctx, db); err != nil {
		return err
	}
	journal, err := postgres.Open(ctx, db)
	if err != nil {
		return err
	}
	site, err := listen(ctx, r.listen)
	if err != nil {
		return err
	}
	return site.sell(ctx, r.vingd, r.address, journal, stderr, func() { fmt.Fprintln(stdout, site.Addr()) })
}

// publishTogether runs several replicas, and a proxy in front of them, until ctx is done.
func publishTogether(ctx context.Context, s settings, frontend string, stdout, stderr io.Writer) (err error) {
	site, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := site.localhost()
	p := &roundRobin{}
	var stops []func() error
	defer func() {
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
	}()
	for i := range s.replicas {
		at, stop, err := launch(ctx, replica{"127.0.0.1:0", address, frontend}, s.database, stderr)
		if err != nil {
			return errors.Join(err, site.Close())
		}
		stops = append(stops, func() error {
			if err := stop(); err != nil {
				return fmt.Errorf("replica %d of %d, at %s: %w", i+1, s.replicas, at, err)
			}
			return nil
		})
		p.add(at)
	}
	stop := site.serve(p)
	fmt.Fprintf(stdout, screen, address, frontend)
	fmt.Fprintf(stdout, "%d processes share the journal in the database. Kill one: the others finish what it has begun.\n\n", s.replicas)
	<-ctx.Done()
	return stop()
}

// launch starts a process that is a replica, and returns its address.
func launch(ctx context.Context, r replica, database string, stderr io.Writer) (address string, stop func() error, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, //nolint:gosec // it is this very program
		"--replica", r.listen, "--address", r.address, "--vingd", r.vingd, "--database", database)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			_ = cmd.Process.Kill() // Windows knows no other way; on others, it has ended
		}
		return cmd.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(errors.New("a replica does not start"), stop())
	}
	return strings.TrimSpace(line), stop, nil
}

// A roundRobin leads each request to the next replica, or to the one after it if that one does not respond.
type roundRobin struct {
	replicas []*httputil.ReverseProxy
	next     atomic.Int64
}

type triedKey struct{}

func (p *roundRobin) add(at string) {
	target := &url.URL{Scheme: "http", Host: at}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the paywall and the cookies go by the name that the browser knows
	}}
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		tried, _ := r.Context().Value(triedKey{}).(int)
		if r.Body != nil && r.Body != http.NoBody || tried >= len(p.replicas) {
			http.Error(w, "No replica responds.", http.StatusBadGateway)
			return
		}
		p.lead(w, r, tried+1)
	}
	p.replicas = append(p.replicas, proxy)
}

// ServeHTTP leads a request to a replica. One of them gives all rewards: that is remembered in its memory only.
func (p *roundRobin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/reward") {
		p.replicas[0].ServeHTTP(w, r)
		return
	}
	p.lead(w, r, 1)
}

func (p *roundRobin) lead(w http.ResponseWriter, r *http.Request, tried int) {
	ctx := context.WithValue(r.Context(), triedKey{}, tried)
	p.replicas[int(p.next.Add(1))%len(p.replicas)].ServeHTTP(w, r.WithContext(ctx))
}
