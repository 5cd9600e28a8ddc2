package frameworks

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// WithChi returns a website that sells its articles.
func WithChi(sold Middleware, article http.HandlerFunc) http.Handler {
	site := chi.NewRouter()
	site.With(sold).Get("/articles/{name}", article)
	site.With(sold).Head("/articles/{name}", article)
	site.Get("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("front page")) })
	return site
}
