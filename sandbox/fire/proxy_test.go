package fire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A proxy relays bytes between clients and a broker, and makes faults strike there. It ends TLS, so it sees the bytes
// in the clear. It has a port for each wire.
type proxy struct {
	upstream  string
	listeners [wires]net.Listener
	tls       [wires]*tls.Config
	running   sync.WaitGroup

	mu        sync.Mutex
	changed   *sync.Cond
	injection *injection
	accepted  int  // connections, of the present call
	finishing bool // nothing more is taken from clients
	links     map[*link]struct{}
	open      []string // connections to the broker that it may not have ended yet
}

func newProxy(tb testing.TB, upstream string) *proxy {
	tb.Helper()
	p := &proxy{upstream: upstream, links: make(map[*link]struct{}), tls: [wires]*tls.Config{http1TLS: newServerTLS("http/1.1"), http2: newServerTLS("h2")}}
	p.changed = sync.NewCond(&p.mu)
	for w := range p.listeners {
		p.listeners[w] = must(new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0"))
		p.running.Go(func() { p.accept(wire(w)) })
	}
	return p
}

// newServerTLS returns how connections of a protocol are sealed.
func newServerTLS(protocol string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{protocol},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.Conn.(*sealedConn).link.injection.strikesAt(inHandshake) {
				return foreign(), nil
			}
			return trusted(), nil
		},
	}
}

// endpoint returns the address of the API over a wire.
func (p *proxy) endpoint(w wire) string {
	scheme := "https://"
	if w == http1 {
		scheme = "http://"
	}
	return scheme + p.listeners[w].Addr().String() + "/broker/v1"
}

func (p *proxy) accept(w wire) {
	for {
		conn, err := p.listeners[w].Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		l := &link{proxy: p, wire: w, injection: p.injection, raw: conn.(*net.TCPConn)}
		p.links[l] = struct{}{}
		p.accepted++
		if p.finishing {
			l.stop()
		}
		p.changed.Broadcast()
		p.mu.Unlock()
		p.running.Go(l.serve)
	}
}

// begin tells which injection the next connections belong to.
func (p *proxy) begin(in *injection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.injection, p.accepted, p.finishing = in, 0, false
}

// strikeIdle makes a fault strike the kept connections.
func (p *proxy) strikeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		switch {
		case !l.injection.strikesAt(onIdle):
		case l.injection.fault.how == swallow:
			l.drop()
		default:
			l.cut(l.injection.fault.how)
		}
	}
}

// finish lets held bytes go on, takes nothing more from the client, and waits until every connection has ended. It returns
// the addresses of those to the broker that it may not have ended yet.
func (p *proxy) finish() (open []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := p.injection
	if in == nil { // no call was played
		return nil
	}
	p.finishing = true
	in.release()
	for l := range p.links {
		l.stop()
	}
	p.mu.Unlock()
	connected := in.waitForDials()
	p.mu.Lock()
	for len(p.links) > 0 || p.accepted < connected {
		p.changed.Wait()
	}
	open, p.open = p.open, nil
	return open
}

// connections returns how many connections clients have.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

func (p *proxy) close() {
	for _, l := range p.listeners {
		_ = l.Close()
	}
	p.finish()
	p.running.Wait()
}

// A link is a connection from a client, with the one to the broker that goes with it.
type link struct {
	proxy     *proxy
	wire      wire
	injection *injection // of the call during which it was accepted
	raw       *net.TCPConn
	client    net.Conn // raw, or TLS over it
	up        *net.TCPConn

	mu      sync.Mutex
	dropped bool // later bytes are lost
}

// stop takes nothing more from the client.
func (l *link) stop() { _ = l.raw.SetReadDeadline(time.Unix(1, 0)) }

func (l *link) serve() {
	defer func() {
		_ = l.raw.Close()
		l.proxy.mu.Lock()
		defer l.proxy.mu.Unlock()
		delete(l.proxy.links, l)
		l.proxy.changed.Broadcast()
	}()
	if err := l.greet(); err != nil {
		return
	}
	l.up = must(new(net.Dialer).DialContext(context.Background(), "tcp", l.proxy.upstream)).(*net.TCPConn)
	defer func() { _ = l.up.Close() }()
	ended := false
	var responses sync.WaitGroup
	responses.Go(func() {
		ended = l.relay(inResponse, l.up, l.client)
		if sealed, ok := l.client.(*tls.Conn); ok {
			_ = sealed.CloseWrite()
		}
		_ = l.raw.CloseWrite()
	})
	l.relay(inRequest, l.client, l.up)
	_ = l.up.CloseWrite()
	responses.Wait()
	if ended && l.wire != http2 {
		return // the broker ends a connection of HTTP/1.1 when it has served its requests
	}
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	l.proxy.open = append(l.proxy.open, l.up.LocalAddr().String())
}

// greet makes the connection one over TLS, where that is the wire.
func (l *link) greet() error {
	l.client = l.raw
	if l.wire == http1 {
		return nil
	}
	sealed := tls.Server(&sealedConn{l.raw, l}, l.proxy.tls[l.wire])
	l.client = sealed
	return sealed.Handshake() //nolint:noctx // finish ends it
}

