package kvpath

import (
	"net/url"
	"strings"
)

// ToQuery returns u with the pairs at the end of its path moved into the query, in their order. A query that u already has
// is kept in front. ToQuery does not change u. It is for servers, and for validators of the API's specification, where
// filters are query parameters. It returns the errors of [Split].
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
	path, err := url.PathUnescape(base)
	if err != nil {
		return nil, err
	}
	moved := *u
	moved.Path, moved.RawPath, moved.RawQuery = path, base, query.String()
	return &moved, nil
}
