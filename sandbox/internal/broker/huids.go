package broker

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

const (
	insertHUID = "INSERT INTO huids (huid, seller, uid) VALUES ($1, $2, $3)"
	selectHUID = "SELECT huid FROM huids WHERE seller = $1 AND uid = $2"
	selectUID  = "SELECT uid FROM huids WHERE huid = $1 AND seller = $2"
)

// huid returns the seller's id of a user. It creates one the first time that the seller meets the user.
func (s *step) huid(seller, user vingd.UID) (vingd.HUID, error) {
	id, ok, err := store.Find(s.Tx, scanOne[vingd.HUID], selectHUID, seller, user)
	if err != nil || ok {
		return id, err
	}
	id = vingd.HUID(randomHex())
	_, err = s.Exec(insertHUID, id, seller, user)
	return id, err
}

// user returns the user with a huid of the seller's.
func (s *step) user(seller vingd.UID, id vingd.HUID) (vingd.UID, error) {
	uid, ok, err := store.Find(s.Tx, scanOne[vingd.UID], selectUID, strings.ToLower(string(id)), seller)
	if err == nil && !ok {
		err = refuse(ErrNotFound, "there is no user with this huid")
	}
	return uid, err
}

// scanOne scans a row of one column.
func scanOne[T any](row store.Row) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}

// randomHex returns 40 random lower-case hexadecimal digits. They cannot be guessed.
func randomHex() string {
	var random [20]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
