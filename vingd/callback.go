package vingd

import (
	"errors"
	"log/slog"
	"net/url"
	"strconv"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// ErrNoCallback is returned by [ParseCallback] for a URL without oid and tid: the buyer does not come from Vingd.
var ErrNoCallback = errors.New("vingd: no oid and tid: the buyer does not come from Vingd")

// Callback is the data with which a buyer returns after paying. Pass its Token to [PurchaseService.Verify].
type Callback struct {
	// Object comes from the buyer. Do not pass it to Verify: pass the object that you sell at the URL. Otherwise the buyer of
	// a cheaper object can get yours.
	Object ObjectID
	Token  TokenID
	// Context is the order's context, if an older integration had it in the query of the order's URL. It comes from the buyer
	// too. Trust the Context of the verified purchase only.
	Context string
}

// LogValue returns the callback with a placeholder for the token.
func (c Callback) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("object", int64(c.Object)), slog.Any("token", c.Token), slog.String("context", c.Context))
}

// ParseCallback parses the URL to which the buyer returns, such as r.URL of the request r for an object's page.
//
// It returns [ErrNoCallback] if the query has neither oid nor tid, as on a first visit. It returns [ErrInvalidArgument] if
// they are malformed.
func ParseCallback(u *url.URL) (Callback, error) {
	query := u.Query()
	if !query.Has("oid") && !query.Has("tid") {
		return Callback{}, ErrNoCallback
	}
	for _, name := range []string{"oid", "tid", "context"} {
		if len(query[name]) > 1 {
			return Callback{}, badCallback(name, "is given more than once, must be given once")
		}
	}
	return newCallback(query.Get("oid"), query.Get("tid"), query.Get("context"))
}

// ParseToken parses the JSON token that a popup window passes to its opener: {"oid": "5", "tid": "…"}. It returns
// [ErrInvalidArgument] if token is malformed.
func ParseToken(token []byte) (Callback, error) {
	const maxLen = 4 << 10
	if len(token) > maxLen {
		return Callback{}, badCallback("token", "must not be longer than 4 KiB")
	}
	var r jsonread.Reader
	r.Reset(token)
	var oid, tid, context string
	seen := map[string]bool{}
	for r.Enter('{'); r.Next('}'); {
		key := string(r.Key())
		if seen[key] {
			return Callback{}, badCallback(quote(key), "is given more than once, must be given once")
		}
		seen[key] = true
		switch {
		case key == "oid" && r.Peek() != '"':
			oid = string(r.Raw())
		case key == "oid":
			oid = r.String()
		case key == "tid":
			tid = r.String()
		case key == "context":
			context = r.OptionalString()
		default:
			r.Skip()
		}
	}
	if r.End(); r.Err() != nil {
		return Callback{}, badCallback("token", `must be JSON such as {"oid": "5", "tid": "…"}`)
	}
	return newCallback(oid, tid, context)
}

func newCallback(oid, tid, context string) (Callback, error) {
	id, err := strconv.ParseInt(oid, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != oid {
		return Callback{}, badCallback("oid", "is "+quote(oid)+", must be the id of an object")
	}
	token := TokenID(tid)
	if problem := token.check(); problem != "" {
		return Callback{}, badCallback("tid", problem)
	}
	return Callback{ObjectID(id), token, context}, nil
}

func badCallback(argument, problem string) error {
	return &ArgumentError{Op: "callback", Argument: argument, Problem: problem}
}
