package brokerapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// A rule is a condition on a value, with the words for it.
type rule struct {
	holds func(string) bool
	must  string
}

// parameterRules returns the rule of each parameter by its name. A name has the same meaning in every path.
func parameterRules() map[string]rule {
	number := rule{isNumber, "a number of 1 or more"}
	hex := rule{isHex, "1 to 40 hexadecimal digits"}
	moment := rule{isTime, "a time in ISO 8601"}
	return map[string]rule{
		"uid": number, "oid": number, "orderid": number, "purchaseid": number, "vid": number,
		"from": number, "to": number, "first": number, "last": number,
		"tid": hex, "huid": hex,
		"since": moment, "until": moment, "valid_after": moment, "valid_before": moment,
		"create_after": moment, "create_before": moment,
		"vid_encoded": {isCode, "1 to 64 letters, digits, dashes or underscores"},
		"gid":         {isGroup, groupMust},
		"action":      {func(s string) bool { return server.VoucherAction(s).Valid() }, "add, use, revoke or expire"},
		"username":    {func(string) bool { return true }, ""}, // compared with the login instead
	}
}

// routeFilters returns the filters of each route. The front refuses any other: if it were ignored, the response would have
// too many rows.
func routeFilters() map[string][]string {
	objects := []string{"since", "until", "first", "last"}
	vouchers := []string{"from", "to", "gid", "valid_after", "valid_before", "first", "last"}
	history := append([]string{"vid", "action", "create_after", "create_before"}, vouchers...)
	return map[string][]string{
		"GET /id/users":                       {"username"},
		"GET /fort/transfers":                 {"from", "to", "first", "last", "since", "until"},
		"GET /registry/objects":               objects,
		"GET /registry/objects/{oid}":         objects,
		"GET /vouchers":                       vouchers,
		"GET /vouchers/{vid_encoded}":         vouchers,
		"DELETE /vouchers":                    vouchers,
		"DELETE /vouchers/{vid_encoded}":      vouchers,
		"GET /vouchers/history":               history,
		"GET /vouchers/history/{vid_encoded}": history,
	}
}

// checkPath refuses a path with an invalid parameter.
func (f *front) checkPath(pattern, path string) error {
	_, pattern, _ = strings.Cut(pattern, " ")
	names := strings.Split(pattern, "/")
	for i, segment := range strings.Split(path, "/") {
		name, isParameter := strings.CutPrefix(names[i], "{")
		if !isParameter {
			continue
		}
		value, err := url.PathUnescape(segment)
		if err != nil {
			return invalid("the path has an invalid percent-encoding")
		}
		name = strings.TrimSuffix(name, "}")
		if _, ok := f.parameters[name]; !ok {
			continue // the operation is not implemented
		}
		if err := f.checkParameter(name, value); err != nil {
			return err
		}
	}
	return nil
}

// checkFilters refuses filters that the route does not have, that are given twice, or that are invalid.
func (f *front) checkFilters(pattern string, given url.Values, login string) error {
	for name, values := range given {
		switch {
		case !slices.Contains(f.filters[pattern], name) && specified(pattern, name):
			return &server.UnimplementedError{Part: "filter " + name + " of " + pattern}
		case !slices.Contains(f.filters[pattern], name):
			return invalid(fmt.Sprintf("filter %q: this call does not take it", name))
		case len(values) > 1:
			return invalid(fmt.Sprintf("filter %q: must be given once", name))
		case name == "username" && values[0] != login:
			return &broker.Error{Kind: broker.ErrForbidden, Message: ownProfileOnly}
		}
		if err := f.checkParameter(name, values[0]); err != nil {
			return err
		}
	}
	return nil
}

// specified reports whether the specification has a filter for a route.
func specified(pattern, name string) bool {
	filters := server.RouteFilters()
	return slices.Contains(filters[pattern], name) || slices.Contains(filters[pattern+"/"], name)
}

func (f *front) checkParameter(name, value string) error {
	r, ok := f.parameters[name]
	if !ok {
		return &server.UnimplementedError{Part: "parameter " + name}
	}
	if !r.holds(value) {
		if name == "tid" { // a token is a secret, which must not be in an error message
			return invalid("tid: must be " + r.must)
		}
		return invalid(fmt.Sprintf("%s %.80q: must be %s", name, value, r.must))
	}
	return nil
}

func isNumber(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && s[0] != '+'
}

func isHex(s string) bool {
	return len(s) >= 1 && len(s) <= 40 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func isTime(s string) bool {
	_, ok := readTime(s)
	return ok
}

const groupMust = "1 to 32 letters, digits, dashes or underscores"

func isGroup(s string) bool { return isName(s, 32) }

func isCode(s string) bool { return isName(s, 64) }

func isName(s string, most int) bool {
	return len(s) >= 1 && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
