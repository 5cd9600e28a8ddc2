package sandbox_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

func ExampleStart() {
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = broker.Close() }()

	balance, err := broker.Balance(broker.Seller())
	fmt.Println(balance, err)
	// Output: 1000.00 <nil>
}

// The documented example runs from start to end.
func TestStart_DocumentedExample(t *testing.T) {
	w := newWorld(t)
	buyer := w.buyer("Ann", 500)

	profile := as[struct {
		UID              int64
		Username, Name   string
		TimestampCreated string `json:"timestamp_created"`
	}](w.call("GET", "id/users", nil))
	if profile.UID != int64(w.Seller()) || profile.Username != username || profile.TimestampCreated != "2026-01-02T03:04:05.678901+00:00" {
		t.Errorf("got profile %+v", profile)
	}
	w.holds(1000_00)

	oid := w.object()
	order := w.order(oid, 200)
	back, err := buyer.Pay(order)
	if err != nil {
		t.Fatal(err)
	}
	query := back.Query()
	if back.Scheme+"://"+back.Host+back.Path != "http://localhost:666/" || query.Get("page") != "1" ||
		query.Get("oid") != strconv.FormatInt(oid, 10) || len(query.Get("tid")) != 40 {
		t.Errorf("the buyer went to %s", back)
	}
	holds(t, buyer, 300)
	w.holds(1000_00)

	bought := as[purchase](w.call("GET", tokenPathOf(back), nil))
	if *bought.Object != "My test object" || *bought.Context != "ctx" || bought.OrderID != int64(order) || len(*bought.HUID) != 40 || bought.Reclaimed {
		t.Errorf("got purchase %+v", bought)
	}
	if done := as[struct{ OK bool }](w.commit(bought)); !done.OK {
		t.Error("the purchase is not committed")
	}
	w.holds(1002_00)

	reward := map[string]any{"huid_to": *bought.HUID, "amount": 75, "description": "Testing direct rewarding"}
	if id := as[map[string]int64](w.call("POST", "rewards", reward))["transfer_id"]; id < 1 {
		t.Errorf("got transfer %d", id)
	}
	w.holds(1001_25)
	holds(t, buyer, 375)

	until := w.clock.Now().Add(14 * 24 * time.Hour)
	body := map[string]any{"amount": 100, "until": bodyTime(until), "message": "", "gid": nil}
	v := as[voucher](w.call("POST", "vouchers/", body))
	if v.TSValidUntil != "2026-01-16T03:04:05.678901+00:00" || *v.Allocated != 100 || v.Amount != 100 || v.Transfer == nil {
		t.Errorf("got voucher %+v", v)
	}
	w.holds(1000_25)
	w.call("GET", "vouchers/"+v.VIDEncoded, nil).is(http.StatusOK)
}
