package paywall

import (
	"log/slog"
	"time"
)

// SamePage is what tests see of samePage.
var SamePage = samePage

// SignCookie returns a grant as a cookie holds it.
func SignCookie(key []byte, grant Grant) (string, error) {
	c, err := newCookies([][]byte{key}, time.Now, slog.Default())
	if err != nil {
		return "", err
	}
	return c.sign(grant), nil
}

// ReadCookie returns the grant that a cookie holds.
func ReadCookie(key []byte, value string) (Grant, error) {
	c, err := newCookies([][]byte{key}, time.Now, slog.Default())
	if err != nil {
		return Grant{}, err
	}
	return c.read(value)
}
