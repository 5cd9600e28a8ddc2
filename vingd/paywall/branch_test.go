package paywall_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// branchChild, in the environment, makes the test binary one of several shops.
const branchChild = "VINGD_PAYWALL_BRANCH"

// keepBranch sells an article until the standard input ends.
func keepBranch(setting string) error {
	var broker, database, address string
	var object vingd.ObjectID
	var ahead, verification time.Duration
	k := new(killer)
	if _, err := fmt.Sscan(setting, &broker, &database, &address, &object, &k.at, &ahead, &verification); err != nil {
		return err
	}
	other := httptest.NewTLSServer(nil)
	k.next = other.Client().Transport // it knows the certificate that all of httptest's servers have
	other.Close()
	now := func() time.Time { return time.Now().Add(ahead) }
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(broker+"/broker/v1"), vingd.WithFrontend(broker),
		vingd.WithHTTPClient(&http.Client{Transport: k}), vingd.WithClock(now))
	if err != nil {
		return err
	}
	db, err := sql.Open("postgres", database)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(16)
	journal, err := openSoon(db)
	if err != nil {
		return err
	}
	options := paywall.Options{Journal: &killingJournal{journal, k}, Clock: now, Logger: slog.New(slog.DiscardHandler)}
	if verification > 0 {
		options.Quick(verification)
	}
	wall, err := paywall.New(client, options)
	if err != nil {
		return err
	}
	handler := wall.Sell(func(*http.Request) (paywall.Offer, error) {
		return paywall.Offer{Object: object, Price: price}, nil
	}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.step()
		_, _ = io.WriteString(w, crashArticle[:10])
		k.step()
		_, _ = io.WriteString(w, crashArticle[10:])
	}))
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close() // it has another
	if server.Listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", address); err != nil {
		return err
	}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = server.Config.Shutdown(ctx) // it may time out, and so may the paywall: the others finish it
	_ = server.Config.Close()
	_ = wall.Close(ctx)
	_ = db.Close()
	return nil
}

// openSoon opens the journal as soon as the database is there.
func openSoon(db *sql.DB) (j *postgres.Journal, err error) {
	for range 600 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		j, err = postgres.Open(ctx, db)
		cancel()
		if err == nil {
			return j, nil
		}
		<-time.After(100 * time.Millisecond)
	}
	return nil, err
}
