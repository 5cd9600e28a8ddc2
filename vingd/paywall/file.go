package paywall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrJournalInUse says that another process has the file of a journal open.
var ErrJournalInUse = errors.New("another process has it open")

// fileFormat is what a journal's file says it is. Another format gets another number.
const fileFormat = "vingd paywall journal 1"

// The buckets of a journal's file: unfinished entries and final ones, by their keys, and what the file is.
var (
	bucketOpen  = []byte("open")
	bucketFinal = []byte("final")
	bucketMeta  = []byte("meta")
	keyFormat   = []byte("format")
)

// A File is a [Journal] in a file. Each change is on the disk before it is acknowledged, so that neither a killed process
// nor a lost power supply loses it.
type File struct {
	db *bolt.DB

	writing sync.Mutex // of who writes
	mu      sync.Mutex // of waiting
	waiting []*swap
}

// OpenJournal opens the journal in a file, which is created if there is none. Close it after the paywall.
//
// The error is [ErrJournalInUse] when another process has it open.
func OpenJournal(path string) (*File, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 100 * time.Millisecond, FreelistType: bolt.FreelistMapType})
	if errors.Is(err, berrors.ErrTimeout) {
		err = ErrJournalInUse
	}
	if err != nil {
		return nil, fmt.Errorf("paywall: journal %s: %w", path, err)
	}
	if err := errors.Join(db.Update(prepare), syncDirectory(path)); err != nil {
		return nil, fmt.Errorf("paywall: journal %s: %w", path, errors.Join(err, db.Close()))
	}
	return &File{db: db}, nil
}

// prepare makes an empty file a journal, and refuses one that is something else.
func prepare(tx *bolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		if first, _ := tx.Cursor().First(); first != nil {
			return errors.New("the file is not a journal of a paywall")
		}
		for _, name := range [][]byte{bucketMeta, bucketOpen, bucketFinal} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, []byte(fileFormat))
	}
	if format := meta.Get(keyFormat); string(format) != fileFormat {
		return fmt.Errorf("the file's format is %q, must be %q", format, fileFormat)
	}
	return nil
}

// syncDirectory makes the name of a new file as durable as what is in it.
func syncDirectory(path string) error {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// Close closes the file. Every later call fails.
func (f *File) Close() error { return f.db.Close() }

// Find returns the entry of a token.
func (f *File) Find(_ context.Context, key Key) (entry Entry, err error) {
	err = f.db.View(func(tx *bolt.Tx) error {
		entry, err = find(tx, key)
		return err
	})
	return entry, err
}

func find(tx *bolt.Tx, key Key) (Entry, error) {
	for _, name := range [][]byte{bucketFinal, bucketOpen} {
		if value := tx.Bucket(name).Get(key[:]); value != nil {
			return decode(key[:], value)
		}
	}
	return Entry{Key: key}, nil
}

func decode(key, value []byte) (entry Entry, err error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&entry); err != nil {
		return Entry{}, fmt.Errorf("paywall: journal: entry %x: %w", key, err)
	}
	entry.Key = Key(key)
	return entry, nil
}

func bucketOf(tx *bolt.Tx, state State) *bolt.Bucket {
	if state.Final() {
		return tx.Bucket(bucketFinal)
	}
	return tx.Bucket(bucketOpen)
}

// Unfinished returns the entries whose state is not final.
func (f *File) Unfinished(context.Context) (unfinished []Entry, err error) {
	err = f.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketOpen).ForEach(func(key, value []byte) error {
			entry, err := decode(key, value)
			unfinished = append(unfinished, entry)
			return err
		})
	})
	return unfinished, err
}

// Purge removes the entries whose state is final and whose Until is before a time. It does not hold up who comes
// meanwhile for long, however many there are.
func (f *File) Purge(ctx context.Context, before time.Time) error {
	var after []byte
	for more := true; more && ctx.Err() == nil; {
		var over [][]byte
		if err := f.db.View(func(tx *bolt.Tx) (err error) {
			over, after, err = overdue(tx.Bucket(bucketFinal).Cursor(), after, before)
			return err
		}); err != nil {
			return err
		}
		more = after != nil
		if len(over) == 0 {
			continue
		}
		if err := f.db.Update(func(tx *bolt.Tx) (err error) {
			for _, key := range over {
				err = errors.Join(err, tx.Bucket(bucketFinal).Delete(key))
			}
			return err
		}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// overdue looks at some entries from a key on, and returns those to be purged and where to go on, nil at the end.
func overdue(cursor *bolt.Cursor, from []byte, before time.Time) (over [][]byte, next []byte, err error) {
	const atOnce = 1000
	key, value := cursor.Seek(from)
	for range atOnce {
		if key == nil {
			return over, nil, nil
		}
		entry, err := decode(key, value)
		if err != nil {
			return nil, nil, err
		}
		if entry.Until.Before(before) {
			over = append(over, bytes.Clone(key))
		}
		key, value = cursor.Next()
	}
	return over, bytes.Clone(key), nil
}
