package paywall

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/internal/boltfile"
)

// ErrJournalInUse is returned by [OpenJournal] if another process has the file open.
var ErrJournalInUse = errors.New("another process has the file open")

// fileFormat is stored in the file of a journal. An incompatible format gets another number.
const fileFormat = "vingd paywall journal 4"

// The buckets of a file: unfinished entries and final ones by their keys, and the file's format.
var (
	bucketOpen  = []byte("open")
	bucketFinal = []byte("final")
	bucketMeta  = []byte("meta")
	keyFormat   = []byte("format")
)

// fileBatch is how many entries one transaction reads or removes.
const fileBatch = 1000

// A File is a [Journal] in a file, for one process. Each change is on the disk when Swap returns.
//
// No other program may change the file while it is open. If one truncates it, each call returns an error.
type File struct {
	db   *boltfile.File
	file *os.File // of db

	writing sync.Mutex // held by the goroutine that writes
	mu      sync.Mutex // guards waiting
	waiting []*swap
}

// OpenJournal opens the journal in a file. It creates the file if there is none. Close it after the paywall.
//
// It checks the layout of each page of the file and the checksum of each entry, and returns an error if one is damaged. A million
// entries take about two seconds. It returns [ErrJournalInUse] if another process has the file open.
func OpenJournal(path string) (*File, error) {
	f := &File{}
	var err error
	f.db, err = boltfile.Open(path, 100*time.Millisecond, fmt.Errorf("journal %s: %w", path, errDamaged), f.open)
	if errors.Is(err, boltfile.ErrInUse) {
		err = ErrJournalInUse
	}
	if err == nil {
		if err = f.db.Check(); err == nil {
			err = errors.Join(f.db.Update(prepare), boltfile.SyncDirectory(path))
		}
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("paywall: journal %s: %w", path, err)
	}
	return f, nil
}

// prepare makes an empty file a journal, and refuses a file that is something else.
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
		return fmt.Errorf("format %q: must be %q; use the version of this package that wrote it, or another file", format, fileFormat)
	}
	for _, name := range [][]byte{bucketOpen, bucketFinal} {
		if tx.Bucket(name) == nil {
			return errDamaged
		}
		err := tx.Bucket(name).ForEach(func(key, value []byte) error {
			_, err := unsealed(key, value)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens the file for the database.
func (f *File) open(path string, flag int, mode os.FileMode) (file *os.File, err error) {
	f.file, err = os.OpenFile(path, flag, mode) //nolint:gosec // the seller says which
	return f.file, err
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }

// Find returns the entry of a key.
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

// unsealed returns what is behind the seal of an entry: its version and the rest. It returns an error if the entry has another
// seal.
func unsealed(key, value []byte) ([]byte, error) {
	rest, ok := boltfile.Unseal(key, value)
	if !ok || len(key) != len(Key{}) || len(rest) < 8 {
		return nil, fmt.Errorf("entry %x: %w", key, errDamaged)
	}
	return rest, nil
}

// encode returns an entry as the file keeps it: its seal, its version, then the rest in JSON.
func encode(entry Entry) ([]byte, error) {
	text, err := json.Marshal(entry)
	if err != nil {
		return nil, err
	}
	return boltfile.Seal(entry.Key[:], append(binary.BigEndian.AppendUint64(nil, uint64(entry.Version)), text...)), nil
}

func decode(key, value []byte) (entry Entry, err error) {
	var k Key
	copy(k[:], key)
	rest, err := unsealed(key, value)
	if err != nil {
		return Entry{Key: k}, err
	}
	if err := json.Unmarshal(rest[8:], &entry); err != nil {
		return Entry{Key: k}, fmt.Errorf("entry %x: %w", key, err)
	}
	entry.Key, entry.Version = k, int64(binary.BigEndian.Uint64(rest))
	return entry, nil
}

func bucketOf(tx *bolt.Tx, state State) *bolt.Bucket {
	if state.Final() {
		return tx.Bucket(bucketFinal)
	}
	return tx.Bucket(bucketOpen)
}

// Unfinished returns the entries that are not final. It holds no transaction while the caller uses one.
func (f *File) Unfinished(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for at := (*batch)(nil); at == nil || at.next != nil; {
			var err error
			if at, err = f.read(ctx, bucketOpen, at); err != nil {
				yield(Entry{}, err)
				return
			}
			for i, entry := range at.entries {
				if !yield(entry, at.errs[i]) {
					return
				}
			}
		}
	}
}

// Purge removes the entries whose Until is before a time, except those in StateDue. It deletes in batches, so other calls
// wait for one batch at most.
func (f *File) Purge(ctx context.Context, before time.Time) error {
	for _, bucket := range [][]byte{bucketFinal, bucketOpen} {
		for at := (*batch)(nil); at == nil || at.next != nil; {
			var err error
			if at, err = f.read(ctx, bucket, at); err != nil {
				return err
			}
			if err := f.remove(bucket, at, before); err != nil {
				return err
			}
		}
	}
	return nil
}

// A batch is some of a bucket's entries. For each that cannot be read there is an error.
type batch struct {
	entries []Entry
	errs    []error
	next    []byte // the key to go on from; nil at the end
}

// read returns the batch after another one, or the first one.
func (f *File) read(ctx context.Context, bucket []byte, after *batch) (*batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var b batch
	return &b, f.db.View(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucket).Cursor()
		key, value := cursor.First()
		if after != nil {
			key, value = cursor.Seek(after.next)
		}
		for ; key != nil && len(b.entries) < fileBatch; key, value = cursor.Next() {
			entry, err := decode(key, value)
			b.entries, b.errs = append(b.entries, entry), append(b.errs, err)
		}
		b.next = bytes.Clone(key)
		return nil
	})
}
