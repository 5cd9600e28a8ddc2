package broker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// A look reads a range of ids and looks names up by their ids. It neither scans nor sorts a table.
func TestLook_Plan(t *testing.T) {
	b := newScene(t)
	plans, err := b.LookPlans()
	if err != nil {
		t.Fatal(err)
	}
	for look, plan := range plans {
		first := fmt.Sprintf("%v", plan[:1])
		if !strings.Contains(first, "USING INTEGER PRIMARY KEY") || !strings.Contains(first, "<?") || !strings.Contains(first, ">?") {
			t.Errorf("%s: reads by %s", look, first)
		}
		for _, line := range plan {
			if strings.HasPrefix(line, "SCAN") || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s: %s", look, line)
			}
		}
	}
}

// A look ends after a number of rows, whether it has found something or not, and says from where to go on.
func TestLook_Bounded(t *testing.T) {
	b := newScene(t)
	if _, err := b.AddBuyer("Needle", 0); err != nil {
		t.Fatal(err)
	}
	const others = 2*broker.LookRows + 10
	if err := b.AddBuyers(others); err != nil {
		t.Fatal(err)
	}
	pages := 0
	l := broker.Look{Text: "needle", Limit: 10}
	for {
		page, err := b.ViewBuyers(l)
		if err != nil {
			t.Fatal(err)
		}
		if pages++; page.Older == 0 {
			if pages != 3 || len(page.Rows) != 1 || page.Rows[0].Name != "Needle" {
				t.Errorf("got %+v on page %d", page.Rows, pages)
			}
			return
		}
		if len(page.Rows) > 0 || pages > 3 {
			t.Fatalf("got %+v on page %d", page.Rows, pages)
		}
		l.Before = page.Older
	}
}

// A page that ends with the last row has no older one, wherever the steps of the look end.
func TestLook_LastPage(t *testing.T) {
	for _, n := range endure.Part([]int{2, 10, 11, broker.LookSteps - 1, broker.LookSteps, broker.LookSteps + 1}, 4) {
		b := newScene(t)
		if err := b.AddBuyers(n - 1); err != nil { // beside Ann
			t.Fatal(err)
		}
		got := 0
		for l := (broker.Look{Limit: 10}); ; {
			page, err := b.ViewBuyers(l)
			if err != nil {
				t.Fatal(err)
			}
			if got += len(page.Rows); page.Older == 0 {
				break
			}
			if len(page.Rows) != l.Limit {
				t.Fatalf("%d buyers: a page has %d rows", n, len(page.Rows))
			}
			l.Before = page.Older
		}
		if got != n {
			t.Errorf("got %d buyers, want %d", got, n)
		}
	}
}
