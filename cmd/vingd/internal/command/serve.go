package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// patience is how long calls under way may take to end when the sandbox is stopped.
const patience = 3 * time.Second

// serve runs a sandbox until ctx is done, and says so when everything is on the disk.
func serve(ctx context.Context, s *settings, stdout, stderr io.Writer) error {
	if err := run(ctx, s, stdout, stderr); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, "Stopped.")
	return err
}

func run(ctx context.Context, s *settings, stdout, stderr io.Writer) (err error) {
	config, trust, err := s.tls()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	options := s.options(config)
	options.Logger = newLines(stdout)
	broker, err := sandbox.New(options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	server := &http.Server{
		Handler:           broker.Handler(),
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(stderr, "vingd: ", 0), // a client that does not trust the certificate, above all
	}
	screen := newScreen(s, listener.Addr(), trust)
	if _, err := io.WriteString(stdout, screen.String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return untilDone(ctx, server, listener)
}

// untilDone serves until ctx is done, and then lets calls that are under way end.
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
