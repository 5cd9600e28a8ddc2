// Command shop is a small newspaper that sells three articles, gives vouchers away, and rewards its readers. It brings a
// Vingd of its own, so that it needs nothing but a browser:
//
//	go run ./examples/shop
//
// It also runs as several processes that share a PostgreSQL database, behind a proxy that leads each request to the next:
//
//	go run ./examples/shop --replicas 3 --database postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable
//
// Package newspaper, beside this one, is made to be read.
//
// The shop serves this machine only, without TLS, so that no browser warns of a certificate. Secure cookies work there,
// because browsers trust http://localhost like HTTPS. A newspaper on any other host must have TLS.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vingd/vingd-api-go/examples/shop/internal/newspaper"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		log.Fatal(err)
	}
}

// settings are the flags of the command.
type settings struct {
	replicas int
	database string
	replica  replica // of a process that was started by this command
}

// start runs what the flags say until ctx is done.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.replicas, "replicas", 1, "number of processes; more than one need --database")
	flags.StringVar(&s.database, "database", "", "URL of a PostgreSQL database, in which the processes share a journal")
	flags.StringVar(&s.replica.listen, "replica", "", "address of one of the processes (set by the command itself)")
	flags.StringVar(&s.replica.address, "address", "", "address of the newspaper (set by the command itself)")
	flags.StringVar(&s.replica.vingd, "vingd", "", "address of Vingd (set by the command itself)")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	switch {
	case s.replica.listen != "":
		return s.replica.run(ctx, s.database, stdout, stderr)
	case s.replicas < 1:
		return fmt.Errorf("--replicas %d: must be 1 or more", s.replicas)
	case s.replicas > 1 && s.database == "":
		return errors.New(needsDatabase)
	default:
		return run(ctx, s, stdout, stderr)
	}
}

//nolint:gosec // the password is an example
const needsDatabase = `--replicas: several processes need a database that they share. On Debian:

  apt-get install postgresql
  su postgres -c "createuser shop && createdb -O shop shop && psql -c \"ALTER USER shop PASSWORD 'shop'\""
  go run ./examples/shop --replicas 3 --database 'postgres://shop:shop@127.0.0.1:5432/shop?sslmode=disable'`

// run runs a Vingd, and the newspaper that sells through it, until ctx is done.
func run(ctx context.Context, s settings, stdout, stderr io.Writer) (err error) {
	broker, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	for name, balance := range map[string]vingd.Cents{"Ann": 10_00, "Ben": 1_00} {
		if _, err := broker.AddBuyer(name, balance); err != nil {
			return err
		}
	}
	site, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop := site.serve(broker.Handler())
	defer func() { err = errors.Join(err, stop()) }()
	address := "http://" + site.Addr().String()
	if s.database != "" {
		return publishTogether(ctx, s, address, stdout, stderr)
	}
	return publish(ctx, address, stdout, stderr)
}

// login returns a client of the Vingd at an address. A newspaper of yours only needs
// vingd.New(vingd.Password(username, password)).
func login(address string) (*vingd.Client, error) {
	return vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(address+"/sandbox/broker/v1"), vingd.WithFrontend(address), vingd.WithLoopbackHTTP())
}

// publish runs the newspaper in this process until ctx is done.
func publish(ctx context.Context, frontend string, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "shop") // this Vingd forgets everything, too; keep the journal of yours
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	journal, err := paywall.OpenJournal(filepath.Join(dir, "purchases.journal"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	site, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := site.localhost()
	return site.sell(ctx, frontend, address, journal, stderr, func() { fmt.Fprintf(stdout, screen, address, frontend) })
}

// sell serves the newspaper on a site until ctx is done. It calls opened when the newspaper can be read.
func (s site) sell(ctx context.Context, frontend, address string, journal paywall.Journal, stderr io.Writer, opened func()) error {
	client, err := login(frontend)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	defer client.CloseIdleConnections()
	paper, err := newspaper.New(ctx, client, newspaper.Options{
		Address: address, Articles: newspaper.Edition(), Journal: journal,
		Logger: slog.New(slog.NewTextHandler(stderr, nil)), Clock: time.Now,
	})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	stop := s.serve(paper)
	opened()
	<-ctx.Done()
	err = stop() // first the server, then the paywall
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, paper.Close(ending))
}

// localhost returns the address of a site by the name for which browsers accept secure cookies without TLS.
func (s site) localhost() string {
	_, port, _ := net.SplitHostPort(s.Addr().String()) // a listener's address has a port
	return "http://" + net.JoinHostPort("localhost", port)
}

const screen = `The Lamplighter, a newspaper that sells its articles. Stop it with Ctrl-C.

  newspaper  %s
  Vingd      %s (no money there is real)

Open the newspaper in a browser, and buy an article as Ann, who has 10.00 vingds.
Ben has 1.00 only: he needs the voucher. Vingd's page shows where the money is.

`
