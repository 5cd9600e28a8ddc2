package frontend_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A form of a page that was opened before a reset does nothing after it, even if the ids belong to something else again.
func TestForm_OpenedBeforeReset(t *testing.T) {
	s := newSite(t)
	begin := func(buyer, object string, price vingd.Cents) (paths []string) {
		if _, err := s.Reset(broker.NewSeller{Username: "seller@example.com", Password: "123", Balance: 1000_00}, broker.Fixtures{}); err != nil {
			t.Fatal(err)
		}
		if uid := must[vingd.UID](t)(s.AddBuyer(buyer, 10_00)); uid != s.ann {
			t.Fatalf("%s has account %d, want %d", buyer, uid, s.ann)
		}
		_, order := s.order(object, "http://localhost:666/", price)
		return []string{order, "/popup" + order}
	}
	paths := begin("Ann", "essay", 2_00)
	paid := s.get(paths[0]).fields()
	s.post(paths[0], paid).is(http.StatusSeeOther)
	var opened []response
	for _, path := range paths {
		opened = append(opened, s.get(path))
	}

	again := begin("Eve", "car", 9_00)
	for i, path := range paths {
		if again[i] != path {
			t.Fatalf("got %s, want %s", again[i], path)
		}
		for _, do := range []string{"pay", "cancel"} {
			s.post(path, opened[i].fields("buyer", strconv.Itoa(int(s.ann)), "do", do)).is(http.StatusGone).says("The sandbox was reset").says("Nothing was done now.").leads(path)
		}
	}
	s.post(paths[0], paid).is(http.StatusGone).says("The sandbox was reset") // it does not show what it did before
	s.holds(s.ann, 10_00)
	if n := s.totals().Purchases; n != 0 {
		t.Errorf("%d purchases", n)
	}
	s.submit(paths[0]).is(http.StatusSeeOther) // a page that is opened now can pay
	s.holds(s.ann, 1_00)
}
