package fire_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The frames of HTTP/2 that the proxy knows (RFC 9113, 6), and one flag of two of them.
const (
	frameData    = 0
	frameHeaders = 1
	frameReset   = 3 // RST_STREAM
	frameGoAway  = 7

	flagEndStream = 1
	frameHead     = 9 // bytes
)

// errorCodes are those of HTTP/2, by their numbers (RFC 9113, 7).
var errorCodes = []string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

const (
	noError         = 0
	protocolError   = 1
	internalError   = 2
	refusedStream   = 7
	cancel          = 8
	enhanceYourCalm = 11
)

// A cut is where the proxy ends a response over HTTP/2, and by which frame.
type cut struct {
	at     cutPoint
	frame  byte // frameReset, frameGoAway, or frameData for one that ends the stream
	code   uint32
	last   lastStream // of frameGoAway
	served bool       // of frameGoAway: the response follows, and the connection stays open
}

// A cutPoint is a point of a response.
type cutPoint int

const (
	beforeHeaders cutPoint = iota
	afterHeaders
	afterHalfTheBody
)

// A lastStream is the last stream that a GOAWAY claims to have processed, beside that of the call.
type lastStream int

const (
	streamBefore lastStream = iota
	thisStream
	everyStream
)

func (l lastStream) of(stream uint32) uint32 {
	switch l {
	case streamBefore:
		return max(stream, 2) - 2
	case thisStream:
		return stream
	default:
		return 1<<31 - 1
	}
}

// streamFaults end single streams, or take leave of a connection.
func streamFaults() (all []fault) {
	add := func(after bool, c cut, format string, args ...any) {
		all = append(all, fault{
			name: "stream: " + fmt.Sprintf(format, args...), place: inStream, only: []wire{http2}, after: after, cut: &c,
		})
	}
	for _, m := range moments {
		for code, name := range errorCodes {
			add(m.after, cut{frame: frameReset, code: uint32(code)}, "RST_STREAM %s, %s", name, m.name)
		}
		for _, code := range []uint32{noError, enhanceYourCalm} {
			for last, name := range []string{"without the stream", "with the stream", "with every stream"} {
				c := cut{frame: frameGoAway, code: code, last: lastStream(last)}
				add(m.after, c, "GOAWAY %s %s, %s", errorCodes[code], name, m.name)
			}
		}
	}
	for _, code := range []uint32{noError, enhanceYourCalm} {
		for last := thisStream; last <= everyStream; last++ {
			add(true, cut{frame: frameGoAway, code: code, last: last, served: true},
				"GOAWAY %s with stream %d, then the response", errorCodes[code], last.of(0))
		}
	}
	for at := afterHeaders; at <= afterHalfTheBody; at++ {
		name := [...]string{"", "after the headers", "after half the body"}[at]
		add(true, cut{at: at, frame: frameData}, "ended %s", name)
		for _, code := range []uint32{noError, protocolError, internalError, refusedStream, cancel} {
			add(true, cut{at: at, frame: frameReset, code: code}, "RST_STREAM %s %s", errorCodes[code], name)
		}
	}
	return all
}

// A frameCutter takes the response's bytes of one connection of HTTP/2, and cuts the streams that a fault strikes.
type frameCutter struct {
	injection *injection
	seen      []byte
	gone      map[uint32]bool // streams whose frames are dropped
	half      map[uint32]bool // streams that end after half their body
	closes    bool            // the connection ends after what feed returned
}

func newFrameCutter(in *injection) *frameCutter {
	return &frameCutter{injection: in, gone: make(map[uint32]bool), half: make(map[uint32]bool)}
}

// feed takes what the broker sends, and returns what the client gets in its place.
func (f *frameCutter) feed(b []byte) (out []byte) {
	f.seen = append(f.seen, b...)
	for len(f.seen) >= frameHead && !f.closes {
		size := frameHead + int(f.seen[0])<<16 + int(f.seen[1])<<8 + int(f.seen[2])
		if len(f.seen) < size {
			break
		}
		out = append(out, f.replace(f.seen[:size])...)
		f.seen = f.seen[size:]
	}
	return out
}

// replace returns what the client gets in place of a frame.
func (f *frameCutter) replace(frame []byte) []byte {
	kind, stream, c := frame[3], binary.BigEndian.Uint32(frame[5:])&(1<<31-1), f.injection.fault.cut
	switch {
	case stream == 0:
		return frame
	case f.gone[stream]:
		return nil
	case kind == frameHeaders && f.injection.cutsNext():
		switch {
		case c.served:
			return append(c.end(stream), frame...)
		case c.at == beforeHeaders:
			return f.end(nil, stream)
		case c.at == afterHeaders:
			return f.end(frame, stream)
		}
		f.half[stream] = true
	case kind == frameData && f.half[stream]:
		return f.end(newFrame(frameData, 0, stream, frame[frameHead:frameHead+(len(frame)-frameHead)/2]), stream)
	}
	return frame
}

// end drops the rest of a stream, and returns the frames before its end with those that end it.
func (f *frameCutter) end(before []byte, stream uint32) []byte {
	f.gone[stream] = true
	c := f.injection.fault.cut
	f.closes = c.frame == frameGoAway
	return append(bytes.Clone(before), c.end(stream)...)
}

// end returns the frame that ends a stream.
func (c *cut) end(stream uint32) []byte {
	code := binary.BigEndian.AppendUint32(nil, c.code)
	switch c.frame {
	case frameReset:
		return newFrame(frameReset, 0, stream, code)
	case frameGoAway:
		return newFrame(frameGoAway, 0, 0, append(binary.BigEndian.AppendUint32(nil, c.last.of(stream)), code...))
	default:
		return newFrame(frameData, flagEndStream, stream, nil)
	}
}

func newFrame(kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	frame := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	return append(binary.BigEndian.AppendUint32(frame, stream), payload...)
}
