package command_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// trusting returns a client of one's own certificates.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		t.Fatalf("%s holds no certificate:\n%s", file, content)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func login(t *testing.T, r *running, options ...vingd.Option) *vingd.Client {
	t.Helper()
	options = append(options, vingd.WithEndpoint(r.row(t, "API")), vingd.WithFrontend(r.row(t, "frontend")))
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func holds(t *testing.T, client *vingd.Client, want vingd.Cents) {
	t.Helper()
	if balance, err := client.Accounts.Balance(t.Context()); err != nil || balance != want {
		t.Errorf("the seller holds %v, %v, want %v", balance, err, want)
	}
}

// A sandbox in a file is found as it was left, by clients that trust the authority of the first time.
func TestSandbox(t *testing.T) {
	dir := t.TempDir()
	data, ca := filepath.Join(dir, "shop.db"), filepath.Join(dir, "my ca")
	first := start(t, "--listen", "127.0.0.1:0", "--data", data, "--ca", ca)
	trust := first.row(t, "trust")
	if trust != filepath.Join(ca, "ca.pem") || first.row(t, "data") != data {
		t.Errorf("the screen says to trust %s, and data %s", trust, first.row(t, "data"))
	}
	h := trusting(t, trust)
	client := login(t, first, vingd.WithHTTPClient(h))
	if _, err := client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00}); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := run(t, "sandbox", "check", "--data", data); code != 0 || stdout != data+": the books are right\n" {
		t.Errorf("while it runs: got %d, %s%s", code, stdout, stderr)
	}
	first.end(t)
	files, err := filepath.Glob(data + "*")
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %q, %v; want the file alone, so that it can be copied", files, err)
	}

	second := start(t, "--listen", "localhost:0", "--data", data, "--ca", ca)
	holds(t, login(t, second, vingd.WithHTTPClient(h)), 999_00)
	second.end(t)
	if code, stdout, stderr := run(t, "sandbox", "check", "--data", data); code != 0 || stdout != data+": the books are right\n" {
		t.Errorf("after it has run: got %d, %s%s", code, stdout, stderr)
	}
}

func TestSandboxOverHTTP(t *testing.T) {
	r := start(t, "--http", "--listen", "127.0.0.1:0")
	if !strings.HasPrefix(r.row(t, "API"), "http://localhost:") || strings.Contains(r.stdout.String(), "trust") {
		t.Errorf("the screen is\n%s", r.stdout)
	}
	for client, want := range map[string]string{
		"Python": "speaks HTTPS only: start the sandbox with --listen 127.0.0.1:443",
		"Java":   "speaks HTTPS only: start the sandbox without --http",
	} {
		if got := r.row(t, client); got != want {
			t.Errorf("%s: got %s, want %s", client, got, want)
		}
	}
	holds(t, login(t, r, vingd.WithLoopbackHTTP()), 1000_00)
	r.end(t)
}

// A name of another site that leads here gets nothing.
func TestSandbox_OtherNames(t *testing.T) {
	r := start(t, "--http", "--listen", "localhost:0")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for host, want := range map[string]int{"localhost": 200, "127.0.0.1:80": 200, "evil.example": 403} {
		for _, path := range []string{"/", "/-/"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.row(t, "frontend")+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil || response.StatusCode != want {
				t.Errorf("%s on %s: got %d, %v, want %d", path, host, response.StatusCode, err, want)
			}
		}
	}
	r.end(t)
}

func TestSandboxClock(t *testing.T) {
	r := start(t, "--http", "--listen", "127.0.0.1:0", "--clock", "2026-01-02T03:04:05+01:00")
	profile, err := login(t, r, vingd.WithLoopbackHTTP()).Users.Profile(t.Context())
	if want := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC); err != nil || !profile.Created.Equal(want) {
		t.Errorf("the seller is from %v, %v, want %v", profile.Created, err, want)
	}
	r.end(t)
}

