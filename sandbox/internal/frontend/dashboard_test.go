package frontend_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// states returns the states that the dashboard shows, from above.
func (a response) states() []string {
	var states []string
	for _, e := range a.elements {
		if strings.HasPrefix(e.attrs["class"], "state") {
			states = append(states, e.text)
		}
	}
	return states
}

func TestDashboard(t *testing.T) {
	s := newSite(t)
	s.get("/").is(http.StatusOK).says("None yet")
	_, path := s.essay()
	s.submit(path, "anonymous", "yes").location() // reserved
	s.bought(s.submit(path).location())           // verified
	p := s.bought(s.submit(path).location())
	if err := s.Commit(s.seller, p.ID, p.Transfer); err != nil {
		t.Fatal(err)
	}
	open, used := s.code(broker.NewVoucher{Amount: 5, Group: "summer"}), s.code(broker.NewVoucher{Amount: 6})
	must[vingd.Cents](t)(s.Redeem(s.ann, vingd.VoucherCode(used)))

	a := s.get("/").is(http.StatusOK).says("An essay").says("Ann").says("buyer").says("seller").says("anonymous").says("summer").
		says("the mint").says("the reserve").says("deposit").says("voucher made").says("voucher redeemed").says("purchase " + strconv.Itoa(int(p.ID))).
		says("4.06").says("1001.89").
		leads(path).leads("/popup" + path).leads("/vouchers/" + open).leads("/popup/vouchers/" + open).leads("http://localhost:666/?page=1")
	if a.has("a", "href", "/vouchers/"+used) {
		t.Error("the page of a used voucher can be clicked")
	}
	want := []string{"open", "committed", "verified", "reserved", "used", "open"} // newest first
	if got := a.states(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.clock.advance(15 * time.Minute)
	a = s.get("/").says("refund of purchase " + strconv.Itoa(int(p.ID)-1))
	want = []string{"expired", "committed", "refunded", "refunded", "used", "open"}
	if got := a.states(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if a.has("a", "href", path) {
		t.Error("the page of a expired order can be clicked")
	}
}

func TestReference(t *testing.T) {
	s := newSite(t)
	a := s.get("/docs").is(http.StatusOK).leads("/docs/vingd.yaml")
	if !a.has("div", "data-spec", "/docs/vingd.yaml") || !a.has("script", "src", "/assets/docs.js") {
		t.Errorf("got %s", a.body)
	}
	if spec := s.get("/docs/vingd.yaml").is(http.StatusOK); spec.body != string(api.Spec) {
		t.Error("the specification is another")
	}
	for name, kind := range map[string]string{"docs.js": "text/javascript", "popup.js": "text/javascript", "style.css": "text/css"} {
		a := s.get("/assets/" + name).is(http.StatusOK)
		want := must[[]byte](t)(os.ReadFile("assets/" + name))
		if a.body != string(want) || !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("%s: got %s %s", name, a.header.Get("Content-Type"), a.body)
		}
	}
}

// Redoc has the sum of its note, zipped or not.
func TestRedoc_AsPublished(t *testing.T) {
	s := newSite(t)
	note := string(must[[]byte](t)(os.ReadFile("assets/REDOC.md")))
	for _, accepted := range []string{"gzip", "identity"} {
		a := s.do(http.MethodGet, "/assets/redoc.standalone.js", nil, http.Header{"Accept-Encoding": {accepted}}).is(http.StatusOK)
		var body io.Reader = strings.NewReader(a.body)
		if got := a.header.Get("Content-Encoding") == "gzip"; got != (accepted == "gzip") {
			t.Errorf("%s: got Content-Encoding %q", accepted, a.header.Get("Content-Encoding"))
		} else if got {
			body = must[*gzip.Reader](t)(gzip.NewReader(body))
		}
		sum := sha256.New()
		must[int64](t)(io.Copy(sum, body))
		if got := hex.EncodeToString(sum.Sum(nil)); !strings.Contains(note, "    "+got+"\n") {
			t.Errorf("%s: its sum is %s, and its note says another", accepted, got)
		}
	}
}
