package command

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// patience is how long calls in flight may take to end when the sandbox is stopped.
const patience = 3 * time.Second

// serve runs a sandbox until ctx is done, and says so when everything is on the disk. A reader that is slow or gone neither holds up
// calls nor ends the sandbox.
func serve(ctx context.Context, s *settings, stdout, stderr io.Writer) error {
	cli.SurvivePipes()
	var out slog.Handler = &lines{stdout}
	if s.json {
		out = slog.NewJSONHandler(stdout, nil)
	}
	log, complaints := newQueue(out), newQueue(&lines{stderr})
	defer complaints.end()
	defer log.end()
	if err := run(ctx, s, stdout, log, complaints); err != nil {
		if ctx.Err() != nil { // an interrupt is how a sandbox ends, and this is why it ended badly
			err = cli.WithCode(cli.Failed, err)
		}
		return err
	}
	if !s.json {
		slog.New(log).InfoContext(ctx, "Stopped.")
	}
	return nil
}

// run prints the screen on stdout, and then logs calls, and errors of connections.
func run(ctx context.Context, s *settings, stdout io.Writer, log, complaints slog.Handler) (failed error) {
	config, signer, err := s.tls()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	options := s.options(config)
	options.Logger = slog.New(log)
	broker, err := s.open(options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { failed = errors.Join(failed, broker.Close()) }()
	if err := s.removeStaleReadyFile(); err != nil {
		return errors.Join(err, listener.Close())
	}
	errorLog := slog.NewLogLogger(complaints, slog.LevelError) // a client that does not trust the certificate, above all
	errorLog.SetPrefix("vingd: ")
	server := &http.Server{
		Handler:           withAuthority(broker.Handler(), signer),
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          errorLog,
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
		written, err := writeReadyFile(s.readyFile, ready)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer func() { failed = errors.Join(failed, removeReadyFile(s.readyFile, written)) }()
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
