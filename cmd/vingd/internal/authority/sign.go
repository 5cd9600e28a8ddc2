package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"time"
)

// How long certificates are valid.
const (
	authorityYears = 10
	serverDays     = 90 // a sandbox that runs longer is started anew
)

// create makes an authority for the loopback interface and these names, and returns its key and its certificate in PEM.
func create(names []string) ([]byte, error) {
	hosts, addresses := split(names)
	permitted := []*net.IPNet{network("127.0.0.0/8"), network("::1/128")}
	for _, ip := range addresses {
		bits := 8 * len(ip)
		permitted = append(permitted, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Vingd sandbox authority, made " + now.UTC().Format(time.DateOnly)},
		NotBefore:             now.Add(-time.Hour), // clocks differ, in containers even on one machine
		NotAfter:              now.AddDate(authorityYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		// It speaks for this machine, and for nothing else.
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         append([]string{"localhost"}, hosts...),
		PermittedIPRanges:           permitted,
	}
	der, err := sign(template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...,
	), nil
}

// Config returns the configuration of a server on address, one of the loopback interface, or nil. The server presents
// new certificates, whose keys exist only in memory. A client that asks for localhost by name gets one for that name alone.
// Mono refuses a certificate with an IP address if its authority has name constraints.
func (a *Authority) Config(address net.IP) (*tls.Config, error) {
	hosts, addresses := split(a.names)
	if address != nil {
		addresses = append(addresses, address)
	}
	any, err := a.certify(&x509.Certificate{
		DNSNames: append([]string{"localhost"}, hosts...), IPAddresses: append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, addresses...),
	})
	if err != nil {
		return nil, err
	}
	named, err := a.certify(&x509.Certificate{DNSNames: []string{"localhost"}})
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{any},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if strings.EqualFold(hello.ServerName, "localhost") {
				return &named, nil
			}
			return nil, nil
		},
		MinVersion: tls.VersionTLS12,
	}, nil
}

// certify completes a server's certificate, which has names, and signs it.
func (a *Authority) certify(template *x509.Certificate) (tls.Certificate, error) {
	now := time.Now()
	if now.After(a.certificate.NotAfter) {
		return tls.Certificate{}, errors.New("the authority has expired: delete its files, and a new one is made")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	until := now.AddDate(0, 0, serverDays)
	if until.After(a.certificate.NotAfter) {
		until = a.certificate.NotAfter
	}
	template.Subject = pkix.Name{CommonName: "Vingd sandbox"}
	template.NotBefore, template.NotAfter = now.Add(-time.Hour), until
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.BasicConstraintsValid = true
	der, err := sign(template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// sign makes a certificate with a random serial number.
func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, signer *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, public, signer)
}

// split tells addresses from the names of hosts.
func split(names []string) (hosts []string, addresses []net.IP) {
	for _, name := range names {
		ip := net.ParseIP(name)
		switch {
		case ip.To4() != nil:
			addresses = append(addresses, ip.To4())
		case ip != nil:
			addresses = append(addresses, ip)
		default:
			hosts = append(hosts, name)
		}
	}
	return hosts, addresses
}

func network(cidr string) *net.IPNet {
	_, n, err := net.ParseCIDR(cidr)
	if err != nil {
		panic(err) // it is written right here
	}
	return n
}
