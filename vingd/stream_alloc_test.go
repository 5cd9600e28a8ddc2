package vingd_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/internal/race"
	"github.com/vingd/vingd-api-go/vingd"
)

// column is a response of so many vouchers, each with its own code and message. It is made while it is read, and allocates
// nothing.
type column struct {
	left    int // rows, the one being read among them
	row     []byte
	numbers []int // where in a row its number ends
	pending []byte
}

// newColumn returns the response. Its rows are numbered from 0000001.
func newColumn(rows int) *column {
	const row = `, {"vid": 1001, "vid_encoded": "LXKG-0000001", "amount_allocated": 200, "amount_vouched": 200, ` +
		`"id_fort_transfer": 7770, "fee": 0, "uid_from": 4711, "uid_proxy": 1, "uid_to": null, "gid": "summer", ` +
		`"ts_valid_until": "2026-01-09T03:04:05.678901+00:00", "description": null, "message": "Thank you, reader 0000001"}`
	const number = "0000001"
	return &column{
		left: rows, row: []byte(row), pending: []byte(`{"data": [` + row[len(", "):]),
		numbers: []int{strings.Index(row, number) + len(number), strings.LastIndex(row, number) + len(number)},
	}
}

func (c *column) Read(p []byte) (n int, err error) {
	for n < len(p) && c.left >= 0 {
		if len(c.pending) == 0 {
			c.next()
		}
		m := copy(p[n:], c.pending)
		c.pending = c.pending[m:]
		n += m
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// next goes on to the row with the next number, or to the end.
func (c *column) next() {
	switch c.left--; {
	case c.left == 0:
		c.pending = []byte("]}")
	case c.left > 0:
		for _, end := range c.numbers {
			i := end - 1
			for ; c.row[i] == '9'; i-- {
				c.row[i] = '0'
			}
			c.row[i]++
		}
		c.pending = c.row
	}
}

// The tenth row of a stream and the millionth cost the same allocations and bytes, and keep no memory.
func TestStream_AllocationsForEachRow(t *testing.T) {
	marks := []int{1, 1_000, 10_000, 100_000, 1_000_000}
	switch {
	case race.Enabled:
		marks = marks[:3]
	case !endure.Whole():
		marks = marks[:4]
	}
	many := marks[len(marks)-1]
	client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := reply(req, 200, "")
		resp.Body, resp.ContentLength = io.NopCloser(newColumn(many)), -1
		return resp, nil
	}))
	var m [5]runtime.MemStats
	var heap [5]int64
	rows, mark := 0, 0
	for row, err := range client.Vouchers.All(t.Context(), vingd.VoucherFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; rows != marks[min(mark, len(marks)-1)] {
			continue
		}
		runtime.ReadMemStats(&m[mark])
		if number := fmt.Sprintf("%07d", rows); row.Code != vingd.VoucherCode("LXKG-"+number) ||
			row.Message != "Thank you, reader "+number || row.Group != "summer" {
			t.Fatalf("row %d is %+v", rows, row)
		}
		heap[mark] = liveHeap()
		mark++
	}
	if rows != many || mark != len(marks) {
		t.Fatalf("%d rows and %d marks, want %d and %d", rows, mark, many, len(marks))
	}
	for i := 1; i < len(marks); i++ {
		rows := float64(marks[i] - marks[i-1])
		allocs, size := float64(m[i].Mallocs-m[i-1].Mallocs), float64(m[i].TotalAlloc-m[i-1].TotalAlloc)
		// Each row costs a code and a message, in 16 and 32 bytes, and one row in ten the group, whose place another text
		// took. The rest is for the other goroutines of the program: connections of earlier tests end.
		if allocs > 2.15*rows+256 || size > 52*rows+64<<10 {
			t.Errorf("from row %d to %d: %.3f allocations of %.1f bytes a row, want 2.15 of 52 at most",
				marks[i-1], marks[i], allocs/rows, size/rows)
		}
		if heap[i] > heap[0]+256<<10 {
			t.Errorf("the heap grew from %d bytes at row %d to %d at row %d", heap[0], marks[0], heap[i], marks[i])
		}
	}
}

// A row that comes byte by byte is parsed when its end may have come, not for each byte.
func TestList_TrickledRowIsParsedFewTimes(t *testing.T) {
	row := `{"description": {"note": [1]}, "message": "` + strings.Repeat("a", 30_000) + `"}`
	list := `{"more": "` + strings.Repeat("b", 30_000) + `", "data": [` + row + `, ` + row + `]}`
	reads, err := vingd.CountRowReads(iotest.OneByteReader(strings.NewReader(list)))
	// Once before anything of it came, once for each } and ], and once for the bytes that a full window makes room for.
	if err != nil || reads < 2 || reads > 12 {
		t.Errorf("two rows are parsed %d times, %v; want 12 times at most", reads, err)
	}
}
