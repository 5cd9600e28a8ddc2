package paywall_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// dialer connects to what is near.
var dialer = net.Dialer{Timeout: time.Second}

// A relay accepts connections and leads each of them to another address.
type relay struct {
	net.Listener

	lead func(client net.Conn) // owns the connection
	open sync.WaitGroup
}

func newRelay(t testing.TB, lead func(net.Conn)) *relay {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: listener, lead: lead}
	r.open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.open.Go(func() { r.lead(conn) })
		}
	})
	return r
}

// close ends the relay when its connections have ended.
func (r *relay) close() {
	_ = r.Close()
	r.open.Wait()
}

// join copies between two connections until one of them ends.
func join(client, server net.Conn, late func()) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	both.Go(func() {
		buffer := make([]byte, 32<<10)
		for {
			n, err := server.Read(buffer)
			late()
			if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
				break
			}
		}
		_ = client.Close()
	})
	both.Wait()
}

// A balancer leads each connection to the next branch that accepts it.
type balancer struct {
	*relay
	shops []string
	next  atomic.Int64
}

func newBalancer(t testing.TB, shops []string) *balancer {
	t.Helper()
	b := &balancer{shops: shops}
	b.relay = newRelay(t, func(client net.Conn) {
		for range b.shops {
			branch := b.shops[int(b.next.Add(1))%len(b.shops)]
			if conn, err := dialer.DialContext(t.Context(), "tcp", branch); err == nil {
				join(client, conn, func() {})
				return
			}
		}
		_ = client.Close()
	})
	return b
}

// A proxy stands between the shops and the database. It can reset its connections, hold them up, and pass responses late.
type proxy struct {
	*relay
	target string
	hang   chan struct{} // closed while nothing is held up; guarded by mu
	late   atomic.Int64  // nanoseconds

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	p := &proxy{target: target, hang: make(chan struct{}), conns: make(map[net.Conn]bool)}
	close(p.hang)
	p.relay = newRelay(t, p.serve)
	return p
}

func (p *proxy) serve(client net.Conn) {
	server, err := dialer.DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns[client] = true
	p.mu.Unlock()
	join(client, server, p.holdUp)
	p.mu.Lock()
	delete(p.conns, client)
	p.mu.Unlock()
}

// holdUp holds up a response that has arrived: what it says is done.
func (p *proxy) holdUp() {
	p.mu.Lock()
	hang := p.hang
	p.mu.Unlock()
	<-hang
	<-time.After(time.Duration(p.late.Load()))
}

// reset resets every connection.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// holds holds up all responses until the function that it returns is called.
func (p *proxy) holds() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hang := make(chan struct{})
	p.hang = hang
	return sync.OnceFunc(func() { close(hang) })
}
