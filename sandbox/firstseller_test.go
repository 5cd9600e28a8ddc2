package sandbox_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// A data file opens again if its fixtures gave the first seller another password: with the same options, without the
// fixtures, and after a reset.
func TestData_FixturesWithPassword(t *testing.T) {
	fixtures := []byte(`{"sellers": [{"username": "test@vingd.com", "password": "a", "balance": 5}]}`)
	named := sandbox.Seller{Username: username, Password: "123"}
	for name, test := range map[string]struct{ first, with, without sandbox.Options }{
		"documented login": {sandbox.Options{Fixtures: fixtures}, sandbox.Options{Fixtures: fixtures}, sandbox.Options{}},
		"reset":            {sandbox.Options{}, sandbox.Options{Fixtures: fixtures}, sandbox.Options{}},
		"given login":      {sandbox.Options{Seller: named, Fixtures: fixtures}, sandbox.Options{Seller: named, Fixtures: fixtures}, sandbox.Options{}},
		"given password":   {sandbox.Options{Fixtures: fixtures}, sandbox.Options{Fixtures: fixtures}, sandbox.Options{Seller: sandbox.Seller{Username: username, Password: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			open := func(o sandbox.Options) *sandbox.Sandbox {
				t.Helper()
				o.Data = data
				s, err := sandbox.New(o)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			closeSandbox(t, open(test.first))
			s := open(test.with)
			uid := s.Seller()
			closeSandbox(t, s)
			s = open(test.with)
			if s.Seller() != uid {
				t.Errorf("the first seller is %d, want %d", s.Seller(), uid)
			}
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
			closeSandbox(t, s)
			s = open(test.without)
			if got, err := s.Balance(s.Seller()); err != nil || got != 5 || s.Seller() != uid {
				t.Errorf("account %d holds %v, %v; want %d and 0.05", s.Seller(), got, err, uid)
			}
			closeSandbox(t, s)
			if _, err := sandbox.New(sandbox.Options{Data: data, Seller: sandbox.Seller{Username: username, Password: "b"}}); !errors.Is(err, sandbox.ErrConflict) {
				t.Errorf("with another password: got %v, want ErrConflict", err)
			}
		})
	}
}
