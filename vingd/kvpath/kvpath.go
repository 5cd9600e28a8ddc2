// Package kvpath builds and reads the paths in which Vingd's filters travel: one segment, key=value, for each filter.
//
//	vouchers/LXKG-TBR-HQV/from=4711/valid_after=20260102T030405%2B0000
//
// A value stays in its segment, whatever characters it has.
package kvpath

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A Segment is one segment of a path: a value alone, or, with a key, key=value.
type Segment struct {
	Key   string
	Value string
}

// Value returns the segment of a value alone, such as an id.
func Value(value string) Segment { return Segment{Value: value} }

// Pair returns the segment key=value.
func Pair(key, value string) Segment { return Segment{Key: key, Value: value} }

// Join appends segments to base. It escapes the keys and values, but not base. It returns an error for a value alone that is
// empty, "." or "..", because the result would be another path.
func Join(base string, segments ...Segment) (string, error) {
	var b strings.Builder
	b.WriteString(base)
	for _, s := range segments {
		if s.Key == "" && (s.Value == "" || s.Value == "." || s.Value == "..") {
			return "", fmt.Errorf("kvpath: value %q: a segment must not be empty, \".\" or \"..\"", s.Value)
		}
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		if s.Key != "" {
			b.WriteString(escape(s.Key))
			b.WriteByte('=')
			b.WriteString(escapePlus(s.Value))
			continue
		}
		b.WriteString(escape(s.Value))
	}
	return b.String(), nil
}

// Split is the inverse of [Join]: it takes the pairs off the end of an escaped path, and returns them unescaped, in their
// order. The base keeps every value alone, still escaped.
//
// It returns an error for a value alone behind a pair, an empty key, and an invalid escape.
func Split(path string) (base string, pairs []Segment, err error) {
	start := 0
	for at, segment := range segments(path) {
		rawKey, rawValue, isPair := strings.Cut(segment, "=")
		if !isPair {
			if pairs != nil && segment != "" {
				return "", nil, fmt.Errorf("kvpath: segment %q: want key=value behind key=value", segment)
			}
			continue
		}
		key, err := url.PathUnescape(rawKey)
		if err == nil && key == "" {
			err = errors.New("the key is empty")
		}
		if err != nil {
			return "", nil, fmt.Errorf("kvpath: segment %q: %w", segment, err)
		}
		value, err := url.PathUnescape(rawValue)
		if err != nil {
			return "", nil, fmt.Errorf("kvpath: segment %q: %w", segment, err)
		}
		if pairs == nil {
			start = at
		}
		pairs = append(pairs, Segment{key, value})
	}
	if pairs == nil {
		return path, nil, nil
	}
	return strings.TrimSuffix(path[:start], "/"), pairs, nil
}

// segments yields each segment of a path and where it starts.
func segments(path string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		at := 0
		for segment := range strings.SplitSeq(path, "/") {
			if !yield(at, segment) {
				return
			}
			at += len(segment) + 1
		}
	}
}

// escape makes one segment of s that holds neither a slash nor an equals sign.
func escape(s string) string {
	return strings.ReplaceAll(escapePlus(s), "=", "%3D")
}

// escapePlus makes one segment of s. Unlike [url.PathEscape] it escapes the plus, as the official clients do.
func escapePlus(s string) string {
	return strings.ReplaceAll(url.PathEscape(s), "+", "%2B")
}