// relay passes on what arrives until nothing more does, and reports whether the sender ended it. It reads on after a cut,
// so that nothing holds up the sender.
func (l *link) relay(p place, from, to net.Conn) (ended bool) {
	in := l.injection
	cutter, end := newFrameCutter(in), responseEnd{frames: l.wire == http2}
	write := func(b []byte) {
		armed := in.isArmed() // the response that warms a connection up is not one of the call
		_, err := to.Write(b)
		if err != nil && p == inResponse {
			l.drop() // the client has gone
		}
		if whole := end.feed(b); err == nil && p == inResponse && armed {
			in.count(&in.record.whole, whole)
		}
	}
	buffer := make([]byte, 4<<10)
	for {
		n, err := from.Read(buffer)
		switch chunk := buffer[:n]; {
		case n == 0:
		case l.isDropped():
			if in.fault.how == swallow {
				in.giveUp()
			}
		case p == inResponse && in.fault.place == inStream:
			if out := cutter.feed(chunk); len(out) > 0 {
				write(out)
			}
			if cutter.closes {
				l.cut(closed)
			}
		default:
			l.pass(p, chunk, write)
		}
		if err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// pass writes a chunk, unless a fault strikes in it.
func (l *link) pass(p place, chunk []byte, write func([]byte)) {
	in := l.injection
	before, struck := in.admit(p, len(chunk))
	if before > 0 {
		write(chunk[:before])
	}
	if !struck {
		return
	}
	rest := chunk[before:]
	switch in.fault.how {
	case closed, reset:
		l.cut(in.fault.how)
		return
	case garbled:
		rest = bytes.Clone(rest)
		rest[0] = 0
	case paused:
		<-time.After(time.Millisecond)
	case held:
		<-in.released
		l.cut(closed)
		return
	case late:
		<-in.released
	}
	write(rest)
}

// cut ends both connections: the client's as told, and the broker's by its end.
func (l *link) cut(how how) {
	l.drop()
	if how == reset {
		for _, conn := range []*net.TCPConn{l.raw, l.up} {
			if conn != nil {
				_ = conn.SetLinger(0)
				_ = conn.Close()
			}
		}
		return
	}
	if sealed, ok := l.client.(*tls.Conn); ok {
		_ = sealed.CloseWrite()
	}
	_ = l.raw.CloseWrite()
	if l.up != nil {
		_ = l.up.CloseWrite()
	}
}

func (l *link) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped = true
}

func (l *link) isDropped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

// A sealedConn is the client's connection below TLS, where faults strike encrypted bytes.
type sealedConn struct {
	*net.TCPConn

	link *link
}

var errCut = errors.New("cut")

func (c *sealedConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	in := c.link.injection
	before, struck := in.admit(inSealedRequest, n)
	switch {
	case !struck:
	case in.fault.how == garbled:
		b[before] ^= 0x40
	default:
		c.cut(in.fault.how)
		return before, errCut
	}
	return n, err
}

func (c *sealedConn) Write(b []byte) (int, error) {
	in := c.link.injection
	before, struck := in.admit(inSealedResponse, len(b))
	switch {
	case !struck:
	case in.fault.how == garbled:
		b = bytes.Clone(b)
		b[before] ^= 0x40
	default:
		n, _ := c.TCPConn.Write(b[:before])
		c.cut(in.fault.how)
		return n, errCut
	}
	return c.TCPConn.Write(b)
}

func (c *sealedConn) cut(how how) {
	c.link.drop()
	if how == reset {
		_ = c.SetLinger(0)
		_ = c.Close()
		return
	}
	_ = c.CloseWrite()
}

// A responseEnd counts the responses that are whole in what passes on a connection.
type responseEnd struct {
	frames bool // of HTTP/2
	seen   []byte
	left   int  // bytes of a body, or of a frame, to come
	ends   bool // after them the response is whole
}

// feed takes what passes, and returns how many responses end in it.
func (e *responseEnd) feed(b []byte) (whole int) {
	e.seen = append(e.seen, b...)
	for {
		skip := min(e.left, len(e.seen))
		e.seen, e.left = e.seen[skip:], e.left-skip
		if e.left > 0 {
			return whole
		}
		whole += count(e.ends)
		e.ends = false
		if !e.next() {
			e.left, e.ends = 0, false
			return whole
		}
	}
}

// next reads the head of a response, or of a frame, if all of it is there.
func (e *responseEnd) next() bool {
	if e.frames {
		if len(e.seen) < frameHead {
			return false
		}
		e.left = frameHead + int(e.seen[0])<<16 + int(e.seen[1])<<8 + int(e.seen[2])
		kind, flags := e.seen[3], e.seen[4]
		e.ends = (kind == frameData || kind == frameHeaders) && flags&flagEndStream != 0
		return true
	}
	const blank, lastChunk = "\r\n\r\n", "\r\n0\r\n\r\n"
	head, _, ok := bytes.Cut(e.seen, []byte(blank))
	if !ok {
		return false
	}
	e.ends, e.left = true, len(head)+len(blank)
	head = bytes.ToLower(head)
	if _, length, ok := bytes.Cut(head, []byte("\r\ncontent-length: ")); ok {
		length, _, _ = bytes.Cut(length, []byte("\r\n"))
		body, err := strconv.Atoi(string(length))
		e.left += body
		return err == nil
	}
	if bytes.Contains(head, []byte("\r\ntransfer-encoding: chunked")) { // with the sandbox's JSON, which has no line breaks
		end := bytes.Index(e.seen, []byte(lastChunk))
		e.left = end + len(lastChunk)
		return end >= 0
	}
	return true
}
