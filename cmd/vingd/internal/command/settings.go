package command

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/sandbox"
)

// settings are the flags of vingd sandbox.
type settings struct {
	listen, data, fixtures, cert, key, authority, clock string
	http, public, json                                  bool
	names                                               []string
	token, readyFile                                    string

	stand    time.Time // the time of clock
	password *string   // of the first seller, or nil if only the data file has it
	begun    []byte    // the content of fixtures
}

// check refuses flags that cannot be, or not together.
func (s *settings) check() (err error) {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return cli.Misuse("--listen %q: must be a host and a port, like 127.0.0.1:8443", s.listen)
	}
	switch {
	case (s.cert == "") != (s.key == ""):
		return cli.Misuse("--cert and --key: must be given together")
	case s.http && (s.cert != "" || s.authority != ""):
		return cli.Misuse("--http: must be given without --cert, --key and --ca")
	case s.cert != "" && s.authority != "":
		return cli.Misuse("--ca: must be given without --cert and --key")
	case len(s.names) > 0 && (!s.public || s.cert != ""):
		return cli.Misuse("--name: must be given with --public, and without --cert and --key")
	case s.public && s.authority != "":
		return cli.Misuse("--ca: must be given without --public, whose authority is kept in memory")
	case s.public:
	case s.http && loopback(host) == nil:
		return cli.Misuse("--listen %q: must be a loopback address with --http, like 127.0.0.1:8443, or be given with --public", s.listen)
	case s.cert == "" && loopback(host) == nil:
		return cli.Misuse("--listen %q: must be a loopback address, or be given with --public or with --cert and --key", s.listen)
	}
	if strings.ContainsFunc(s.token, func(r rune) bool { return r <= ' ' || r > '~' }) { // a header would not carry it as it is
		return cli.Misuse("--control-token or $%s: must be printable characters of ASCII, without spaces", cli.ControlTokenVariable)
	}
	for _, name := range s.names {
		if net.ParseIP(name) == nil && !hostName.MatchString(name) {
			return cli.Misuse("--name %q: must be a host name or an IP address, like sandbox or 192.0.2.7", name)
		}
	}
	if err := s.checkReadyFile(); err != nil {
		return err
	}
	if s.fixtures != "" {
		if s.begun, err = os.ReadFile(s.fixtures); err != nil {
			return fmt.Errorf("--fixtures: %w", err)
		}
		switch {
		case len(bytes.TrimSpace(s.begun)) == 0:
			return cli.Misuse("--fixtures %q: is empty, must be a JSON object", s.fixtures)
		case bytes.HasPrefix(s.begun, []byte("\xef\xbb\xbf")):
			return cli.Misuse("--fixtures %q: must not begin with a byte order mark", s.fixtures)
		}
	}
	if s.clock == "" {
		return nil
	}
	if s.stand, err = time.Parse(time.RFC3339, s.clock); err != nil {
		return cli.Misuse("--clock %q: must be a time like 2026-01-02T03:04:05Z", s.clock)
	}
	return nil
}

// hostName matches the name of a host: labels of at most 63 letters, digits, dashes and underscores.
var hostName = regexp.MustCompile(`^` + label + `(\.` + label + `)*$`)

const label = `[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?`

// loopback returns the address that a host has on the loopback interface, or nil.
func loopback(host string) net.IP {
	if host == "localhost" {
		return net.IPv4(127, 0, 0, 1)
	}
	if ip := net.ParseIP(host); ip.IsLoopback() {
		return ip
	}
	return nil
}

// options returns how the sandbox begins. Its names are those that it listens on, and those of a certificate of the user's own.
func (s *settings) options(config *tls.Config) sandbox.Options {
	host, _, _ := net.SplitHostPort(s.listen) // it was checked
	o := sandbox.Options{Data: s.data, Fixtures: s.begun, ControlToken: s.token, Hosts: slices.Clone(s.names)}
	if !net.ParseIP(host).IsUnspecified() {
		o.Hosts = append(o.Hosts, host)
	}
	if s.cert != "" {
		leaf := config.Certificates[0].Leaf
		o.Hosts = append(o.Hosts, leaf.DNSNames...)
		for _, ip := range leaf.IPAddresses {
			o.Hosts = append(o.Hosts, ip.String())
		}
	}
	if !s.stand.IsZero() {
		o.Clock = sandbox.FixedClock(s.stand)
	}
	return o
}

// tls returns the server's certificate, and the authority that signed it, if that is the sandbox's own. Without TLS it is nil.
func (s *settings) tls() (*tls.Config, *authority.Authority, error) {
	if s.http {
		return nil, nil, nil
	}
	if s.cert != "" {
		certificate, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, nil, err
		}
		return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil, nil
	}
	a, err := s.openAuthority()
	if err != nil {
		return nil, nil, err
	}
	host, _, _ := net.SplitHostPort(s.listen) // it was checked
	config, err := a.Config(loopback(host))
	return config, a, err
}

// openAuthority returns the authority of the user, or one in memory if the user has none and cannot have one.
func (s *settings) openAuthority() (*authority.Authority, error) {
	dir, err := s.authorityDirectory()
	if s.public || err != nil {
		return authority.New(s.names)
	}
	a, err := authority.Open(dir)
	if refused := (*fs.PathError)(nil); errors.As(err, &refused) && s.authority == "" {
		if _, err := os.Stat(filepath.Join(dir, "ca.pem")); err != nil {
			return authority.New(s.names)
		}
	}
	return a, err
}

// authorityDirectory returns the directory of the authority.
func (s *settings) authorityDirectory() (string, error) {
	if s.authority != "" {
		return s.authority, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", cli.Misuse("--ca: must be given where the user has no configuration directory")
	}
	return filepath.Join(config, "vingd"), nil
}
