package authority_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *authority.Authority {
	t.Helper()
	a, err := authority.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func roots(t *testing.T, a *authority.Authority) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(read(t, a.Path()))) {
		t.Fatal("the authority's file holds no certificate")
	}
	return pool
}

func certificate(t *testing.T, a *authority.Authority) *x509.Certificate {
	t.Helper()
	config, err := a.Config(net.IPv4(127, 0, 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// Clients that trust the authority's file trust each certificate that it signs, on the loopback interface.
func TestCertificate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on the way")
	trusted := roots(t, open(t, dir))
	for range 2 {
		leaf := certificate(t, open(t, dir))
		for _, host := range []string{"localhost", "127.0.0.1", "127.0.0.2", "::1"} {
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: host}); err != nil {
				t.Errorf("%s: %v", host, err)
			}
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "www.vingd.com"}); err == nil {
			t.Error("it is good for another host")
		}
		if !strings.Contains(leaf.Subject.CommonName, "sandbox") || leaf.IsCA {
			t.Errorf("got %v", leaf.Subject)
		}
	}
	if _, err := certificate(t, open(t, dir)).Verify(x509.VerifyOptions{Roots: roots(t, open(t, t.TempDir())), DNSName: "localhost"}); err == nil {
		t.Error("another authority vouches for it")
	}
}

// A thief of the key can pose as this host only.
func TestConstraints(t *testing.T) {
	dir := t.TempDir()
	trusted := roots(t, open(t, dir))
	stolen, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca-key.pem"), filepath.Join(dir, "ca-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for host, template := range map[string]*x509.Certificate{
		"www.vingd.com": {DNSNames: []string{"www.vingd.com"}},
		"192.0.2.1":     {IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}},
	} {
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, stolen.Leaf, key.Public(), stolen.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		forged, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := forged.Verify(x509.VerifyOptions{Roots: trusted, DNSName: host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil ||
			!strings.Contains(err.Error(), "not permitted") {
			t.Errorf("%s: got %v, want that it is not permitted", host, err)
		}
	}
}

func TestFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes here")
	}
	dir := t.TempDir()
	a := open(t, dir)
	key := filepath.Join(dir, "ca-key.pem")
	if strings.Contains(read(t, a.Path()), "PRIVATE") || !strings.Contains(read(t, key), "PRIVATE") {
		t.Error("the key is in the wrong file")
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v, want 0600", info.Mode(), err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 2 {
		t.Errorf("left behind: %q, %v", names, err)
	}

	before := read(t, a.Path())
	if err := os.WriteFile(a.Path(), []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := read(t, open(t, dir).Path()); after != before {
		t.Error("the certificate is not put right from the key's file")
	}

	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, "others may read the key, its mode is 0640 and must be 0600")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, "failed to find any PEM data")
}

func refuses(t *testing.T, dir, want string) {
	t.Helper()
	if _, err := authority.Open(dir); err == nil || !strings.Contains(err.Error(), "ca-key.pem: ") || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Of several that are started for the first time at once, all use the authority of one.
func TestRace(t *testing.T) {
	dir := t.TempDir()
	opened := make([]*authority.Authority, 8)
	var all sync.WaitGroup
	for i := range opened {
		all.Go(func() {
			a, err := authority.Open(dir)
			if err != nil {
				t.Error(err)
			}
			opened[i] = a
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	trusted := roots(t, opened[0])
	for _, a := range opened {
		if _, err := certificate(t, a).Verify(x509.VerifyOptions{Roots: trusted, DNSName: "localhost"}); err != nil {
			t.Error(err)
		}
	}
}
