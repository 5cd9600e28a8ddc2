package batch

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/internal/boltfile"
	"github.com/vingd/vingd-api-go/vingd"
)

// A head says what a journal belongs to.
type head struct {
	Kind    kind
	Digest  string
	Rows    int
	Account string // empty before the first run
	Sum     uint64 // of the seals of all rows, so that none is missed
}

// A record is the state of a row.
type record struct {
	State    State
	Sent     int64 // in microseconds of the Unix time
	Code     vingd.VoucherCode
	Transfer vingd.TransferID
	Problem  string
	Taken    bool `json:",omitempty"` // whether the broker has the row's reference for another amount
}

func readHead(tx *bolt.Tx) (*head, error) {
	bucket := tx.Bucket(bucketHead)
	if bucket == nil || tx.Bucket(bucketRows) == nil {
		return nil, errNoJournal
	}
	var h head
	return &h, unseal(keyHead, bucket.Get(keyHead), &h)
}

func (h *head) write(tx *bolt.Tx) error {
	value, err := seal(keyHead, h)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketHead).Put(keyHead, value)
}

// seal returns a value in JSON, after its seal.
func seal(key []byte, value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return boltfile.Seal(key, text), nil
}

func unseal(key, sealed []byte, value any) error {
	text, ok := boltfile.Unseal(key, sealed)
	if !ok {
		return fmt.Errorf("%w (key %x)", errDamaged, key)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%w (key %x: %w)", errDamaged, key, err)
	}
	return nil
}

// sealOf returns the seal of a value as a number, or zero if there is no value.
func sealOf(sealed []byte) uint64 {
	if len(sealed) < boltfile.SealSize {
		return 0
	}
	return binary.BigEndian.Uint64(sealed)
}
