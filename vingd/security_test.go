package vingd_test

import (
	"crypto/tls"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// TestSecurity_PromisesHaveTests holds each promise of SECURITY.md to tests that there are.
func TestSecurity_PromisesHaveTests(t *testing.T) {
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Promises\n")
	section, _, _ = strings.Cut(section, "\n## ")
	promises := strings.Split(section, "\n- ")[1:]
	if len(promises) < 5 {
		t.Fatalf("SECURITY.md promises %d things", len(promises))
	}
	var source strings.Builder
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := os.ReadFile(path)
		source.Write(file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, promise := range promises {
		tests := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(promise, -1)
		if len(tests) == 0 {
			t.Errorf("no test holds the promise: %s", promise)
		}
		for _, test := range tests {
			if !strings.Contains(source.String(), "\nfunc "+test[1]+"(") {
				t.Errorf("there is no %s, which holds the promise: %s", test[1], promise)
			}
		}
	}
}

// The client's own transport refuses TLS before 1.2, and servers that it cannot verify.
func TestTransport_Settings(t *testing.T) {
	for _, test := range []struct {
		name    string
		newest  uint16
		trusted bool
		ok      bool
	}{
		{"TLS 1.3", tls.VersionTLS13, true, true},
		{"TLS 1.2", tls.VersionTLS12, true, true},
		{"TLS 1.1", tls.VersionTLS11, true, false},
		{"a stranger", tls.VersionTLS13, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				_, _ = io.WriteString(w, `{"data": {"transfer_id": 14}}`)
			}))
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: test.newest}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			transport := vingd.NewTransport()
			if test.trusted {
				transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			}
			err := reward(t, newBareClient(t, server.URL, transport))
			if (err == nil) != test.ok || (asked > 0) != test.ok {
				t.Errorf("asked %d times, %v", asked, err)
			}
			if err != nil && vingd.OutcomeOf(err) != vingd.OutcomeNotDone {
				t.Errorf("%v is %v, want not done", err, vingd.OutcomeOf(err))
			}
		})
	}
}
