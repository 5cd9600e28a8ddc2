package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"

	bolt "go.etcd.io/bbolt"
)

// The layout of a page, in the byte order of the machine. Each page begins with its number, its kind, its count of elements
// and the number of pages that it goes on for.
const (
	pageHeader   = 16
	element      = 16
	bucketHeader = 16
	metaSummed   = 56 // bytes of a meta page of which the next eight are a checksum
	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10
	flagBucket   = 0x01 // of an element of a leaf
)

// Check returns an error unless the meta pages are whole, and every other page is whole in its layout and in use or free
// once. Keys are in order. It does not check values. The database itself falls back to the transaction before the last one if a meta
// page is damaged. On other damage it can loop, or crash the process. Call it before the first transaction.
func (f *File) Check() error {
	err := f.guard(func() error {
		return f.db.View(func(*bolt.Tx) error { // no change is in flight
			c := checker{file: f, size: f.db.Info().PageSize}
			return c.check()
		})
	})
	if err != nil && !errors.Is(err, f.damaged) {
		err = fmt.Errorf("%w (%w)", f.damaged, err)
	}
	return err
}

type checker struct {
	file *File
	size int    // of a page
	end  uint64 // the first page after all
	seen map[uint64]bool
}

func (c *checker) check() error {
	var last []byte
	for n := range uint64(2) {
		meta, err := c.read(n, 1)
		if err != nil {
			return err
		}
		meta = meta[pageHeader:]
		sum := fnv.New64a()
		sum.Write(meta[:metaSummed])
		if binary.NativeEndian.Uint64(meta[metaSummed:]) != sum.Sum64() {
			return fmt.Errorf("meta page %d", n)
		}
		if last == nil || transaction(meta) > transaction(last) {
			last = meta
		}
	}
	c.end, c.seen = binary.NativeEndian.Uint64(last[40:]), map[uint64]bool{}
	if err := errors.Join(c.tree(binary.NativeEndian.Uint64(last[16:]), nil, nil), c.free(binary.NativeEndian.Uint64(last[32:]))); err != nil {
		return err
	}
	if uint64(len(c.seen))+2 != c.end {
		return fmt.Errorf("%d of %d pages are in use or free", len(c.seen)+2, c.end)
	}
	return nil
}

func transaction(meta []byte) uint64 { return binary.NativeEndian.Uint64(meta[48:]) }

// read reads pages from the file.
func (c *checker) read(page, count uint64) ([]byte, error) {
	content := make([]byte, int(count)*c.size)
	_, err := c.file.file.ReadAt(content, int64(page)*int64(c.size))
	return content, err
}

// see marks pages as seen.
func (c *checker) see(page, count uint64) error {
	for n := page; n < page+count; n++ {
		if n < 2 || n >= c.end || c.seen[n] {
			return fmt.Errorf("page %d is out of place", n)
		}
		c.seen[n] = true
	}
	return nil
}

// open reads a page whole, and marks it as seen.
func (c *checker) open(page uint64) ([]byte, error) {
	if page >= c.end {
		return nil, fmt.Errorf("page %d is out of place", page)
	}
	head, err := c.read(page, 1)
	if err != nil {
		return nil, err
	}
	pages := 1 + uint64(binary.NativeEndian.Uint32(head[12:]))
	if err := c.see(page, pages); err != nil {
		return nil, err
	}
	switch {
	case binary.NativeEndian.Uint64(head) != page:
		return nil, fmt.Errorf("page %d is another page", page)
	case pages == 1:
		return head, nil
	default:
		return c.read(page, pages)
	}
}

// tree checks a page, and those below it. Their keys are low or higher, and lower than high, unless that is nil.
func (c *checker) tree(page uint64, low, high []byte) error {
	content, err := c.open(page)
	if err != nil {
		return err
	}
	if err := c.elements(content, low, high); err != nil {
		return fmt.Errorf("page %d: %w", page, err)
	}
	return nil
}

// elements checks the elements of a page. The database would read on behind the page, and search for a key by those beside it.
func (c *checker) elements(page, low, high []byte) error {
	kind, count := binary.NativeEndian.Uint16(page[8:]), int(binary.NativeEndian.Uint16(page[10:]))
	if kind != kindBranch && kind != kindLeaf {
		return fmt.Errorf("kind %d", kind)
	}
	next := uint64(pageHeader + element*count) // the keys and values follow one another behind the elements
	if next > uint64(len(page)) {
		return fmt.Errorf("%d elements are not in it", count)
	}
	keys, values := make([][]byte, count), make([][]byte, count)
	for i := range count {
		at := pageHeader + element*i
		var fields [4]uint64
		for n := range fields {
			fields[n] = uint64(binary.NativeEndian.Uint32(page[at+4*n:]))
		}
		place, key, value := fields[1], fields[2], fields[3] // of a leaf
		if kind == kindBranch {
			place, key, value = fields[0], fields[1], 0
		}
		if uint64(at)+place != next || next+key+value > uint64(len(page)) {
			return fmt.Errorf("element %d is out of place", i)
		}
		keys[i], values[i] = page[next:next+key], page[next+key:next+key+value]
		next += key + value
		if bytes.Compare(keys[i], low) < 0 || i > 0 && bytes.Equal(keys[i], low) || high != nil && bytes.Compare(keys[i], high) >= 0 {
			return fmt.Errorf("key %d is out of order", i)
		}
		low = keys[i]
		if kind == kindLeaf && fields[0] > flagBucket {
			return fmt.Errorf("element %d has the kind %d", i, fields[0])
		}
	}
	for i := range count {
		e := page[pageHeader+element*i:]
		var err error
		switch {
		case kind == kindBranch && i+1 < count:
			err = c.tree(binary.NativeEndian.Uint64(e[8:]), keys[i], keys[i+1])
		case kind == kindBranch:
			err = c.tree(binary.NativeEndian.Uint64(e[8:]), keys[i], high)
		case binary.NativeEndian.Uint32(e) == flagBucket:
			err = c.bucket(values[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket, which begins with the number of its page. A small one is a page within its value.
func (c *checker) bucket(value []byte) error {
	if len(value) < bucketHeader+pageHeader && (len(value) < bucketHeader || binary.NativeEndian.Uint64(value) == 0) {
		return errors.New("a bucket is cut off")
	}
	if page := binary.NativeEndian.Uint64(value); page != 0 {
		return c.tree(page, nil, nil)
	}
	return c.elements(value[bucketHeader:], nil, nil)
}

// free checks the list of the free pages.
func (c *checker) free(page uint64) error {
	content, err := c.open(page)
	if err != nil {
		return err
	}
	count, ids := int(binary.NativeEndian.Uint16(content[10:])), content[pageHeader:]
	if count == 0xffff { // then the first of them is their count
		count, ids = int(binary.NativeEndian.Uint64(ids)), ids[8:]
	}
	if binary.NativeEndian.Uint16(content[8:]) != kindFreelist || count < 0 || count > len(ids)/8 {
		return fmt.Errorf("page %d is not the list of the free pages", page)
	}
	for i := range count {
		if err := c.see(binary.NativeEndian.Uint64(ids[8*i:]), 1); err != nil {
			return err
		}
	}
	return nil
}
