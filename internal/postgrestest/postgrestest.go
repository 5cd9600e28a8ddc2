// Package postgrestest starts PostgreSQL servers for tests, each with data of its own.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Server is a PostgreSQL server in a temporary folder. Everybody on this machine may use it.
type Server struct {
	t    testing.TB
	bin  string
	dir  string
	port int
}

// Start starts a server, and stops it when the test ends. If PostgreSQL is not installed, it skips the test, or fails it
// where the environment variable CI is set. It skips short tests.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("left to make postgres")
	}
	bin := binaries()
	if bin == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no PostgreSQL server: run make postgres, which installs one")
		}
		t.Skip("there is no PostgreSQL server: run make postgres, which installs one")
	}
	dir, err := os.MkdirTemp("", "postgres") //nolint:usetesting // the server's user cannot enter the test's own
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, bin: bin, dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := give(dir); err != nil {
		t.Fatal(err)
	}
	s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	s.Begin()
	t.Cleanup(func() { s.Stop("immediate") })
	return s
}

// binaries returns the folder of the newest server that is installed, or nothing.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is right
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0 is older than any
	return n
}

// freePort returns a port that is free. It is below those that systems give to outgoing connections: one of these could
// have it when the server starts again.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10000 + rand.IntN(20000) //nolint:gosec // it is no secret
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Address is the host and port of the server.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL returns the address of the server's database, for drivers. Another host and port may lead there through a proxy.
func (s *Server) URL(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable"
}

// Begin starts a server that was stopped, and waits until it is ready.
func (s *Server) Begin() {
	s.t.Helper()
	// Without fsync a crash of the machine loses data. A crash of the server does not.
	s.run("pg_ctl", "start", "-w", "-t", "60", "-D", s.data(), "-l", filepath.Join(s.dir, "log"),
		"-o", fmt.Sprintf("-h 127.0.0.1 -p %d -k %s -c fsync=off -c max_connections=200", s.port, s.dir))
}

// Stop stops the server in one of the modes of pg_ctl: smart, fast, or immediate, which is a crash.
func (s *Server) Stop(mode string) {
	s.t.Helper()
	s.run("pg_ctl", "stop", "-w", "-m", mode, "-D", s.data())
}

// run runs one of the server's programs.
func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...) //nolint:gosec // the programs are those of the server
	cmd.Dir = s.dir
	cmd.WaitDelay = time.Second // the server inherits the output
	unprivileged(cmd)
	output, err := cmd.CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // it may say why
		s.t.Fatalf("%s: %v\n%s%s", program, err, output, log)
	}
}
