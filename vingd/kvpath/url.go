package kvpath

import (
	"fmt"
	"net/url"
	"strings"
)

// FromQuery returns u with its query moved into the path, in the query's order.
// It is what stands between a request made from the API's specification, where filters are query parameters,
// and the wire. A query that is malformed is an error.
func FromQuery(u *url.URL) (*url.URL, error) {
	if u.RawQuery == "" {
		return u, nil
	}
	var pairs []Segment
	for fragment := range strings.SplitSeq(u.RawQuery, "&") {
		rawKey, rawValue, _ := strings.Cut(fragment, "=")
		key, err := url.QueryUnescape(rawKey)
		if err == nil && key == "" {
			err = fmt.Errorf("kvpath: query parameter %q: must have a name", fragment)
		}
		if err != nil {
			return nil, err
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Segment{key, value})
	}
	base := strings.TrimSuffix(u.EscapedPath(), "/")
	path, err := Join(base, pairs...)
	if err != nil {
		return nil, err
	}
	if base == "" && (u.Path != "" || u.Host != "") {
		path = "/" + path
	}
	return withPath(u, path, "")
}

// ToQuery is the inverse of [FromQuery]: it returns u with the pairs at the end of its path moved into the query.
// A query that u already has is kept in front.
func ToQuery(u *url.URL) (*url.URL, error) {
	base, pairs, err := Split(u.EscapedPath())
	if err != nil || pairs == nil {
		return u, err
	}
	var query strings.Builder
	query.WriteString(u.RawQuery)
	for _, p := range pairs {
		if query.Len() > 0 {
			query.WriteByte('&')
		}
		query.WriteString(url.QueryEscape(p.Key))
		query.WriteByte('=')
		query.WriteString(url.QueryEscape(p.Value))
	}
	return withPath(u, base, query.String())
}

// withPath returns a copy of u with another escaped path and query.
func withPath(u *url.URL, escaped, query string) (*url.URL, error) {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, err
	}
	moved := *u
	moved.Path, moved.RawPath, moved.RawQuery = path, escaped, query
	return &moved, nil
}
