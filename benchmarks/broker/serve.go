package broker

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Addresses holds the addresses of a server and its certificate.
type Addresses struct {
	HTTP        string
	HTTPS       string
	Certificate string // in PEM
}

// Serve starts a server on loopback. It serves until close is called.
func Serve() (at Addresses, close func()) {
	handler := &handler{}
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	return Addresses{plain.URL, secure.URL, string(certificate)}, func() {
		plain.Close()
		secure.Close()
	}
}

type handler struct{ responses responses }

func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	text := h.responses.to(req)
	w.Header()["Content-Type"] = []string{"application/json"}
	if text == "" {
		text = notFound
		w.WriteHeader(http.StatusNotFound)
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(text))}
	_, _ = io.WriteString(w, text) //nolint:gosec // one of its own texts, as JSON
}