// A certificate of one's own. This one is of the authority, which keeps both in one file.
func TestSandboxCertificate(t *testing.T) {
	ca := t.TempDir()
	start(t, "--listen", "127.0.0.1:0", "--ca", ca).end(t)
	own := filepath.Join(ca, "ca-key.pem")
	r := start(t, "--listen", "127.0.0.1:0", "--cert", own, "--key", own)
	if strings.Contains(r.stdout.String(), "SSL_CERT_FILE") {
		t.Errorf("the screen says what to trust, and does not know:\n%s", r.stdout)
	}
	connection, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp",
		strings.TrimPrefix(r.row(t, "frontend"), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	presented := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if err := connection.Close(); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(presented.Subject.CommonName, "Vingd sandbox authority") {
		t.Errorf("it presents %s", presented.Subject)
	}
	r.end(t)
}

func TestSandboxWithoutConfiguration(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the configuration directory is found by other variables here")
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	bare := start(t, "--listen", "127.0.0.1:0")
	certificate := bare.row(t, "frontend") + "/-/ca.pem"
	if got := bare.row(t, "trust"); got != certificate {
		t.Errorf("trust is %s, want %s", got, certificate)
	}
	holds(t, login(t, bare, vingd.WithHTTPClient(trusting(t, fetched(t, certificate)))), 1000_00)
	bare.end(t)

	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	r := start(t, "--listen", "127.0.0.1:0")
	if got, want := r.row(t, "trust"), filepath.Join(config, "vingd", "ca.pem"); got != want {
		t.Errorf("trust is %s, want %s", got, want)
	}
	r.end(t)
}

// fetched returns a file with the content at an address. It trusts any server.
func fetched(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("got %s, %v", response.Status, err)
	}
	file := filepath.Join(t.TempDir(), "fetched")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// In a container other machines reach a sandbox by other names. A file says when and where it serves, the controls ask for
// their token, and a probe needs none. The certificate authority signs for the names that it was given, and no other.
func TestSandbox_Public(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("VINGD_SANDBOX_TOKEN", "s3cret")
	ready := filepath.Join(t.TempDir(), "ready.json")
	r := start(t, "--listen", ":0", "--public", "--name", "sandbox.test", "--name", "192.0.2.7", "--json", "--ready-file", ready)
	var told struct{ API, Frontend, Controls, Username, Password, Certificate string }
	readJSON := func(text []byte) {
		t.Helper()
		if err := json.Unmarshal(text, &told); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	readJSON([]byte(r.stdout.String()))
	waitFor(t, ready)
	content, err := os.ReadFile(ready)
	if err != nil {
		t.Fatal(err)
	}
	readJSON(content)
	if !strings.HasPrefix(told.API, "https://sandbox.test:") || told.Username != "test@vingd.com" {
		t.Errorf("got %+v", told)
	}
	address := strings.TrimPrefix(told.Frontend, "https://sandbox.test")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(told.Certificate))
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1"+address)
	}
	transport := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	get := func(where, path, authorization string) (status int, err error) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+where+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			request.Header.Set("Authorization", authorization)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
	for _, test := range []struct {
		where, path, authorization string
		want                       int
	}{
		{"sandbox.test", "/-/health", "", 200},
		{"192.0.2.7", "/-/health", "", 200},
		{"localhost", "/-/health", "", 200},
		{"sandbox.test", "/-/clock", "Bearer s3cret", 200},
		{"sandbox.test", "/-/clock", "Bearer s3cre", 403},
		{"localhost", "/-/clock", "", 403},
		{"sandbox.test", "/", "", 200},
	} {
		if status, err := get(test.where, test.path, test.authorization); err != nil || status != test.want {
			t.Errorf("%s%s with %q: got %d, %v, want %d", test.where, test.path, test.authorization, status, err, test.want)
		}
	}
	if _, err := get("other.test", "/-/health", ""); err == nil {
		t.Error("the certificate is good for another name")
	}
	if strings.Contains(r.stdout.String(), "s3cret") {
		t.Errorf("the token is printed:\n%s", r.stdout)
	}
	r.stop()
	if code := <-r.ended; code != 0 {
		t.Errorf("it ended with %d, %s", code, r.stderr)
	}
	if _, err := os.Stat(ready); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the ready file is left: %v", err)
	}
	for line := range strings.Lines(r.stdout.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("the line is no JSON: %s", line)
		}
	}
}

// waitFor waits until a file is there.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for t.Context().Err() == nil {
		if _, err := os.Stat(path); err == nil {
			return
		}
		runtime.Gosched()
	}
}

