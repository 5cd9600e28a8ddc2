package seller_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/seller"
	"github.com/vingd/vingd-api-go/vingd"
)

var errAway = errors.New("the broker is away")

// numbered returns transfers of these numbers. The number zero is a failure, which ends the list.
func numbered(numbers ...int) seller.Transfers {
	return func(yield func(vingd.Transfer, error) bool) {
		for _, n := range numbers {
			if n == 0 {
				yield(vingd.Transfer{}, errAway)
				return
			}
			if !yield(vingd.Transfer{ID: vingd.TransferID(n)}, nil) {
				return
			}
		}
	}
}

// numbers returns the numbers of a list, up to most of them. A failure is zero.
func numbers(rows seller.Transfers, most int) (all []int) {
	for row, err := range rows {
		if err != nil {
			row.ID = 0
		}
		if all = append(all, int(row.ID)); len(all) == most {
			break
		}
	}
	return all
}

func TestMerge_Order(t *testing.T) {
	for _, c := range []struct{ a, b, want []int }{
		{nil, nil, nil},
		{[]int{1, 2}, nil, []int{1, 2}},
		{nil, []int{1, 2}, []int{1, 2}},
		{[]int{1, 4}, []int{2, 3, 5, 6}, []int{1, 2, 3, 4, 5, 6}},
		{[]int{3, 4}, []int{1, 2}, []int{1, 2, 3, 4}},
		{[]int{1, 2, 3}, []int{2}, []int{1, 2, 3}}, // to oneself
		{[]int{2}, []int{1, 2, 3}, []int{1, 2, 3}},
		{[]int{2, 3}, []int{2, 3}, []int{2, 3}},
		{[]int{1, 0}, []int{2, 3}, []int{1, 0}},
		{[]int{1, 2}, []int{0}, []int{0}},
		{[]int{2, 5}, []int{1, 0}, []int{1, 0}},
		{[]int{1, 5}, []int{2, 0}, []int{1, 2, 0}},
		{nil, []int{1, 0}, []int{1, 0}},
		{[]int{1}, []int{2, 0}, []int{1, 2, 0}},
		{[]int{0}, []int{0}, []int{0}},
	} {
		if got := numbers(seller.Merge(numbered(c.a...), numbered(c.b...)), -1); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v: got %v, want %v", c.a, c.b, got, c.want)
		}
		for most := 1; most <= len(c.want); most++ { // the reader stops, and nothing is read on
			if got := numbers(seller.Merge(numbered(c.a...), numbered(c.b...)), most); !slices.Equal(got, c.want[:most]) {
				t.Errorf("%v and %v: got %v of %v", c.a, c.b, got, c.want)
			}
		}
	}
}

func TestFirstAndLast(t *testing.T) {
	for _, c := range []struct {
		rows        []int
		n           int
		first, last []int
	}{
		{nil, 2, nil, nil},
		{[]int{1}, 2, []int{1}, []int{1}},
		{[]int{1, 2}, 2, []int{1, 2}, []int{1, 2}},
		{[]int{1, 2, 3, 4}, 2, []int{1, 2}, []int{3, 4}},
		{[]int{1, 0}, 2, []int{1, 0}, []int{0}},
		{[]int{1, 2, 0}, 2, []int{1, 2}, []int{0}},
	} {
		if got := numbers(seller.First(numbered(c.rows...), c.n), -1); !slices.Equal(got, c.first) {
			t.Errorf("first %d of %v: got %v, want %v", c.n, c.rows, got, c.first)
		}
		if got := numbers(seller.Last(numbered(c.rows...), c.n), -1); !slices.Equal(got, c.last) {
			t.Errorf("last %d of %v: got %v, want %v", c.n, c.rows, got, c.last)
		}
		if got := numbers(seller.First(numbered(c.rows...), c.n), 1); len(got) > 1 {
			t.Errorf("first %d of %v: got %v after one", c.n, c.rows, got)
		}
		if got := numbers(seller.Last(numbered(c.rows...), c.n), 1); len(got) > 1 {
			t.Errorf("last %d of %v: got %v after one", c.n, c.rows, got)
		}
	}
}

