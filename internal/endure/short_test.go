package endure_test

import (
	"flag"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
)

func TestPart(t *testing.T) {
	all := []int{1, 2, 3, 4, 5, 6, 7}
	for _, c := range []struct {
		short string
		n     int
		want  []int
	}{
		{"false", 3, all},
		{"true", 3, []int{1, 4, 7}},
		{"true", 1, []int{1}},
		{"true", 5, []int{1, 2, 4, 5, 7}},
		{"true", 7, all},
		{"true", 9, all},
	} {
		setShort(t, c.short)
		if got := endure.Part(all, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%d of the cases, -short=%s: got %v, want %v", c.n, c.short, got, c.want)
		}
	}
}

func TestRounds(t *testing.T) {
	for short, want := range map[string]int{"false": 9, "true": 2} {
		if setShort(t, short); endure.Rounds(9, 2) != want {
			t.Errorf("-short=%s: got %d, want %d", short, endure.Rounds(9, 2), want)
		}
	}
}

// setShort sets the flag -short until the test ends.
func setShort(t *testing.T, value string) {
	t.Helper()
	before := flag.Lookup("test.short").Value.String()
	t.Cleanup(func() { _ = flag.Set("test.short", before) })
	if err := flag.Set("test.short", value); err != nil {
		t.Fatal(err)
	}
}
