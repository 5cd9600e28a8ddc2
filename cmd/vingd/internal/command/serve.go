package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
)

// patience is how long calls in flight may take to end when the sandbox is stopped.
const patience = 3 * time.Second

// serve runs a sandbox until ctx is done, and says so when everything is on the disk.
func serve(ctx context.Context, s *settings, stdout, stderr io.Writer) error {
	if err := run(ctx, s, stdout, stderr); err != nil {
		return err
	}
	if s.json {
		return nil
	}
	_, err := fmt.Fprintln(stdout, "Stopped.")
	return err
}

func run(ctx context.Context, s *settings, stdout, stderr io.Writer) (err error) {
	config, signer, err := s.tls()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	options := s.options(config)
	options.Logger = newLines(stdout)
	if s.json {
		options.Logger = slog.New(slog.NewJSONHandler(stdout, nil))
	}
	broker, err := s.open(options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	server := &http.Server{
		Handler:           withAuthority(broker.Handler(), signer),
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(stderr, "vingd: ", 0), // a client that does not trust the certificate, above all
	}
	screen := newScreen(s, listener.Addr(), signer)
	ready, err := screen.json()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	text := screen.String()
	if s.json {
		text = string(ready)
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return errors.Join(err, listener.Close())
	}
	if s.readyFile != "" {
		if err := writeWhole(s.readyFile, ready); err != nil {
			return errors.Join(err, listener.Close())
		}
		defer func() { err = errors.Join(err, s.removeReadyFile()) }()
	}
	return untilDone(ctx, server, listener)
}

// withAuthority serves the certificate of the authority, which clients must trust, besides the sandbox.
func withAuthority(next http.Handler, signer *authority.Authority) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if signer == nil || r.URL.Path != certificatePath {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		w.Write(signer.PEM()) //nolint:errcheck // the client is gone
	})
}

// certificatePath is where the certificate of the authority is.
const certificatePath = "/-/ca.pem"

// writeWhole writes a file that appears with all its content.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// removeReadyFile removes the file that says that the sandbox listens.
func (s *settings) removeReadyFile() error {
	if s.readyFile == "" {
		return nil
	}
	if err := os.Remove(s.readyFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// untilHangup returns a context that is done when ctx is, or when the terminal is closed. nohup starts a program that ignores
// hangups, and it goes on to ignore them.
func untilHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	if signal.Ignored(syscall.SIGHUP) {
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}

// untilDone serves until ctx is done, and then lets calls in flight end.
func untilDone(ctx context.Context, server *http.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() {
		if server.TLSConfig == nil {
			served <- server.Serve(listener)
			return
		}
		served <- server.ServeTLS(listener, "", "")
	}()
	select {
	case err := <-served:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // a call that hangs, or is made to
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
