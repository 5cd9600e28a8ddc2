package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// patience is how long requests and commits in flight may take to end.
const patience = 5 * time.Second

// A site listens on a port of this machine.
type site struct{ net.Listener }

// listen listens on an address. Port 0 is any that is free.
func listen(ctx context.Context, address string) (site, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	return site{listener}, err
}

// serve serves a website until stop is called, which lets requests in flight end.
func (s site) serve(website http.Handler) (stop func() error) {
	server := &http.Server{Handler: website, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s) }()
	return func() error {
		ending, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err := server.Shutdown(ending)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}
}
