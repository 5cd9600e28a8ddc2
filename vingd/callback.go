package vingd

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// ErrNoCallback says that a request does not come from Vingd: it has neither oid nor tid.
var ErrNoCallback = errors.New("vingd: no oid and tid: the buyer does not come from Vingd")

// Callback is what a buyer brings when she comes back after paying. Its Token goes into [PurchaseService.Verify].
type Callback struct {
	// Object is what the address says. Nothing vouches for it: verify the token for the object that is sold at that
	// address, or whoever bought something cheaper gets it.
	Object ObjectID
	Token  TokenID
	// Context is the order's context, where the order address had it in its query, as older integrations do.
	// Nothing vouches for it: the one to trust is in the verified purchase.
	Context string
}

// LogValue hides the token, as the token itself does where it is logged alone.
func (c Callback) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("object", int64(c.Object)), slog.Any("token", c.Token), slog.String("context", c.Context))
}

// ParseCallback reads the callback out of the query of a request for an object's URL.
//
// It returns [ErrNoCallback] when the request has neither oid nor tid, as on a first visit, and [ErrInvalidArgument]
// when it has them, but not as Vingd sends them.
func ParseCallback(r *http.Request) (Callback, error) {
	return ParseCallbackQuery(r.URL.Query())
}

// ParseCallbackQuery reads the callback out of the query of an object's URL. See [ParseCallback].
func ParseCallbackQuery(query url.Values) (Callback, error) {
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

// ParseToken reads the callback out of the JSON token that a popup window hands its opener: {"oid": "5", "tid": "…"}.
// What is not such a token is an [ErrInvalidArgument].
func ParseToken(token []byte) (Callback, error) {
	const most = 4 << 10
	if len(token) > most {
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
		return Callback{}, badCallback("token", `must be like {"oid": "5", "tid": "…"}`)
	}
	return newCallback(oid, tid, context)
}

func newCallback(oid, tid, context string) (Callback, error) {
	id, err := strconv.ParseInt(oid, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != oid {
		return Callback{}, badCallback("oid", "is "+quote(oid)+", must be the number of an object")
	}
	token := TokenID(tid)
	if problem := token.check(); problem != "" {
		return Callback{}, badCallback("tid", problem)
	}
	return Callback{ObjectID(id), token, context}, nil
}

func badCallback(argument, problem string) error {
	return &ArgumentError{"callback", argument, problem}
}
