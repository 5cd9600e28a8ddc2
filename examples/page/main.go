// Command page sells one page, as README shows it. It needs the files article.html, cert.pem and key.pem in its folder, and
// a login at Vingd in VINGD_USERNAME and VINGD_PASSWORD.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := vingd.NewFromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":443")
	if err != nil {
		log.Fatal(err)
	}
	if err := serve(ctx, client, "https://news.example.com", listener); err != nil {
		log.Fatal(err)
	}
}

// serve sells the page until ctx is done. Readers find it at address + "/article".
func serve(ctx context.Context, client *vingd.Client, address string, listener net.Listener) (err error) {
	journal, err := paywall.OpenJournal("purchases.journal")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	wall, err := paywall.New(client, paywall.Options{Journal: journal})
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = errors.Join(err, wall.Close(ending)) // after the server, before the journal
	}()
	object, err := wall.EnsureObject(ctx, vingd.ObjectParams{Name: "Article 12", URL: address + "/article"})
	if err != nil {
		return err
	}

	mux := http.NewServeMux()
	mux.Handle("/article", wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "article.html") }),
	))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(listener, "cert.pem", "key.pem") }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return server.Shutdown(ending)
	}
}
