//go:build unix

package paywall_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A file whose heads another program overwrites while it is open, or that it cuts off, makes an error of each call. No call
// waits forever, Close ends, and the file can be opened again after it has been restored.
func TestFile_TruncatedWhileOpen(t *testing.T) {
	t.Parallel()
	page := int64(os.Getpagesize())
	const overwrites = -1
	for name, left := range map[string]func(size int64) int64{
		"other heads":    func(int64) int64 { return overwrites },
		"nothing":        func(int64) int64 { return 0 },
		"a byte":         func(int64) int64 { return 1 },
		"a page":         func(int64) int64 { return page },
		"the heads":      func(int64) int64 { return 2 * page },
		"half":           func(size int64) int64 { return size / 2 },
		"all but a page": func(size int64) int64 { return size - page },
		"all but a byte": func(size int64) int64 { return size - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			file, entries := manyEntries(t, path)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if left := left(int64(len(good))); left == overwrites {
				err = overwrite(path, bytes.Repeat([]byte{0xa5}, 2*int(page)))
			} else {
				err = os.Truncate(path, left)
			}
			if err != nil {
				t.Fatal(err)
			}
			ends(t, func() {
				var calls sync.WaitGroup
				for i := range 8 {
					calls.Go(func() {
						for call, err := range useOnce(t, file, entries[i*10]) {
							if err == nil || !strings.Contains(err.Error(), "restore a backup") {
								t.Errorf("%s: got %v", call, err)
							}
						}
					})
				}
				calls.Wait()
				if err := file.Close(); err != nil {
					t.Error(err)
				}
			})
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			if found, err := openFile(t, path).Find(t.Context(), entries[0].Key); err != nil || found.State != paywall.StateClaimed {
				t.Errorf("got %+v, %v", found, err)
			}
		})
	}
}

// A file is cut off between and during calls. Each of them ends, and so does Close.
func TestFile_TruncatedInUse(t *testing.T) {
	t.Parallel()
	for i := range 10 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("journal ", i))
		file, entries := manyEntries(t, path)
		ends(t, func() {
			var calls sync.WaitGroup
			begun := make(chan bool, 8)
			for i := range 8 {
				calls.Go(func() {
					for n := 0; ; n++ {
						var all []error
						for _, err := range useOnce(t, file, entries[(17*n+i)%len(entries)]) {
							all = append(all, err)
						}
						if errors.Join(all...) != nil {
							return
						}
						if n == 0 {
							begun <- true
						}
					}
				})
			}
			for range 4 {
				<-begun
			}
			if err := os.Truncate(path, int64(i%3*os.Getpagesize())); err != nil {
				t.Error(err)
			}
			calls.Wait()
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// useOnce calls each method of a journal once, and returns their errors.
func useOnce(t *testing.T, file *paywall.File, entry paywall.Entry) map[string]error {
	_, find := file.Find(t.Context(), entry.Key)
	entry.Version = 1000 // it is never swapped
	_, swap := file.Swap(t.Context(), entry)
	var unfinished error
	for _, err := range file.Unfinished(t.Context()) {
		unfinished = errors.Join(unfinished, err)
	}
	entry.Key, entry.Version = paywall.Key{1, 2, 3, byte(time.Now().UnixNano())}, 0
	_, write := file.Swap(t.Context(), entry)
	return map[string]error{
		"Find": find, "Swap of another version": swap, "Unfinished": unfinished, "Swap": write,
		"Purge": file.Purge(t.Context(), time.Now()),
	}
}

// ends fails the test unless a function ends.
func ends(t *testing.T, run func()) {
	t.Helper()
	ended := make(chan bool)
	go func() {
		defer close(ended)
		run()
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("a call waits forever")
	}
}
