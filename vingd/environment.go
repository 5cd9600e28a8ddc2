package vingd

import (
	"crypto/x509"
	"os"
	"strings"
)

// NewFromEnvironment returns a client for the login and the broker that these environment variables name:
//
//	VINGD_USERNAME, VINGD_PASSWORD  a login at Vingd, or
//	VINGD_KEY, VINGD_SECRET         an API key and its secret, which win if both are given
//	VINGD_ENDPOINT, VINGD_FRONTEND  the broker's endpoint and frontend; production if they are not set
//	VINGD_CA                        a file of PEM certificates that the client trusts besides those of the system
//
// The endpoint may be plain HTTP if it is on this machine. The variables are those that "vingd sandbox env" prints.
//
// Options come after the environment, and win. VINGD_CA has no effect on the transport of [WithHTTPClient].
// NewFromEnvironment returns [ErrInvalidArgument] if there is no login, if a key has no secret or a user no password, or if
// VINGD_CA names no file of certificates.
func NewFromEnvironment(options ...Option) (*Client, error) {
	var credentials Credentials
	if key := os.Getenv("VINGD_KEY"); key != "" {
		credentials = Key(key, os.Getenv("VINGD_SECRET"))
	} else if username := os.Getenv("VINGD_USERNAME"); username != "" {
		credentials = Password(username, os.Getenv("VINGD_PASSWORD"))
	} else {
		return nil, &ArgumentError{"new", "environment", "names no login, must give VINGD_USERNAME and VINGD_PASSWORD, or VINGD_KEY and VINGD_SECRET"}
	}
	var environment []Option
	if endpoint := os.Getenv("VINGD_ENDPOINT"); endpoint != "" {
		environment = append(environment, WithEndpoint(endpoint))
		if strings.HasPrefix(endpoint, "http://") {
			environment = append(environment, WithLoopbackHTTP())
		}
	}
	if frontend := os.Getenv("VINGD_FRONTEND"); frontend != "" {
		environment = append(environment, WithFrontend(frontend))
	}
	if file := os.Getenv("VINGD_CA"); file != "" {
		roots, problem := readRoots(file)
		if problem != "" {
			return nil, &ArgumentError{"new", "VINGD_CA", problem}
		}
		environment = append(environment, func(s *settings) { s.roots = roots })
	}
	return New(credentials, append(environment, options...)...)
}

// readRoots returns the certificates of the system and of a file, or says what is wrong with the file.
func readRoots(file string) (roots *x509.CertPool, problem string) {
	text, err := os.ReadFile(file) //nolint:gosec // the environment names it
	if err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	roots, err = x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, "is " + quote(file) + ", must be a file of certificates in PEM"
	}
	return roots, ""
}
