package sandbox

import (
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/control"
)

// Load adds fixtures, all of them or none. They are a JSON object, whose keys are all optional:
//
//	{
//	  "sellers":  [{"username": "shop@example.com", "password": "123", "balance": 100000, "flags": ["voucher.add"]}],
//	  "buyers":   [{"name": "Ann", "balance": 1000}],
//	  "objects":  [{"seller": "shop@example.com",
//	                "description": {"name": "An essay", "url": "http://localhost:8000/essay"},
//	                "orders": [{"price": 200, "context": "essay", "expires_in": "24h"}]}],
//	  "vouchers": [{"amount": 100, "gid": "spring", "message": "Welcome!", "expires_in": "168h"}]
//	}
//
// Amounts are in cents. A seller has the password 123, 1000.00 vingds and every ACL flag, unless the fixtures say otherwise.
// Objects and vouchers without a seller are the first seller's. Orders expire after 15 minutes and vouchers after 7 days,
// unless expires_in says otherwise, a duration that is counted from the call.
//
// The error is [ErrInvalid] for fixtures that cannot be, and says where, or [ErrConflict] for a username that is taken.
func (s *Sandbox) Load(fixtures []byte) error {
	read, err := control.ReadFixtures(fixtures)
	if err == nil {
		_, err = s.broker.Add(read)
	}
	if err != nil {
		return fmt.Errorf("sandbox: fixtures: %w", err)
	}
	return nil
}
