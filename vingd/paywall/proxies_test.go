//go:build unix

package paywall_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A proxyProgram is a reverse proxy that shops use, with the options by which it retries, caches and compresses most.
type proxyProgram struct {
	name   string
	args   []string // {{.Dir}} is replaced
	config string
}

var proxyPrograms = []proxyProgram{
	{"haproxy", []string{"-db", "-f", "{{.Dir}}/config"}, `
defaults
  mode http
  timeout connect 1s
  timeout client 20s
  timeout server 20s
  retries 3
  option redispatch 1
  retry-on all-retryable-errors
  compression algo gzip
  compression type text/plain text/html
cache shop
  total-max-size 4
  max-age 600
frontend door
  bind {{.Address}} ssl crt {{.Dir}}/both.pem alpn h2,http/1.1
  default_backend shops
backend shops
  balance roundrobin
  http-request cache-use shop
  http-response cache-store shop
{{range .Shops}}  server s{{.}} {{.}}
{{end}}`},
	{"nginx", []string{"-p", "{{.Dir}}", "-c", "{{.Dir}}/config", "-e", "{{.Dir}}/error.log"}, `
daemon off;
worker_processes 1;
pid {{.Dir}}/pid;
events {}
http {
  access_log off;
  client_body_temp_path {{.Dir}}/body;
  proxy_temp_path {{.Dir}}/proxy;
  fastcgi_temp_path {{.Dir}}/fastcgi;
  uwsgi_temp_path {{.Dir}}/uwsgi;
  scgi_temp_path {{.Dir}}/scgi;
  proxy_cache_path {{.Dir}}/cache keys_zone=shop:1m;
  upstream shops {
{{range .Shops}}    server {{.}} max_fails=0;
{{end}}  }
  server {
    listen {{.Address}} ssl http2;
    ssl_certificate {{.Dir}}/cert.pem;
    ssl_certificate_key {{.Dir}}/key.pem;
    gzip on;
    gzip_proxied any;
    gzip_min_length 1;
    gzip_types text/plain;
    location / {
      proxy_pass http://shops;
      proxy_set_header Host $http_host;
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 non_idempotent;
      proxy_cache shop;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 206 303 402 403 410 10m;
      proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;
    }
  }
}`},
	{"apache2", []string{"-DFOREGROUND", "-f", "{{.Dir}}/config"}, `
ServerRoot {{.Dir}}
ServerName 127.0.0.1
PidFile {{.Dir}}/pid
ErrorLog {{.Dir}}/error.log
Listen {{.Address}}
{{range .Modules}}LoadModule {{.}}_module /usr/lib/apache2/modules/mod_{{.}}.so
{{end}}{{if .Root}}User nobody
Group nogroup
{{end}}SSLEngine on
SSLCertificateFile {{.Dir}}/cert.pem
SSLCertificateKeyFile {{.Dir}}/key.pem
Protocols h2 http/1.1
ProxyPreserveHost On
ProxyTimeout 20
<Proxy balancer://shops>
{{range .Shops}}  BalancerMember http://{{.}} retry=0
{{end}}  ProxySet lbmethod=byrequests maxattempts=3
</Proxy>
ProxyPass / balancer://shops/ nocanon
CacheQuickHandler off
CacheEnable disk /
CacheRoot {{.Dir}}/cache
CacheDefaultExpire 600
CacheIgnoreNoLastMod On
CacheIgnoreQueryString Off
CacheStoreExpired On
SetOutputFilter CACHE;DEFLATE
`},
}

var apacheModules = []string{
	"mpm_event", "authz_core", "ssl", "http2", "proxy", "proxy_http", "proxy_balancer", "lbmethod_byrequests",
	"slotmem_shm", "cache", "cache_disk", "filter", "deflate",
}

