// Command shop is a small newspaper that sells three articles, gives vouchers away, and rewards its readers. It brings a
// Vingd of its own, so that nothing is needed but a browser:
//
//	go run ./examples/shop
//
// What there is to learn is in package newspaper, beside this one.
//
// Everything is on this machine only and without TLS, so that no browser warns of a certificate. That works for secure
// cookies, since browsers trust http://localhost as if it were HTTPS. A newspaper on any other host must have TLS.
package main

import (
	"context"
	"errors"
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
	if err := run(ctx, os.Stdout, os.Stderr); err != nil {
		log.Fatal(err)
	}
}

// run runs a Vingd, and the newspaper that sells through it, until ctx is done.
func run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	broker, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	for name, balance := range map[string]vingd.Cents{"Ann": 10_00, "Ben": 1_00} {
		if _, err := broker.NewBuyer(name, balance); err != nil {
			return err
		}
	}
	site, err := listen(ctx)
	if err != nil {
		return err
	}
	stop := site.serve(broker.Handler())
	defer func() { err = errors.Join(err, stop()) }()

	// A newspaper of yours needs nothing of this but vingd.New(vingd.Password(username, password)).
	address := "http://" + site.Addr().String()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(address+"/sandbox/broker/v1"), vingd.WithFrontend(address), vingd.WithLoopbackHTTP())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return publish(ctx, client, address, stdout, stderr)
}

// publish runs the newspaper until ctx is done.
func publish(ctx context.Context, client *vingd.Client, frontend string, stdout, stderr io.Writer) (err error) {
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
	site, err := listen(ctx)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(site.Addr().String())
	if err != nil {
		return errors.Join(err, site.Close())
	}
	address := "http://" + net.JoinHostPort("localhost", port)
	paper, err := newspaper.New(ctx, client, newspaper.Options{
		Address: address, Articles: newspaper.Edition(), Journal: journal,
		Logger: slog.New(slog.NewTextHandler(stderr, nil)), Clock: time.Now,
	})
	if err != nil {
		return errors.Join(err, site.Close())
	}
	stop := site.serve(paper)
	fmt.Fprintf(stdout, screen, address, frontend)
	<-ctx.Done()
	err = stop() // nobody is served any more, and what was served is committed
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, paper.Close(ending))
}

const screen = `The Lamplighter, a newspaper that sells its articles. Stop it with Ctrl-C.

  newspaper  %s
  Vingd      %s (no money there is real)

Open the newspaper in a browser, and buy an article as Ann, who has 10.00 vingds.
Ben has 1.00 only: he needs the voucher. Vingd's page shows where the money is.

`
