package sandbox

import (
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/control"
)

// LoadFixtures adds fixtures, which are a JSON object. If it fails, it has added nothing. The four lists are optional:
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
// Amounts are in cents. By default, a seller has the password 123, 1000.00 vingds and every ACL flag. Objects and vouchers
// without a seller belong to the first seller. expires_in is a duration from the call. By default, orders expire after 15
// minutes and vouchers after 7 days.
//
// It returns [ErrInvalid] if a fixture is invalid, [ErrConflict] if a username is taken, and [ErrLowBalance] if a seller cannot
// afford a voucher. The error names the place.
func (s *Sandbox) LoadFixtures(fixtures []byte) error {
	read, err := control.ReadFixtures("the text", fixtures)
	if err == nil {
		_, err = s.broker.Add(read)
	}
	if err != nil {
		return fmt.Errorf("sandbox: fixtures: %w", err)
	}
	return nil
}
