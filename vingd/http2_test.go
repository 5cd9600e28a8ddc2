package vingd_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
)

// The frames, flags and error codes of HTTP/2 (RFC 9113) that these tests use.
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameRSTStream = 0x3
	frameSettings  = 0x4
	framePing      = 0x6
	frameGoAway    = 0x7

	flagAck        = 0x1 // of settings and pings
	flagEndStream  = 0x1 // of headers and data
	flagEndHeaders = 0x4

	codeNone          = 0x0
	codeProtocol      = 0x1
	codeInternal      = 0x2
	codeRefusedStream = 0x7
	codeCancel        = 0x8
	codeEnhanceCalm   = 0xb
)

// http2Broker is a server of HTTP/2 made by hand, so that it can send any frame. It does not read the heads of requests.
type http2Broker struct {
	behave  func(*http2Exchange)
	greeted chan struct{} // takes one for each connection that is established

	mu       sync.Mutex
	executed int        // requests that arrived whole
	conns    []net.Conn // all that were ever open
	done     sync.WaitGroup
}

// http2Exchange is a request that an http2Broker has received whole.
type http2Exchange struct {
	conn   http2Conn
	stream uint32
	nth    int // of all requests, from 1
	onConn int // of this connection's requests, from 1
}

// http2Conn takes frames to be written in their order. It never blocks, for a pipe takes nothing while its other end writes as well.
type http2Conn chan<- []byte

// startHTTP2 serves l by TLS until the test ends. It returns the configuration of a client that trusts it.
func startHTTP2(t *testing.T, l net.Listener, behave func(*http2Exchange)) (*http2Broker, *tls.Config) {
	certified := tlstest.NewServer(http.NotFoundHandler())
	certified.Close()
	l = tls.NewListener(l, &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	b := &http2Broker{behave: behave, greeted: make(chan struct{}, 100)}
	b.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns = append(b.conns, conn)
			b.mu.Unlock()
			b.done.Go(func() { b.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.closeConns()
		b.done.Wait()
	})
	return b, certified.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
}

// startHTTP2OnSocket starts a broker of HTTP/2 on this machine. It returns its address, and the transport that clients have of
// their own but for whom it trusts.
func startHTTP2OnSocket(t *testing.T, behave func(*http2Exchange)) (*http2Broker, string, *http.Transport) {
	l, address := listen(t)
	b, trust := startHTTP2(t, l, behave)
	transport := vingd.NewTransport()
	transport.TLSClientConfig = trust
	t.Cleanup(transport.CloseIdleConnections)
	return b, strings.Replace(address, "http:", "https:", 1), transport
}

func (b *http2Broker) closeConns() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conn := range b.conns {
		_ = conn.Close()
	}
}

// requests returns how many requests have arrived whole.
func (b *http2Broker) requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.executed
}

func (b *http2Broker) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	frames := make(chan []byte, 100)
	out := http2Conn(frames)
	var writing sync.WaitGroup
	writing.Go(func() {
		defer func() { _ = conn.Close() }()
		for frame := range frames {
			if frame == nil {
				return
			}
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	})
	defer writing.Wait()
	defer close(frames)
	out.write(frameSettings, 0, 0, nil)
	for onConn := 0; ; {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			out.write(frameSettings, flagAck, 0, nil)
			select {
			case b.greeted <- struct{}{}:
			default:
			}
		case kind == framePing && flags&flagAck == 0:
			out.write(framePing, flagAck, 0, payload)
		case (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0:
			onConn++
			b.mu.Lock()
			b.executed++
			nth := b.executed
			b.mu.Unlock()
			b.behave(&http2Exchange{out, stream, nth, onConn})
		}
	}
}

func (c http2Conn) write(kind, flags byte, stream uint32, payload []byte) {
	frame := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	frame = binary.BigEndian.AppendUint32(frame, stream)
	c <- append(frame, payload...)
}

// close closes the connection once all is written.
func (c http2Conn) close() { c <- nil }

// respond sends a response with status 200.
func (x *http2Exchange) respond(body string) {
	x.conn.write(frameHeaders, flagEndHeaders, x.stream, []byte{0x88}) // the static table's ":status: 200"
	x.conn.write(frameData, flagEndStream, x.stream, []byte(body))
}

// reset ends the stream.
func (x *http2Exchange) reset(code uint32) {
	x.conn.write(frameRSTStream, 0, x.stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway tells that the connection ends, and that streams above last were not processed.
func (x *http2Exchange) goAway(last, code uint32) {
	payload := binary.BigEndian.AppendUint32(nil, last)
	x.conn.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(payload, code))
}
