package paywall_test

import (
	"context"
	"errors"
	"html/template"
	"log"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A program that sells one article.
func Example() {
	client, err := vingd.NewFromEnvironment() // VINGD_USERNAME and VINGD_PASSWORD
	if err != nil {
		log.Fatal(err)
	}
	journal, err := paywall.OpenJournal("purchases.journal")
	if err != nil {
		log.Fatal(err)
	}
	wall, err := paywall.New(client, paywall.Options{Journal: journal})
	if err != nil {
		log.Fatal(err)
	}
	object, err := wall.EnsureObject(context.Background(),
		vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/article"})
	if err != nil {
		log.Fatal(err)
	}

	http.Handle("/article", wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "article.html") }),
	))
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 10 * time.Second}
	err = server.ListenAndServe() // until something calls its Shutdown

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(err, wall.Close(ctx), journal.Close()); err != nil {
		log.Print(err)
	}
}

// Some pages are free, and each of the others is an object of its own.
func ExamplePaywall_Sell() {
	var wall *paywall.Paywall
	prices := map[string]vingd.Cents{"/article/1": 2_00, "/article/2": 50}

	offer := func(r *http.Request) (paywall.Offer, error) {
		price, sold := prices[r.URL.Path]
		if !sold {
			return paywall.Offer{}, nil // free
		}
		object, err := wall.EnsureObject(r.Context(), // remembered after the first time
			vingd.ObjectParams{Name: "Article " + r.URL.Path, URL: "https://news.example.com" + r.URL.Path})
		return paywall.Offer{Object: object, Price: price, Context: r.URL.Path}, err
	}
	http.Handle("/article/", wall.Sell(offer, http.FileServer(http.Dir("articles"))))
}

// Failure pages in the shop's own style.
func ExampleFailure() {
	page := template.Must(template.New("").Parse(`<!doctype html><title>{{.Title}}</title>
<link rel="stylesheet" href="/style.css">
<h1>{{.Title}}</h1> <p>{{.Text}}</p> <a href="{{.Back}}">{{.BackText}}</a>`))

	_ = paywall.Options{Pages: page}
}
