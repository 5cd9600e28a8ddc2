package vingd_test

import (
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A payment for an object with an expired order may be for that order.
func TestReconcile_ExpiredOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *scene, _ *stretch) {
		must(s.judge.Purchases.Create(t.Context(), s.object, vingd.PurchaseParams{Buyer: s.reader, Price: 3}))
		must(s.judge.Orders.Create(t.Context(), s.object, vingd.OrderParams{Price: 3, Expires: vingd.In(time.Minute)}))
		<-time.After(2 * time.Minute)
		wantUnsettled(t, s.reconcilePurchase(s.object)(), "not settled: ", "the object has orders")
	})
}
