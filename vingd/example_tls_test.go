package vingd_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/vingd/vingd-api-go/vingd"
)

// The client can trust an authority that the system does not know.
func ExampleWithRootCAs() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data": {"balance": 100000, "uid": 4711}}`)
	}))
	defer server.Close()
	endpoint, credentials := server.URL+"/broker/v1", vingd.Password("test@vingd.com", "123")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority) // the certificate of the authority, from its .pem file
	client, err := vingd.New(credentials, vingd.WithEndpoint(endpoint), vingd.WithRootCAs(pool))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	fmt.Println(client.Accounts.Balance(context.Background()))
	// Output:
	// 1000.00 <nil>
}
