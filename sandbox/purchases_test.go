package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

func TestVerify_Twice(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	w.call("GET", token, nil).is(http.StatusOK)
	w.call("GET", token, nil).is(http.StatusForbidden)
}

func TestVerify_UpperCase(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	at := strings.LastIndexByte(token, '/')
	w.call("GET", token[:at]+strings.ToUpper(token[at:]), nil).is(http.StatusOK)
}

func TestVerify_OtherSeller(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	token := w.pay(w.buyer("Ann", 500), w.order(oid, 200))
	tid := token[strings.LastIndexByte(token, '/')+1:]
	w.call("GET", fmt.Sprintf("objects/%d/tokens/%s", w.object(), tid), nil).is(http.StatusNotFound)
	w.call("GET", fmt.Sprintf("objects/%d/tokens/%s", oid, strings.Repeat("0", 40)), nil).is(http.StatusNotFound)
	other(t, w).call("GET", token, nil).is(http.StatusNotFound)
	w.call("GET", token, nil).is(http.StatusOK) // the refused calls did not use up the token
}

func TestCommit_PaysOnce(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	p := as[purchase](w.call("GET", token, nil))
	missing, wrong := p, p
	missing.TransferID++
	w.commit(missing).is(http.StatusNotFound) // as in the documents
	wrong.TransferID--                        // the deposit of the buyer
	w.commit(wrong).is(http.StatusConflict)
	other(t, w).commit(p).is(http.StatusNotFound)
	w.holds(1000_00)
	for range 3 {
		w.commit(p).is(http.StatusOK)
		w.holds(1002_00)
	}
	w.commit(wrong).is(http.StatusConflict)
	w.clock.Advance(24 * time.Hour) // a committed purchase is not refunded
	w.holds(1002_00)
}

func TestCommit_Unverified(t *testing.T) {
	w := newWorld(t)
	buyer := w.buyer("Ann", 500)
	p := as[purchase](w.call("GET", w.pay(buyer, w.order(w.object(), 200)), nil))
	w.pay(buyer, w.order(w.object(), 200))
	for id := p.PurchaseID + 1; id < p.PurchaseID+10; id++ {
		for transfer := p.TransferID; transfer < p.TransferID+5; transfer++ {
			if a := w.commit(purchase{PurchaseID: id, TransferID: transfer}); a.status == http.StatusOK {
				t.Errorf("purchase %d was committed unverified", id)
			}
		}
	}
	w.holds(1000_00)
}

func TestPurchase_Refund(t *testing.T) {
	for _, verified := range []bool{false, true} {
		t.Run(fmt.Sprintf("verified=%v", verified), func(t *testing.T) {
			w := newWorld(t)
			buyer := w.buyer("Ann", 500)
			token := w.pay(buyer, w.order(w.object(), 200))
			var p purchase
			if verified {
				p = as[purchase](w.call("GET", token, nil))
			}
			w.clock.Advance(15*time.Minute - time.Microsecond)
			holds(t, buyer, 300)
			w.clock.Advance(time.Microsecond)
			holds(t, buyer, 500)
			w.call("GET", token, nil).is(http.StatusForbidden)
			if verified {
				w.commit(p).is(http.StatusConflict)
			}
			w.holds(1000_00)
		})
	}
}

func TestOrder_SoldUntilExpiry(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.buyer("Ann", 500), w.buyer("Bob", 100)
	order := w.order(w.object(), 200)
	w.pay(ann, order)
	w.pay(ann, order)
	holds(t, ann, 100)
	if _, err := bob.Pay(order); !errors.Is(err, sandbox.ErrLowBalance) {
		t.Errorf("got %v, want ErrLowBalance", err)
	}
	if _, err := bob.Pay(order + 1000); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	w.clock.Advance(15 * time.Minute)
	if _, err := ann.Pay(order); !errors.Is(err, sandbox.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	holds(t, bob, 100)
}

func TestPurchase_Anonymous(t *testing.T) {
	w := newWorld(t)
	back, err := w.buyer("Ann", 500).PayAnonymously(w.order(w.object(), 200))
	if err != nil {
		t.Fatal(err)
	}
	if p := as[purchase](w.call("GET", tokenPathOf(back), nil)); p.HUID != nil {
		t.Errorf("got huid %s, want none", *p.HUID)
	} else {
		w.commit(p).is(http.StatusOK)
	}
}

func TestReturnURL_Query(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"description": map[string]string{"name": "x", "url": "https://example.com/a%2Fb?q=%C4%8D&oid=1&x&tid=2#end"}}
	oid := as[ids](w.call("POST", "registry/objects/", body)).Oids[0]
	back, err := w.buyer("Ann", 500).Pay(w.order(oid, 200))
	if err != nil {
		t.Fatal(err)
	}
	tid := back.Query().Get("tid")
	want := fmt.Sprintf("https://example.com/a%%2Fb?q=%%C4%%8D&x&oid=%d&tid=%s&token=%%7B%%22oid%%22%%3A%%22%d%%22%%2C%%22tid%%22%%3A%%22%s%%22%%7D#end", oid, tid, oid, tid)
	if got := back.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The C#, Java and PHP clients document the parameter token, in JSON. The Python client documents oid and tid.
func TestReturnURL_BothForms(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 500)
	for address, want := range map[string]string{
		"http://localhost/":             "",
		"http://localhost/?page=1":      "",
		"http://localhost/?token=shop":  "shop",
		"http://localhost/?%74oken=a&b": "a",
	} {
		body := map[string]any{"description": map[string]string{"name": "x", "url": address}}
		oid := as[ids](w.call("POST", "registry/objects/", body)).Oids[0]
		back, err := ann.Pay(w.order(oid, 1))
		if err != nil {
			t.Fatal(err)
		}
		query := back.Query()
		if want == "" {
			want = fmt.Sprintf(`{"oid":"%d","tid":"%s"}`, oid, query.Get("tid"))
		}
		if tokens := query["token"]; len(tokens) != 1 || tokens[0] != want || query.Get("oid") != fmt.Sprint(oid) {
			t.Errorf("%s: got %s, want the token %s", address, back, want)
		}
	}
}

// A purchase keeps the object's name as of the payment.
func TestPurchase_ObjectName(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	token := w.pay(w.buyer("Ann", 500), w.order(oid, 200))
	body := map[string]any{"description": map[string]string{"name": "Another", "url": "http://localhost/"}}
	w.call("PUT", fmt.Sprintf("registry/objects/%d/", oid), body).is(http.StatusOK)
	if p := as[purchase](w.call("GET", token, nil)); *p.Object != "My test object" {
		t.Errorf("got %q", *p.Object)
	}
}

func TestReward(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 500)
	huid := *as[purchase](w.call("GET", w.pay(ann, w.order(w.object(), 200)), nil)).HUID
	reward := func(huid string, amount any) result {
		return w.call("POST", "rewards", map[string]any{"huid_to": huid, "amount": amount, "description": nil})
	}
	reward(huid, 1000_01).is(http.StatusPaymentRequired)
	reward(huid, -1).is(http.StatusBadRequest)
	reward(strings.Repeat("0", 40), 1).is(http.StatusNotFound)
	w.holds(1000_00)
	reward(strings.ToUpper(huid), 1000_00).is(http.StatusOK)
	w.holds(0)
	holds(t, ann, 300+1000_00)
}
