// Package authority is a certificate authority for the loopback interface. Clients that are pointed at its certificate
// trust the sandboxes of this user, today's and tomorrow's.
package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// The files of an authority.
const (
	certificateFile = "ca.pem"
	keyFile         = "ca-key.pem" // the key and the certificate, so that they always match
)

// An Authority signs certificates for the loopback interface and for its names, and for nothing else. A thief of its key
// cannot pose as another host to clients that trust it.
type Authority struct {
	path        string
	names       []string // besides localhost
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Open returns the authority in a directory, which it makes when there is none. Only the user may read its key.
func Open(dir string) (*Authority, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	keyPath := filepath.Join(dir, keyFile)
	if err := createOnce(keyPath); err != nil {
		return nil, err
	}
	a, err := read(keyPath)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyPath, err)
	}
	a.path = filepath.Join(dir, certificateFile)
	return a, publish(a.path, certificatePEM(a.certificate))
}

// New returns an authority that is kept in memory only. It signs certificates for these names and addresses, too.
func New(names []string) (*Authority, error) {
	content, err := create(names)
	if err != nil {
		return nil, err
	}
	a, err := parse(content)
	if err != nil {
		return nil, err
	}
	a.names = names
	return a, nil
}

// Path returns the file that clients are to be pointed at: the authority's certificate, in PEM. It is empty if the authority
// is kept in memory only.
func (a *Authority) Path() string { return a.path }

// PEM returns the authority's certificate.
func (a *Authority) PEM() []byte { return certificatePEM(a.certificate) }

// createOnce creates a new authority in a file, unless it is there. Of several that try at once one succeeds.
func createOnce(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	content, err := create(nil)
	if err != nil {
		return err
	}
	temporary, err := writeTemporary(path, content, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) //nolint:errcheck // it is in nobody's way
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// publish writes what is for everybody, unless it is there already.
func publish(path string, content []byte) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) { //nolint:gosec // a file of our own
		return nil
	}
	temporary, err := writeTemporary(path, content, 0o644)
	if err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// writeTemporary writes a file beside path, and returns its name.
func writeTemporary(path string, content []byte, mode os.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// read reads the file of the key.
func read(path string) (*Authority, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read the key, its mode is %04o and must be 0600", info.Mode().Perm())
	}
	content, err := os.ReadFile(path) //nolint:gosec // the user's own choice of a directory
	if err != nil {
		return nil, err
	}
	return parse(content)
}

// parse reads the key and the certificate of an authority.
func parse(content []byte) (*Authority, error) {
	pair, err := tls.X509KeyPair(content, content)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, errors.New("is not an authority's key: delete it, and a new one is made")
	}
	return &Authority{certificate: pair.Leaf, key: key}, nil
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