// Each client is told how it is pointed at the sandbox, and how it trusts it.
func TestScreen(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "it's")
	r := start(t, "--listen", "127.0.0.1:0", "--ca", ca)
	at := `"` + r.row(t, "API") + `", "` + r.row(t, "frontend") + `"`
	for client, want := range map[string]string{
		"Go":   `vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint("` + r.row(t, "API") + `"), vingd.WithFrontend("` + r.row(t, "frontend") + `"))`,
		"PHP":  `new Vingd("test@vingd.com", "123", ` + at + `)`,
		"Java": `new VingdClient("test@vingd.com", VingdClient.SHA1("123"), ` + at + `)`,
		"C#":   `new VingdClient("test@vingd.com", VingdClient.SHA1("123"), ` + at + `)`,
		// It drops the port from the endpoint.
		"Python": `speaks to port 443 only: start the sandbox with --listen 127.0.0.1:443 --ca '` + strings.ReplaceAll(ca, "'", `'\''`) + "'",
	} {
		if got := r.row(t, client); got != want {
			t.Errorf("%s: got %s, want %s", client, got, want)
		}
	}
	if want := `/it'\''s/ca.pem' go run`; !strings.Contains(r.stdout.String(), want) {
		t.Errorf("the screen is\n%s\nwant a path that a shell takes, %s", r.stdout, want)
	}
	r.end(t)
}

