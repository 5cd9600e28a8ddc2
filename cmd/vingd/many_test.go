package main

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// A meter serves a world, and counts the rows that are sent, those that are held at once, and the other requests.
type meter struct {
	*world

	mu                       sync.Mutex
	sent, held, most, others int
}

// startMeter serves a world that is counted.
func startMeter(t *testing.T, balance vingd.Cents) *meter {
	t.Helper()
	m := &meter{world: openWorld(t, balance)}
	m.server.Close()
	m.server = httptest.NewServer(m)
	m.client = must(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(m.endpoint())))
	return m
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isRow := r.Method == http.MethodPost
	m.count(isRow, 1)
	m.world.ServeHTTP(w, r)
	m.count(isRow, -1)
}

func (m *meter) count(isRow bool, by int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case isRow:
		m.held += by
		m.most = max(m.most, m.held)
		m.sent += max(by, 0)
	default:
		m.others += max(by, 0)
	}
}

// read returns what was counted since the last time.
func (m *meter) read() (sent, most, others int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sent, most, others = m.sent, m.most, m.others
	m.sent, m.most, m.others = 0, 0, 0
	return sent, most, others
}

// run runs the command, and returns its stdout.
func (m *meter) run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := m.vingd(t.Context(), dir, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("vingd %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(output)
}

// A campaign of many vouchers sends each row once, a few at a time. Besides the rows it makes as many requests as one of few.
// Its vouchers are then exported, printed, counted and revoked.
func TestCampaign_ManyVouchers(t *testing.T) {
	const (
		held   = 4 // rows at once
		others = 4 // the account, three times, and its history
	)
	rows := 100
	if endure.Whole() {
		rows = 10_000
	}
	m, dir, count := startMeter(t, 1_000_000_00), t.TempDir(), strconv.Itoa(rows)
	run := []string{"campaign", "run", "plan.csv", "--count", count, "--amount", "1.00", "--yes", "-o", "csv", "--no-header"}
	sum := vingd.Cents(rows * 100).String()
	want := strings.Join([]string{count, count, "0", "0", sum, sum}, ",") + "\n"
	for _, wanted := range []int{rows, 0} {
		if got := m.run(t, dir, run...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if sent, most, other := m.read(); sent != wanted || most > held || other > others {
			t.Errorf("%d rows were sent, %d at once, and %d other requests; want %d, %d and %d", sent, most, other, wanted, held, others)
		}
		assertVouchers(t, m.world, rows, 1_000_000_00)
		m.read()
	}

	m.run(t, dir, "campaign", "export", "plan.csv")
	exported := must(csv.NewReader(must(os.Open(filepath.Join(dir, "plan-codes.csv")))).ReadAll())
	codes := map[string]bool{}
	for _, line := range exported[1:] {
		codes[line[1]] = true
	}
	if len(exported) != rows+1 || len(codes) != rows {
		t.Errorf("the export has %d lines with %d codes, want %d", len(exported), len(codes), rows)
	}
	m.run(t, dir, "campaign", "sheet", "plan.csv")
	if drawn := bytes.Count(must(os.ReadFile(filepath.Join(dir, "plan-sheet.html"))), []byte("<svg")); drawn != rows {
		t.Errorf("the sheet has %d codes, want %d", drawn, rows)
	}
	status := func() string { return m.run(t, dir, "campaign", "status", "plan.csv", "-o", "csv", "--no-header") }
	if got := status(); !strings.Contains(got, "open,"+count+","+sum+"\n") {
		t.Errorf("got %s, want %d open", got, rows)
	}
	if _, _, other := m.read(); other > 2*others {
		t.Errorf("export, sheet and status make %d requests, want %d", other, 2*others)
	}
	for code := range strings.Lines(m.run(t, dir, "campaign", "revoke", "plan.csv", "--yes", "-o", "id")) {
		delete(codes, strings.TrimSpace(code))
	}
	if got := status(); len(codes) > 0 || !strings.Contains(got, "revoked,"+count+","+sum+"\n") {
		t.Errorf("%d codes were not printed; got %s, want %d revoked", len(codes), got, rows)
	}
	if left := must(m.Balance(m.Seller())); left != 1_000_000_00 {
		t.Errorf("the seller has %v, want all back", left)
	}
}
