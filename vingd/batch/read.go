package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/internal/boltfile"
)

// UnknownRows returns the number of rows of a journal whose outcome is unknown, whatever plan the journal belongs to. It is for
// a program that cannot open the job because the plan was changed or lost. A missing file has no rows.
//
// It waits up to a second while the journal is open elsewhere, and then returns [ErrJournalInUse].
func UnknownRows(journal string) (int, error) {
	n, err := unknownRows(journal)
	if err != nil {
		return 0, fmt.Errorf("batch: journal %s: %w", journal, plain(err))
	}
	return n, nil
}

func unknownRows(path string) (n int, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case info.Mode().IsRegular() && info.Size() == 0: // a run was killed before it wrote anything
		return 0, nil
	}
	j := &journal{}
	if j.db, err = boltfile.Open(path, time.Second, errDamaged, j.open); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	if err := j.db.Check(); err != nil {
		return 0, err
	}
	err = j.each(func(_ uint64, r record) error {
		if r.State == Unknown {
			n++
		}
		return nil
	})
	return n, err
}

// load reads the rows into a plan's.
func (j *journal) load(rows []Row) error {
	return j.each(func(n uint64, r record) error {
		at := &rows[n-1]
		at.State, at.Sent, at.Code, at.Transfer, at.Problem, at.taken = r.State, time.UnixMicro(r.Sent), r.Code, r.Transfer, r.Problem, r.Taken
		return nil
	})
}

// each reads the rows by their numbers. It returns an error if one is damaged or missing, at the latest after the last.
func (j *journal) each(read func(n uint64, r record) error) error {
	return j.db.View(func(tx *bolt.Tx) error {
		if tx.ID() < firstChange {
			return nil
		}
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		var sum uint64
		var last []byte
		bucket := tx.Bucket(bucketRows)
		err = bucket.ForEach(func(key, value []byte) error {
			if bytes.Compare(last, key) >= 0 || !bytes.Equal(bucket.Get(key), value) {
				return fmt.Errorf("%w (key %x)", errDamaged, key)
			}
			last = key
			var r record
			if err := unseal(key, value, &r); err != nil {
				return err
			}
			if len(key) != 8 {
				return fmt.Errorf("%w (key %x)", errDamaged, key)
			}
			n := binary.BigEndian.Uint64(key)
			if n < 1 || n > uint64(h.Rows) || r.State < Pending || r.State > Done {
				return fmt.Errorf("%w (row %d)", errDamaged, n)
			}
			sum += sealOf(value)
			return read(n, r)
		})
		if err == nil && sum != h.Sum {
			err = fmt.Errorf("%w (a row is missing)", errDamaged)
		}
		return err
	})
}
