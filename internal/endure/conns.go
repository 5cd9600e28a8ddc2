package endure

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/vingd/vingd-api-go/vingd"
)

// Conns has the open connections of a test server. A client of the server may be killed.
type Conns struct {
	mu   sync.Mutex
	idle sync.Cond // open is empty
	open map[net.Conn]bool
}

// NewConns returns the connections of a server that has not started. Its ConnState is [Conns.Count].
func NewConns() *Conns {
	c := &Conns{open: map[net.Conn]bool{}}
	c.idle.L = &c.mu
	return c
}

// Count adds or removes a connection. The server closes one when its last request is served.
func (c *Conns) Count(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn] = true
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
		c.idle.Broadcast()
	}
}

// Settle waits until nothing of a process that has ended is in flight. The client is the only other one of the server.
func (c *Conns) Settle(ctx context.Context, client *vingd.Client) error {
	// The server accepts connections in their order. One of the process that waited before this one is accepted, too.
	if _, err := client.Accounts.Balance(ctx); err != nil {
		return err
	}
	client.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) > 0 {
		c.idle.Wait()
	}
	return nil
}
