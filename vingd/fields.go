package vingd

import (
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// Fields that may be null read as the zero value then.

func optionalInt(r *jsonread.Reader) int64 {
	if r.Null() {
		return 0
	}
	return r.Int()
}

func optionalString(r *jsonread.Reader) string {
	if r.Null() {
		return ""
	}
	return r.String()
}

func optionalBool(r *jsonread.Reader) bool {
	return !r.Null() && r.Bool()
}

// optionalTime reads a time into UTC.
func optionalTime(r *jsonread.Reader) time.Time {
	if r.Null() {
		return time.Time{}
	}
	return r.Time()
}
