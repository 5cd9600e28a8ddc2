package broker

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/vingd/vingd-api-go/vingd"
)

// An acquaintance is what a huid stands for: a user, as one seller sees her.
type acquaintance struct{ seller, user vingd.UID }

// huid returns the user as the seller sees her; at their first meeting it makes one up.
func (b *Broker) huid(seller, user vingd.UID) vingd.HUID {
	who := acquaintance{seller, user}
	id, ok := b.huids[who]
	if !ok {
		id = vingd.HUID(randomHex())
		b.huids[who], b.known[id] = id, who
	}
	return id
}

// user returns whom the seller knows by a huid.
func (b *Broker) user(seller vingd.UID, id vingd.HUID) (*user, error) {
	who, ok := b.known[vingd.HUID(strings.ToLower(string(id)))]
	if !ok || who.seller != seller {
		return nil, refuse(ErrNotFound, "there is no user with this huid")
	}
	return b.users[who.user], nil
}

// randomHex returns 40 lower-case hexadecimal digits that nobody can guess.
func randomHex() string {
	var random [20]byte
	rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}
