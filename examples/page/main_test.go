package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
)

// The program sells its page, and again after a restart shows it to the reader who has bought it.
func TestServe_Sells(t *testing.T) {
	sb := sandboxtest.New(t)
	site := httptest.NewUnstartedServer(nil) // for its certificate and its client
	site.StartTLS()
	defer site.Close()
	t.Chdir(t.TempDir())
	key, err := x509.MarshalPKCS8PrivateKey(site.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"article.html": []byte("<!doctype html><p>Here is article 12."),
		"cert.pem":     pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: site.Certificate().Raw}),
		"key.pem":      pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader := site.Client()
	reader.Jar, _ = cookiejar.New(nil)
	ann := sb.Buyer("Ann", 5_00)
	port := "127.0.0.1:0"
	for range 2 {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", port)
		if err != nil {
			t.Fatal(err)
		}
		port = listener.Addr().String()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, sb.Client, "https://"+port, listener) }()
		page, err := ann.Visit(t.Context(), reader, "https://"+port+"/article")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(page.Body)
		if err != nil || page.StatusCode != http.StatusOK || !strings.Contains(string(body), "Here is article 12.") {
			t.Errorf("got %s %s, %v", page.Status, body, err)
		}
		if err := page.Body.Close(); err != nil {
			t.Error(err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if balance := ann.Balance(); balance != 3_00 {
			t.Errorf("Ann holds %v", balance)
		}
	}
}