// A list that is followed is read again and again, with some of what was read before. Each row is printed once, when it comes.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		at := func(seconds int, id vingd.TransferID) vingd.Transfer {
			return vingd.Transfer{ID: id, Time: begin.Add(time.Duration(seconds) * time.Second)}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var stdout strings.Builder
		a := &cli.App{Out: &stdout, Err: &strings.Builder{}}
		var asked []string // when, and since when
		var printed []string
		turns := [][]vingd.Transfer{
			nil,
			{at(0, 1), at(100, 3)},
			{at(95, 2), at(100, 3)}, // listed late
			{at(90, 4), at(95, 2)},
			{at(130, 5)},
			{at(100, 3), at(130, 5)}, // a broker that does not keep to the time
		}
		err := seller.Follow(ctx, a, 30*time.Second, func(since vingd.Time) seller.Transfers {
			seconds := func(at time.Time) string { return fmt.Sprint(int(at.Sub(begin).Seconds())) }
			from := "all"
			if !since.IsZero() {
				text, err := since.MarshalText()
				if err != nil {
					t.Fatal(err)
				}
				from = seconds(must(time.Parse(time.RFC3339Nano, string(text))))
			}
			asked = append(asked, seconds(time.Now())+" "+from)
			printed = append(printed, stdout.String())
			stdout.Reset()
			turn := len(asked) - 1
			return func(yield func(vingd.Transfer, error) bool) {
				if turn == len(turns) {
					cancel()
					return
				}
				for _, row := range turns[turn] {
					if !yield(row, nil) {
						return
					}
				}
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was cancelled", err)
		}
		if got, want := strings.Join(asked, ", "), "0 all, 30 all, 60 90, 90 90, 120 90, 150 120, 180 120"; got != want {
			t.Errorf("it asked at %s, want %s", got, want)
		}
		for turn, want := range []string{"", "", "1 3", "2", "4", "5", "3"} {
			var ids []string
			for line := range strings.Lines(printed[turn]) {
				if id := strings.Fields(line)[0]; id != "ID" {
					ids = append(ids, id)
				}
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("before request %d it printed %q, want %q", turn, got, want)
			}
		}
	})
}

// A list that is followed goes on after an outage, which is said once, and prints each row once. A failure that lasts ends it.
func TestFollow_Outage(t *testing.T) {
	away := &vingd.Error{Op: "listTransfers", Kind: vingd.ErrInternal}
	refused := &vingd.Error{Op: "listTransfers", Kind: vingd.ErrForbidden, Status: 403}
	for name, c := range map[string]struct {
		turns []error // after the row of each turn
		want  error
		lines int
		says  string
	}{
		"no response": {[]error{nil, away, away, nil, away, nil}, context.Canceled, 6, "vingd: listTransfers; asking again every 5s\nThe broker responds again.\n" +
			"vingd: listTransfers; asking again every 5s\nThe broker responds again.\n"},
		"busy": {[]error{nil, &vingd.Error{Op: "listTransfers", Kind: vingd.ErrGeneral, Status: 503}, nil}, context.Canceled, 3,
			"vingd: listTransfers: 503 Service Unavailable; asking again every 5s\nThe broker responds again.\n"},
		"at first":   {[]error{away, nil}, away, 1, ""},
		"refused":    {[]error{nil, away, refused}, refused, 3, "vingd: listTransfers; asking again every 5s\n"},
		"nothing":    {[]error{nil, nil}, context.Canceled, 2, ""},
		"interrupts": {[]error{nil, away}, context.Canceled, 2, "vingd: listTransfers; asking again every 5s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var stdout, stderr strings.Builder
				turn, since := 0, vingd.Time{}
				err := seller.Follow(ctx, &cli.App{Out: &stdout, Err: &stderr}, 5*time.Second, func(from vingd.Time) seller.Transfers {
					if turn > 0 && c.turns[turn-1] != nil && from != since {
						t.Errorf("turn %d: it asks since %v, want %v: the last list was not whole", turn, from, since)
					}
					since = from
					return func(yield func(vingd.Transfer, error) bool) {
						turn++
						if !yield(vingd.Transfer{ID: vingd.TransferID(turn), Time: time.Now()}, nil) {
							return
						}
						if turn == len(c.turns) {
							time.AfterFunc(time.Second, cancel)
						}
						if err := c.turns[turn-1]; err != nil {
							yield(vingd.Transfer{}, err)
						}
					}
				})
				if !errors.Is(err, c.want) || stderr.String() != c.says || strings.Count(stdout.String(), "\n") != c.lines+1 {
					t.Errorf("got %v, %q and\n%swant %v, %q and %d rows", err, &stderr, &stdout, c.want, c.says, c.lines)
				}
			})
		})
	}
}

func TestFollow_Failures(t *testing.T) {
	var stdout strings.Builder
	a := &cli.App{Out: &stdout, Err: &strings.Builder{}}
	err := seller.Follow(t.Context(), a, time.Second, func(vingd.Time) seller.Transfers { return numbered(7, 0) })
	if !errors.Is(err, errAway) || !strings.Contains(stdout.String(), "\n7 ") {
		t.Errorf("got %v, %q, want the rows before the failure", err, stdout.String())
	}
	for rows := 1; rows <= 10_000; rows *= 10 { // at last more than a buffer holds
		ids := make([]int, rows)
		for i := range ids {
			ids[i] = i + 1
		}
		a.Out = brokenWriter{}
		err = seller.Follow(t.Context(), a, time.Second, func(vingd.Time) seller.Transfers { return numbered(ids...) })
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want that of the output", err)
		}
	}
	for every, refused := range map[time.Duration]bool{99 * time.Millisecond: true, 100 * time.Millisecond: false} {
		asked := false
		err := seller.Follow(t.Context(), a, every, func(vingd.Time) seller.Transfers { asked = true; return numbered(0) })
		if usage := (*cli.UsageError)(nil); errors.As(err, &usage) != refused || asked == refused {
			t.Errorf("every %v: got %v, want refused: %v", every, err, refused)
		}
	}
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
