package control

import "net/http"

// A wrongBooks is what an audit found. Unlike other failures of the sandbox it is told.
type wrongBooks struct{ found error }

// Error returns what was found.
func (e *wrongBooks) Error() string { return "the books are wrong: " + e.found.Error() }

// Unwrap returns it.
func (e *wrongBooks) Unwrap() error { return e.found }

func (k Knobs) check(*http.Request) (any, error) {
	if err := k.Broker.Check(); err != nil {
		return nil, &wrongBooks{err}
	}
	return map[string]any{"ok": true}, nil
}

func (k Knobs) reset(r *http.Request) (any, error) {
	if err := k.Reset(); err != nil {
		return nil, err
	}
	return k.time(r)
}