// A data file is saved while a sandbox has it open, and restored when none has.
func TestSandbox_SaveAndRestore(t *testing.T) {
	dir := t.TempDir()
	data, saved, fixtures := filepath.Join(dir, "shop.db"), filepath.Join(dir, "saved.db"), filepath.Join(dir, "shop.json")
	if err := os.WriteFile(fixtures, []byte(`{"vouchers": [{"amount": 100}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--http", "--listen", "127.0.0.1:0", "--data", data, "--fixtures", fixtures}
	first := start(t, flags...)
	client := login(t, first, vingd.WithLoopbackHTTP())
	holds(t, client, 999_00)
	if code, stdout, stderr := run(t, "sandbox", "save", saved, "--data", data); code != 0 || stdout != data+" is saved in "+saved+"\n" {
		t.Fatalf("got %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := run(t, "sandbox", "save", saved, "--data", data); code != 1 || !strings.Contains(stderr, "exists, must be a new file") {
		t.Errorf("a second time: got %d, %s", code, stderr)
	}
	if _, err := client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 200}); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, "sandbox", "restore", saved, "--data", data); code != 1 || !strings.Contains(stderr, "another sandbox") {
		t.Errorf("while it runs: got %d, %s", code, stderr)
	}
	first.end(t)
	if code, stdout, stderr := run(t, "sandbox", "restore", saved, "--data", data); code != 0 || stdout != data+" is restored from "+saved+"\n" {
		t.Fatalf("got %d, %s%s", code, stdout, stderr)
	}
	second := start(t, flags...)
	holds(t, login(t, second, vingd.WithLoopbackHTTP()), 999_00)
	second.end(t)
	for args, want := range map[string]string{
		"sandbox save":              "argument COPY: is required",
		"sandbox restore x":         "required flag --data not set",
		"sandbox --fixtures " + dir: "--fixtures: read " + dir,
		"sandbox --listen 127.0.0.1:0 --fixtures " + saved: "fixtures: the text must be a JSON object",
		"sandbox --http --fixtures none":                   "--fixtures: open none: ",
	} {
		if code, _, stderr := run(t, strings.Fields(args)...); code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s: got %d, %s, want %s", args, code, stderr, want)
		}
	}
}

// A sandbox prints a line for each call, which says what went wrong.
func TestSandbox_PrintsCalls(t *testing.T) {
	r := start(t, "--http", "--listen", "127.0.0.1:0")
	client := login(t, r, vingd.WithLoopbackHTTP(), vingd.WithRetries(0))
	holds(t, client, 1000_00)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.row(t, "controls")+"faults", strings.NewReader(`{"hang_up": true, "count": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1}); err == nil {
		t.Error("the fault did not happen")
	}
	r.end(t)
	want := regexp.MustCompile(`\n\d\d:\d\d:\d\d GET /sandbox/broker/v1/fort/accounts 200 \d+ ms
\d\d:\d\d:\d\d POST /-/faults 200 \d+ ms
\d\d:\d\d:\d\d POST /sandbox/broker/v1/vouchers/ no response \d+ ms, fault: hang up
Stopped.\n$`)
	if !want.MatchString(r.stdout.String()) {
		t.Errorf("got\n%s", r.stdout)
	}
}

// The lines of vingd sandbox env lead the command to the sandbox, over TLS.
func TestEnv_LeadsToSandbox(t *testing.T) {
	ca := t.TempDir()
	r := start(t, "--listen", "127.0.0.1:0", "--ca", ca)
	listen := strings.Replace(r.row(t, "frontend"), "https://localhost", "127.0.0.1", 1)
	if want := `eval "$(vingd sandbox env --listen ` + listen + ` --ca ` + ca + `)"`; r.row(t, "vingd") != want {
		t.Errorf("the screen says %s, want %s", r.row(t, "vingd"), want)
	}
	code, lines, stderr := run(t, "sandbox", "env", "--listen", listen, "--ca", ca, "--shell", "sh")
	if code != 0 {
		t.Fatalf("got %d, %s", code, stderr)
	}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		t.Setenv(name, strings.Trim(value, "'"))
	}
	if code, stdout, stderr := run(t, "balance", "--no-header"); code != 0 || stdout != "1000.00\n" {
		t.Errorf("got %d, %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := run(t, "redeem", "LXKG-TBR-HQV", "--as", "Ann"); code == 0 || !strings.Contains(stderr, "Ann is new") {
		t.Errorf("got %d, %s%s", code, stdout, stderr)
	}
	r.end(t)
}

// Mono and Python 2.7 check the certificate of a server by its name only, and Mono refuses one that has an address. So the
// screen names localhost, and a client that asks for this name gets a certificate for it alone.
func TestSandbox_Localhost(t *testing.T) {
	for listen, want := range map[string]string{"127.0.0.1:0": "localhost", "localhost:0": "localhost", "127.0.0.2:0": "127.0.0.2"} {
		ca := t.TempDir()
		r := start(t, "--listen", listen, "--ca", ca)
		frontend, err := url.Parse(r.row(t, "frontend"))
		if err != nil || frontend.Hostname() != want {
			t.Errorf("%s: the frontend is %v, %v, want %s", listen, frontend, err, want)
		}
		holds(t, login(t, r, vingd.WithHTTPClient(trusting(t, filepath.Join(ca, "ca.pem")))), 1000_00)
		for name, addresses := range map[string]int{"localhost": 0, "LOCALHOST": 0, "127.0.0.1": 3, "": 3} {
			config := &tls.Config{ServerName: name, InsecureSkipVerify: true}
			connection, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", frontend.Host)
			if err != nil {
				t.Fatal(err)
			}
			leaf := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
			if err := connection.Close(); err != nil {
				t.Error(err)
			}
			if name == "" && want == "localhost" {
				addresses = 0 // the dialer takes the name from the address
			}
			if got := len(leaf.IPAddresses); got != addresses || !slices.Contains(leaf.DNSNames, "localhost") {
				t.Errorf("%s as %q: got a certificate for %v and %v, want %d addresses", listen, name, leaf.DNSNames, leaf.IPAddresses, addresses)
			}
		}
		r.end(t)
	}
}

// With a certificate of its own, a sandbox serves other machines, by the names of the certificate.
func TestSandbox_EveryAddress(t *testing.T) {
	ca := t.TempDir()
	start(t, "--listen", "127.0.0.1:0", "--ca", ca).end(t)
	own := filepath.Join(ca, "ca-key.pem")
	r := start(t, "--listen", "0.0.0.0:0", "--cert", own, "--key", own)
	if got := r.row(t, "frontend"); !strings.HasPrefix(got, "https://localhost:") {
		t.Errorf("the frontend is %s", got)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: time.Minute}
	address := strings.Replace(r.row(t, "frontend"), "localhost", "127.0.0.1", 1) + "/"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("got %d, %v", response.StatusCode, err)
	}
	r.end(t)
}
