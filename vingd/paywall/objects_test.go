package paywall_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// An object is registered once per name and URL, by however many ask, before and after a restart.
func TestEnsureObject(t *testing.T) {
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

// When nobody knows whether an object was registered it is looked for.
func TestEnsureObjectUnknown(t *testing.T) {
	s := newShop(t)
	params := vingd.ObjectParams{Name: "Essay", URL: "http://localhost/essay"}
	s.Fail("createObject", sandbox.Fault{HangUp: true, Next: 1})
	if id, err := s.wall.EnsureObject(t.Context(), params); !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %d, %v", id, err)
	}
	s.Fail("createObject", sandbox.Fault{HangUp: true, Done: true, Next: 1})
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
	if _, err := s.wall.EnsureObject(ctx, vingd.ObjectParams{Name: "Another", URL: params.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// An address that no browser can come back to is refused, and nothing is sent.
func TestEnsureObjectURL(t *testing.T) {
	s := newShop(t)
	calls := s.wire.count("all")
	for _, address := range []string{
		"", "/essay", "shop.example/essay", "//shop.example/", "ftp://shop.example/", "javascript:alert(1)", "https://", "https:///essay",
		"https://ann:secret@shop.example/", "https://shop.example/%zz", "data:text/html,x",
	} {
		if id, err := s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Essay", URL: address}); err == nil {
			t.Errorf("%q is %d", address, id)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("the broker was called %d times", n)
	}
}
