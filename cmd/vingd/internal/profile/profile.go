// Package profile keeps the logins of the command in a file that its owner alone can read.
package profile

import (
	"crypto/sha1" //nolint:gosec // the API takes the SHA-1 of a password
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Login is an account, and where it is.
type Login struct {
	// Key and Secret are an API key and its secret, or a username and the SHA-1 of its password.
	Key      string `json:"key"`
	Secret   string `json:"secret"`
	Endpoint string `json:"endpoint,omitempty"` // empty is production
	Frontend string `json:"frontend,omitempty"`
	CA       string `json:"ca,omitempty"` // the file of a certificate authority to trust besides the system's
}

// HashPassword returns the secret of a login by password.
func HashPassword(password string) string {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // the API takes the SHA-1 of a password
	return hex.EncodeToString(sum[:])
}

// A Set is the profiles of a user.
type Set struct {
	Active   string           `json:"active,omitempty"`
	Profiles map[string]Login `json:"profiles"`

	path string
}

// Path returns the file of the user's profiles.
func Path() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("profiles: %w", err)
	}
	return filepath.Join(config, "vingd", "profiles.json"), nil
}

// Load reads the profiles in a file. A missing file has none.
//
// It returns an error if others can read the file.
func Load(path string) (*Set, error) {
	s := &Set{Profiles: map[string]Login{}, path: path}
	file, err := os.Open(path) //nolint:gosec // the user's own file
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("profiles %s: mode is %04o, must be 0600: others can read the logins in it", path, info.Mode().Perm())
	}
	if err := json.NewDecoder(file).Decode(s); err != nil {
		return nil, fmt.Errorf("profiles %s: %w", path, err)
	}
	if s.Profiles == nil {
		s.Profiles = map[string]Login{}
	}
	return s, nil
}

// Change changes the profiles in a file. Of several processes, one at a time changes them.
func Change(path string, change func(*Set) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// The lock is on a file of its own, because the file of the profiles is replaced.
	unlock, err := lockedfile.MutexAt(path + ".lock").Lock()
	if err != nil {
		return fmt.Errorf("profiles %s: %w", path, err)
	}
	defer unlock()
	s, err := Load(path)
	if err != nil {
		return err
	}
	if err := change(s); err != nil {
		return err
	}
	private.RemoveLeftovers(path)
	return s.save()
}

// save writes the profiles to their file, so that its owner alone can read it. A crash leaves the old file or the new.
func (s *Set) save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return private.Write(s.path, append(text, '\n'))
}

// Names returns the names of the profiles, in order.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.Profiles))
	for name := range s.Profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Get returns a profile.
func (s *Set) Get(name string) (Login, error) {
	login, ok := s.Profiles[name]
	if !ok {
		return Login{}, fmt.Errorf("profile %q: %w", name, ErrUnknown)
	}
	return login, nil
}

// ErrUnknown means that there is no profile of a name.
var ErrUnknown = errors.New("is not known; vingd profile list names all")

var validName = regexp.MustCompile(`^[-_.A-Za-z0-9]{1,64}$`)

// Add adds a profile. The first one becomes active.
func (s *Set) Add(name string, login Login) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("profile %q: must be 1 to 64 letters, digits, dots, dashes or underscores", name)
	}
	if _, ok := s.Profiles[name]; ok {
		return fmt.Errorf("profile %q: exists, remove it first", name)
	}
	s.Profiles[name] = login
	if len(s.Profiles) == 1 {
		s.Active = name
	}
	return nil
}

// Use makes a profile the active one.
func (s *Set) Use(name string) error {
	if _, err := s.Get(name); err != nil {
		return err
	}
	s.Active = name
	return nil
}

// Remove removes a profile. If it is the active one, none is active.
func (s *Set) Remove(name string) error {
	if _, err := s.Get(name); err != nil {
		return err
	}
	delete(s.Profiles, name)
	if s.Active == name {
		s.Active = ""
	}
	return nil
}

// SetFrontend sets the frontend that belongs to the endpoint, if it is not set. It returns false if it is not known: the
// frontend of production would lead buyers to a broker that does not have their order.
func (l *Login) SetFrontend() bool {
	switch endpoint := strings.TrimSuffix(l.Endpoint, "/"); {
	case l.Frontend != "", endpoint == "", endpoint == vingd.ProductionEndpoint:
	case endpoint == vingd.SandboxEndpoint:
		l.Frontend = vingd.SandboxFrontend
	default:
		return false
	}
	return true
}

// Check returns an error if a client cannot be made of the login.
func (l *Login) Check() error {
	options := []vingd.Option{vingd.WithLoopbackHTTP()}
	if l.Endpoint != "" {
		options = append(options, vingd.WithEndpoint(l.Endpoint))
	}
	if l.Frontend != "" {
		options = append(options, vingd.WithFrontend(l.Frontend))
	}
	_, err := vingd.New(vingd.Key(l.Key, l.Secret), options...)
	return err
}
