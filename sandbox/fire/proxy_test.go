package fire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A proxy stands between a client and a house, and relays bytes. Towards the client it speaks TLS or not, so that it
// sees the bytes in the clear; it knows HTTP only so far that it sees where an answer ends.
type proxy struct {
	wire     wire
	upstream string
	tls      *tls.Config
	listener net.Listener
	accepted sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	strike  *strike
	pairs   map[*pair]struct{}
	open    []string // connections to the house of which it is not known that the house is done with them
}

func newProxy(t testing.TB, w wire, upstream string, certificates *certificates) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{wire: w, upstream: upstream, listener: l, strike: newStrike(fault{}), pairs: make(map[*pair]struct{})}
	p.changed = sync.NewCond(&p.mu)
	p.tls = &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if p.armed().befalls(atCertificate) {
				return &certificates.foreign, nil
			}
			return &certificates.known, nil
		},
	}
	if w == overHTTP2 {
		p.tls.NextProtos = []string{"h2"}
	}
	p.accepted.Go(p.accept)
	return p
}

func (p *proxy) accept() {
	for {
		raw, err := p.listener.Accept()
		if err != nil {
			return
		}
		c := &pair{proxy: p, raw: raw.(*net.TCPConn)}
		p.mu.Lock()
		p.pairs[c] = struct{}{}
		p.mu.Unlock()
		p.accepted.Go(c.serve)
	}
}

// arm makes a fault befall what comes next.
func (p *proxy) arm(f fault) *strike {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.strike = newStrike(f)
	return p.strike
}

func (p *proxy) armed() *strike {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strike
}

func (p *proxy) live() (pairs []*pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		pairs = append(pairs, c)
	}
	return pairs
}

// cutIdle ends the connections that are kept, and reports whether there was one.
func (p *proxy) cutIdle(how how) bool {
	kept := p.live()
	for _, c := range kept {
		c.cut(how)
	}
	return len(kept) > 0
}

// finish lets what is held go its way, takes nothing more from the client, and ends every connection when that is done.
// It returns the addresses of those to the house of which it is not known that the house is done with them.
func (p *proxy) finish(s *strike) (open []string) {
	s.release()
	for _, c := range p.live() {
		_ = c.raw.SetReadDeadline(time.Unix(1, 0))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.pairs) > 0 {
		p.changed.Wait()
	}
	open, p.open = p.open, nil
	return open
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.finish(p.armed())
	p.accepted.Wait()
}

// A pair is a connection from the client and the one to the house that goes with it.
type pair struct {
	proxy  *proxy
	raw    *net.TCPConn
	client net.Conn // raw, or TLS over it
	up     *net.TCPConn

	mu   sync.Mutex
	dead bool // it was cut: what still comes is dropped
}

func (c *pair) serve() {
	defer func() {
		_ = c.raw.Close()
		c.proxy.mu.Lock()
		delete(c.proxy.pairs, c)
		c.proxy.changed.Broadcast()
		c.proxy.mu.Unlock()
	}()
	if err := c.greet(); err != nil {
		return
	}
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", c.proxy.upstream)
	if err != nil {
		return
	}
	c.up = conn.(*net.TCPConn)
	defer func() { _ = c.up.Close() }()
	over := false
	var answers sync.WaitGroup
	answers.Go(func() {
		end := answerEnd{frames: c.proxy.wire == overHTTP2}
		over = c.relay(atAnswer, c.up, c.client, &end)
		if sealed, ok := c.client.(*tls.Conn); ok {
			_ = sealed.CloseWrite()
		}
		_ = c.raw.CloseWrite()
	})
	c.relay(atRequest, c.client, c.up, nil)
	_ = c.up.CloseWrite()
	answers.Wait()
	if over && c.proxy.wire != overHTTP2 {
		return // the house ends a connection of HTTP/1.1 when it is done with what came by it
	}
	c.proxy.mu.Lock()
	c.proxy.open = append(c.proxy.open, c.up.LocalAddr().String())
	c.proxy.mu.Unlock()
}

// greet makes the connection one over TLS, where that is what the client speaks.
func (c *pair) greet() error {
	c.client = c.raw
	if c.proxy.wire == inTheClear {
		return nil
	}
	sealed := tls.Server(&sealedWire{c.raw, c}, c.proxy.tls)
	c.client = sealed
	return sealed.Handshake() //nolint:noctx // finish ends it
}

