package fire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"
)

// certificates are those of a proxy: one that clients trust, and one that they do not.
type certificates struct {
	known, foreign tls.Certificate
	roots          *x509.CertPool
}

func newCertificates(t testing.TB) *certificates {
	t.Helper()
	c := &certificates{known: newCertificate(t), foreign: newCertificate(t), roots: x509.NewCertPool()}
	c.roots.AddCert(c.known.Leaf)
	return c
}

func newCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: must(x509.ParseCertificate(der))(t)}
}
