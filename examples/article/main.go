// Command article sells one page for 2.00 vingds: a buyer without a token is sent to Vingd, and comes back with
// one.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

func main() {
	client, err := vingd.NewFromEnvironment() // VINGD_USERNAME and VINGD_PASSWORD
	if err != nil {
		log.Fatal(err)
	}
	object, err := client.Objects.Create(context.Background(), // once; then keep its number
		vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/article"})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: ":8080", Handler: article(client, object), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func article(client *vingd.Client, object vingd.ObjectID) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		callback, err := vingd.ParseCallback(r.URL)
		if errors.Is(err, vingd.ErrNoCallback) { // a first visit
			order, err := client.Orders.Create(r.Context(), object, vingd.OrderParams{Price: 200})
			if err != nil {
				http.Error(w, "We cannot sell this right now.", http.StatusBadGateway)
				return
			}
			http.Redirect(w, r, client.Orders.URLs(order.ID).Redirect, http.StatusSeeOther)
			return
		}
		if err != nil {
			http.Error(w, "This is not an address that Vingd made.", http.StatusBadRequest)
			return
		}

		// Ask about the object that is sold here, not the one in the address: there are cheaper ones.
		purchase, err := client.Purchases.Verify(r.Context(), object, callback.Token)
		switch {
		case errors.Is(err, vingd.ErrForbidden), errors.Is(err, vingd.ErrNotFound):
			http.Error(w, "Please buy the article first.", http.StatusForbidden)
			return
		case err != nil:
			http.Error(w, "We cannot verify this right now. You are charged only for what we serve.", http.StatusBadGateway)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the token
		if _, err := fmt.Fprintln(w, "Here is article 12."); err != nil {
			return // not served, so not committed: Vingd refunds the buyer
		}
		if err := client.Purchases.Commit(context.WithoutCancel(r.Context()), purchase); err != nil {
			log.Print(err) // the retries failed: commit it later, or Vingd refunds the buyer
		}
	}
}