// relay passes on what comes, until no more does, and reports whether the sender ended it. What was cut drops the rest,
// so that whoever sends is not held up.
func (c *pair) relay(at place, from, to net.Conn, end *answerEnd) (ended bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !c.isDead() {
			c.pass(at, buffer[:n], to, end)
		}
		if err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// pass writes a chunk, but for what befalls it.
func (c *pair) pass(at place, chunk []byte, to net.Conn, end *answerEnd) {
	s := c.proxy.armed()
	before, struck := s.admit(at, len(chunk))
	write := func(b []byte) {
		switch _, err := to.Write(b); {
		case err != nil && at == atAnswer:
			c.drop() // the client has gone
		case end != nil:
			s.answered(end.feed(b))
		}
	}
	write(chunk[:before])
	if !struck {
		return
	}
	rest := chunk[before:]
	switch s.fault.how {
	case closed, reset:
		c.cut(s.fault.how)
		return
	case garbled:
		if len(rest) > 0 {
			rest = bytes.Clone(rest)
			rest[0] = 0
		}
	case paused:
		<-time.After(time.Millisecond)
	case held:
		<-s.released
		c.cut(closed)
		return
	case late:
		<-s.released
	}
	write(rest)
}

// cut ends both connections: the client's as told, and the house's by its end.
func (c *pair) cut(how how) {
	c.drop()
	if how == reset {
		_ = c.raw.SetLinger(0)
		_ = c.raw.Close()
		if c.up != nil {
			_ = c.up.SetLinger(0)
			_ = c.up.Close()
		}
		return
	}
	if sealed, ok := c.client.(*tls.Conn); ok {
		_ = sealed.CloseWrite()
	}
	_ = c.raw.CloseWrite()
	if c.up != nil {
		_ = c.up.CloseWrite()
	}
}

func (c *pair) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
}

func (c *pair) isDead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// sealedWire is the client's connection below TLS, where bytes are cut and garbled that no one can read.
type sealedWire struct {
	*net.TCPConn

	pair *pair
}

var errCut = errors.New("cut")

func (w *sealedWire) Read(b []byte) (int, error) {
	n, err := w.TCPConn.Read(b)
	s := w.pair.proxy.armed()
	before, struck := s.admit(atSealedRequest, n)
	if !struck {
		return n, err
	}
	if s.fault.how == garbled {
		if before < n {
			b[before] ^= 0x40
		}
		return n, err
	}
	w.cut(s.fault.how)
	return before, errCut
}

func (w *sealedWire) Write(b []byte) (int, error) {
	s := w.pair.proxy.armed()
	before, struck := s.admit(atSealedAnswer, len(b))
	if !struck {
		return w.TCPConn.Write(b)
	}
	if s.fault.how == garbled {
		if before < len(b) {
			b = bytes.Clone(b)
			b[before] ^= 0x40
		}
		return w.TCPConn.Write(b)
	}
	n, _ := w.TCPConn.Write(b[:before])
	w.cut(s.fault.how)
	return n, errCut
}

func (w *sealedWire) cut(how how) {
	w.pair.drop()
	if how == reset {
		_ = w.SetLinger(0)
		_ = w.Close()
		return
	}
	_ = w.CloseWrite()
}

// answerEnd counts the answers that are whole in what passes on a connection.
type answerEnd struct {
	frames bool // HTTP/2
	seen   []byte
	left   int  // bytes of a body, or of a frame, that are to come
	ends   bool // with this frame the answer ends
}

// feed takes what passes, and returns how many answers end in it.
func (e *answerEnd) feed(b []byte) (whole int) {
	e.seen = append(e.seen, b...)
	for {
		if skip := min(e.left, len(e.seen)); skip > 0 {
			e.seen, e.left = e.seen[skip:], e.left-skip
		}
		if e.left > 0 {
			return whole
		}
		if e.ends {
			e.ends = false
			whole++
		}
		if !e.next() {
			return whole
		}
	}
}

// next reads the head of an answer, or of a frame, if it is all there.
func (e *answerEnd) next() bool {
	if e.frames {
		const head, data, headers, endStream = 9, 0, 1, 1
		if len(e.seen) < head {
			return false
		}
		e.left = head + int(e.seen[0])<<16 + int(e.seen[1])<<8 + int(e.seen[2])
		kind, flags := e.seen[3], e.seen[4]
		e.ends = (kind == data || kind == headers) && flags&endStream != 0
		return true
	}
	head, _, ok := bytes.Cut(e.seen, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	_, length, ok := bytes.Cut(bytes.ToLower(head), []byte("\r\ncontent-length: "))
	body := 0
	if ok {
		for _, c := range length {
			if c < '0' || c > '9' {
				break
			}
			body = 10*body + int(c-'0')
		}
	} else { // in chunks, with the sandbox's JSON in them, which holds no line
		last := bytes.Index(e.seen, []byte("\r\n0\r\n\r\n"))
		if last < 0 {
			return false
		}
		body = last + len("\r\n0\r\n\r\n") - len(head) - len("\r\n\r\n")
	}
	e.left, e.ends = len(head)+len("\r\n\r\n")+body, true
	return true
}
