package paywall_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// An object is registered once for its name and URL, before and after a restart.
func TestEnsureObject_Once(t *testing.T) {
	s := newShop(t)
	begin := s.wire.count("POST/registry/")
	params := vingd.ObjectParams{Name: "Essay", URL: "https://shop.example/essay"}
	var all sync.WaitGroup
	ids := make([]vingd.ObjectID, 16)
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = s.wall.EnsureObject(t.Context(), params); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.close()
	s.open()
	for _, id := range ids {
		if again, err := s.wall.EnsureObject(t.Context(), params); err != nil || again != id {
			t.Errorf("got %d, then %d, %v", id, again, err)
		}
	}
	if n := s.wire.count("POST/registry/") - begin; n != 1 {
		t.Errorf("it was registered %d times", n)
	}
	for _, other := range []vingd.ObjectParams{{Name: "Essay 2", URL: params.URL}, {Name: "Essay", URL: params.URL + "2"}} {
		if id, err := s.wall.EnsureObject(t.Context(), other); err != nil || id == ids[0] {
			t.Errorf("%+v is %d, %v", other, id, err)
		}
	}
}

// If the outcome of a registration is unknown, the object is looked for.
func TestEnsureObject_UnknownOutcome(t *testing.T) {
	s := newShop(t)
	params := vingd.ObjectParams{Name: "Essay", URL: "http://localhost/essay"}
	s.Fail("createObject", sandbox.Fault{HangUp: true, Count: 1})
	if id, err := s.wall.EnsureObject(t.Context(), params); !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %d, %v", id, err)
	}
	s.Fail("createObject", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	id, err := s.wall.EnsureObject(t.Context(), params)
	if err != nil || id == 0 {
		t.Errorf("got %d, %v", id, err)
	}
	objects, err := s.Client.Objects.List(t.Context(), vingd.ObjectFilter{})
	if err != nil || len(objects) != 2 { // with the shop's article
		t.Errorf("there are %d objects, %v", len(objects), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if id, err := s.wall.EnsureObject(ctx, vingd.ObjectParams{Name: "Another", URL: params.URL}); id != 0 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `"Another"`) {
		t.Errorf("got %d, %v", id, err)
	}
}

// An address that no browser can return to is refused, and no request is sent.
func TestEnsureObject_InvalidURL(t *testing.T) {
	s := newShop(t)
	calls := s.wire.count("all")
	for _, address := range []string{
		"", "/essay", "shop.example/essay", "//shop.example/", "ftp://shop.example/", "javascript:alert(1)", "https://", "https:///essay",
		"https://ann:secret@shop.example/", "https://shop.example/%zz", "data:text/html,x",
	} {
		if id, err := s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Essay", URL: address}); err == nil || id != 0 || !strings.Contains(err.Error(), "must be like https://shop.example/page") {
			t.Errorf("%q is %d, %v", address, id, err)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("the broker was called %d times", n)
	}
}

// An object that is known does not wait for one that is not, and one list makes all known.
func TestEnsureObject_KnownDoesNotWait(t *testing.T) {
	s := newShop(t)
	var ids []vingd.ObjectID
	for i := range 3 {
		id, err := s.Client.Objects.Create(t.Context(), article(s, 10+i))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	s.close()
	s.options.Journal = paywall.NewMemory()
	s.open()
	lists := s.wire.count("GET/registry/")
	if id, err := s.wall.EnsureObject(t.Context(), article(s, 10)); err != nil || id != ids[0] {
		t.Errorf("got %d, %v", id, err)
	}
	hold := make(chan struct{})
	s.wire.hold("POST/registry/", hold)
	var unknown sync.WaitGroup
	unknown.Go(func() {
		if _, err := s.wall.EnsureObject(t.Context(), article(s, 99)); err != nil {
			t.Error(err)
		}
	})
	until(t, "the registration", func() bool { return s.wire.count("POST/registry/") == 5 })
	for i, want := range ids {
		if id, err := s.wall.EnsureObject(t.Context(), article(s, 10+i)); err != nil || id != want {
			t.Errorf("got %d, %v, want %d", id, err, want)
		}
	}
	if n := s.wire.count("GET/registry/") - lists; n != 1 {
		t.Errorf("the objects were listed %d times", n)
	}
	close(hold)
	unknown.Wait()
}

// Two processes that register an object at once, on journals of their own, agree on the one with the lower id.
func TestEnsureObject_TwoProcessesAtOnce(t *testing.T) {
	s := newShop(t)
	walls := make([]*paywall.Paywall, 2)
	for i := range walls {
		options := s.options
		options.Journal = paywall.NewMemory()
		var err error
		if walls[i], err = paywall.New(s.Client, options); err != nil {
			t.Fatal(err)
		}
		defer walls[i].Close(t.Context()) //nolint:errcheck // it has nothing to do
	}
	hold, registered := make(chan struct{}), s.wire.count("POST/registry/")
	s.wire.hold("POST/registry/", hold)
	var both sync.WaitGroup
	ids := make([]vingd.ObjectID, len(walls))
	for i, wall := range walls {
		both.Go(func() {
			var err error
			if ids[i], err = wall.EnsureObject(t.Context(), article(s, 20)); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "both registrations", func() bool { return s.wire.count("POST/registry/") == registered+2 })
	close(hold)
	both.Wait()
	if ids[0] != ids[1] || ids[0] == 0 {
		t.Errorf("got %d", ids)
	}
}

// After a restart while the broker is away, a buyer gets what they have bought.
func TestEnsureObject_BrokerAwayAfterRestart(t *testing.T) {
	s := newShop(t)
	s.offering = func(r *http.Request) {
		id, err := s.wall.EnsureObject(r.Context(), vingd.ObjectParams{Name: "Article", URL: s.server.URL + "/article?page=1"})
		if err != nil || id != s.object {
			t.Errorf("got %d, %v", id, err)
		}
	}
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	s.wire.cut()
	s.abandon()
	s.open()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
}

// A broker that is away fails an unknown object with its error, and never with the zero id alone.
func TestEnsureObject_BrokerAway(t *testing.T) {
	s := newShop(t)
	s.abandon()
	s.open() // it has not listed the objects
	s.wire.cut()
	if id, err := s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Essay", URL: "http://localhost/essay"}); err == nil || id != 0 || !strings.Contains(err.Error(), `"Essay"`) {
		t.Errorf("got %d, %v", id, err)
	}
	s.wire.mend()
}

// An object that the broker does not know any more is registered again.
func TestEnsureObject_Forgotten(t *testing.T) {
	s := newShop(t)
	params := vingd.ObjectParams{Name: "Article", URL: s.server.URL + "/article?page=1"}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	b := s.browser(nil, true)
	for _, restart := range []bool{false, true} {
		if restart { // the note in the journal is old, too
			s.close()
			s.open()
		}
		for range 2 {
			id, err := s.wall.EnsureObject(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			s.sells(paywall.Offer{Object: id, Price: price})
			if v := b.open("/article?page=1&vingd=buy"); v.status == http.StatusSeeOther {
				return
			}
		}
	}
	t.Error("the page cannot be sold")
}

// An object that cannot be noted is sold all the same, and the seller's log says so.
func TestEnsureObject_NotNoted(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) {
		o.Journal = &stateJournal{Journal: paywall.NewMemory(), state: paywall.StateNoted}
	})
	s.logged("level=WARN", "an object is not noted", "object="+strconv.FormatInt(int64(s.object), 10), "the disk is full")
	s.browser(nil, true).open("/article?page=1").is(t, http.StatusPaymentRequired, "<h1>Article</h1>")
}

// An object is registered, and the list after it fails: the caller gets an error, and the object the next time.
func TestEnsureObject_ListFails(t *testing.T) {
	s := newShop(t)
	params := vingd.ObjectParams{Name: "Essay", URL: "http://localhost/essay"}
	s.Fail("listObjects", sandbox.Fault{HangUp: true, Count: 1})
	if id, err := s.wall.EnsureObject(t.Context(), params); err == nil || id != 0 {
		t.Errorf("got %d, %v", id, err)
	}
	id, err := s.wall.EnsureObject(t.Context(), params)
	if err != nil || id == 0 {
		t.Errorf("got %d, %v", id, err)
	}
	if object, err := s.Client.Objects.Get(t.Context(), id); err != nil || object.Name != "Essay" {
		t.Errorf("got %+v, %v", object, err)
	}
}