// start starts a proxy before shops, and returns its address. It skips the test if the program is not installed.
func (p proxyProgram) start(t *testing.T, certificate tls.Certificate, shops []string) string {
	t.Helper()
	program, err := exec.LookPath(p.name)
	if err != nil {
		if program = "/usr/sbin/" + p.name; !isFile(program) {
			if os.Getenv("VINGD_PROXIES") == "required" {
				t.Fatalf("there is no %s: run make proxies, which installs it", p.name)
			}
			t.Skipf("there is no %s: run make proxies, which installs it", p.name)
		}
	}
	dir, err := os.MkdirTemp("", p.name) //nolint:usetesting // the proxy's user cannot enter the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	door := newRelay(t, nil) // for a port that is free
	address := door.Addr().String()
	door.close()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	facts := map[string]any{"Dir": dir, "Address": address, "Shops": shops, "Root": os.Getuid() == 0, "Modules": apacheModules}
	fill := func(text string) []byte {
		var b bytes.Buffer
		if err := template.Must(template.New("").Parse(text)).Execute(&b, facts); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, data := range map[string][]byte{"cert.pem": cert, "key.pem": keyPEM, "both.pem": append(cert, keyPEM...), "config": fill(p.config)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cache", "proxy"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	var args []string
	for _, arg := range p.args {
		args = append(args, string(fill(arg)))
	}
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was interrupted
		if t.Failed() {
			errors, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("%s says:\n%s%s", p.name, &output, errors)
		}
	})
	until(t, p.name, func() bool {
		conn, err := dialer.DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return address
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// newBreaker returns a relay that breaks most of its connections: before the request, before the response, after its first
// bytes, or at its end.
func newBreaker(t *testing.T, target string, breaks *atomic.Bool) *relay {
	t.Helper()
	var n atomic.Int64
	return newRelay(t, func(client net.Conn) {
		defer client.Close() //nolint:errcheck // it may be closed
		turn := n.Add(1) % 7
		if !breaks.Load() {
			turn = 0
		}
		if turn == 1 {
			return
		}
		server, err := dialer.DialContext(t.Context(), "tcp", target)
		if err != nil {
			return
		}
		defer server.Close() //nolint:errcheck // as above
		forward := func() {  // to the shop, until the proxy ends the connection
			_, _ = io.Copy(server, client)
			_ = server.(*net.TCPConn).CloseWrite()
		}
		switch turn {
		case 2: // the request arrives, and the response does not
			go forward()
			_, _ = server.Read(make([]byte, 1))
			_ = client.(*net.TCPConn).SetLinger(0)
		case 3: // a part of the response arrives
			go forward()
			_, _ = io.CopyN(client, server, 40)
			_ = client.(*net.TCPConn).SetLinger(0)
		case 4: // one response arrives
			go forward()
			response := make([]byte, 32<<10)
			size, _ := server.Read(response)
			_, _ = client.Write(response[:size])
		default:
			join(client, server, func() {})
		}
	})
}

// through has a browser reach the shop by another address.
func (b *browser) through(t *testing.T, address string, h2 bool) {
	t.Helper()
	transport := b.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	}
	transport.ForceAttemptHTTP2 = h2
	if !h2 {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(true)
	}
	b.Transport = transport
	b.Timeout = 20 * time.Second
	t.Cleanup(transport.CloseIdleConnections)
}

// reload opens a page until what it shows is the last view.
func (b *browser) reload(address string, last func(view) bool) (v view) {
	for range 200 {
		if v = b.open(address); v.broken == nil && last(v) {
			return v
		}
		<-time.After(5 * time.Millisecond)
	}
	b.s.t.Errorf("%s: a buyer gives up with %d %q %v", address, v.status, v.body, v.broken)
	return v
}

// Two processes are behind a proxy that retries, caches and compresses, and most of its connections to them break. Each
// buyer is served and charged once. The proxy shows the article to no other browser.
func TestProxy_BrokenConnections(t *testing.T) {
	t.Parallel()
	for _, program := range proxyPrograms {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, func(o *paywall.Options) { o.Quick(2 * time.Second) })
			s.serves(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Cache-Control", "public, max-age=600")
				http.ServeContent(w, r, "article.txt", time.Unix(1, 0), strings.NewReader(wholeArticle))
			})
			other, err := paywall.New(s.Client, s.options)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := other.Close(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			}()
			second := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.mu.Lock()
				content := s.content
				s.mu.Unlock()
				other.Sell(s.offer, content).ServeHTTP(w, r)
			}))
			t.Cleanup(second.Close)
			var breaks atomic.Bool
			breaks.Store(true)
			var shops []string
			for _, target := range []string{s.plain(), second.Listener.Addr().String()} {
				breaker := newBreaker(t, target, &breaks)
				t.Cleanup(breaker.close) // after the proxy, which keeps connections
				shops = append(shops, breaker.Addr().String())
			}
			address := program.start(t, s.server.TLS.Certificates[0], shops)
			buyers := s.crowdOf(endure.Rounds(40, 16))
			read := make([]bool, len(buyers))
			browsers := make([]*browser, len(buyers))
			var backs sync.Map
			var buying sync.WaitGroup
			for i, buyer := range buyers {
				b := s.browser(buyer, i%4 != 0)
				b.through(t, address, i%2 == 0)
				browsers[i] = b
				buying.Go(func() {
					first := b.reload("/article?page=1&vingd=buy", func(v view) bool { return v.status == http.StatusSeeOther })
					back, err := buyer.Pay(orderOf(t, first.header.Get("Location")))
					if err != nil {
						t.Error(err)
						return
					}
					v := b.reload(back.String(), func(v view) bool {
						return v.status == http.StatusOK || v.status == http.StatusForbidden || v.status == http.StatusGone
					})
					read[i] = v.body == wholeArticle
					if !read[i] {
						t.Errorf("buyer %d gets %d %q", i, v.status, v.body)
					}
					backs.Store(i, back.String())
				})
			}
			buying.Wait()
			breaks.Store(false)
			stranger := s.browser(nil, false)
			stranger.through(t, address, true)
			for i, b := range browsers {
				stranger.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for")
				if b.Jar == nil {
					continue
				}
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
				if v := b.open("/article?page=1", "Range", "bytes=0-3", "Accept-Encoding", "identity"); v.broken != nil ||
					!(v.status == http.StatusPartialContent && v.body == "Here" || v.status == http.StatusOK && v.body == wholeArticle) {
					t.Errorf("buyer %d gets %d %q for a range", i, v.status, v.body)
				}
				if v := b.open("/article?page=1", "If-None-Match", `"1"`, "Accept-Encoding", "identity"); v.broken != nil || v.status != http.StatusNotModified && v.body != wholeArticle {
					t.Errorf("buyer %d gets %d %q for an ETag", i, v.status, v.body)
				}
			}
			s.paidFor(buyers, read)
			for i, buyer := range buyers {
				if read[i] && buyer.Balance() != 5_00-price {
					t.Errorf("buyer %d holds %v", i, buyer.Balance())
				}
			}
			s.Advance(5 * time.Minute)
			backs.Range(func(_, back any) bool {
				if v := stranger.open(fmt.Sprint(back)); v.status == http.StatusOK {
					t.Errorf("a stranger gets %d %q by a token", v.status, v.body)
				}
				return true
			})
		})
	}
}
