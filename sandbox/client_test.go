package sandbox_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// TestClient makes every call of the Go client, and checks requests and responses against the specification.
func TestClient(t *testing.T) {
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	transport := vingdtest.Validate(t, broker.HTTPClient().Transport)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(broker.Endpoint()),
		vingd.WithFrontend(broker.Frontend()), vingd.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	seller := clientSeller{t, client}

	buyer, err := broker.AddBuyer("Anna", 10_00)
	if err != nil {
		t.Fatal(err)
	}
	object := seller.sellsAnObject(buyer)
	seller.keepsOrders(object)
	seller.chargesAUser(object)
	seller.handlesVouchers(buyer)

	profile := must(client.Users.Profile(t.Context()))(t)
	transfers := must(client.Transfers.List(t.Context(), vingd.TransferFilter{From: profile.UID, Last: 1}))(t)
	if len(transfers) != 1 || transfers[0].From != profile.UID {
		t.Errorf("the last transfer from the seller is %v", transfers)
	}
	if err := broker.Check(); err != nil {
		t.Error(err)
	}
}

// clientSeller is a seller who uses the Go client.
type clientSeller struct {
	t      *testing.T
	client *vingd.Client
}

// must returns a function that returns the value, or fails the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// sellsAnObject sells an object to a buyer, whom it rewards.
func (s clientSeller) sellsAnObject(buyer *sandbox.Buyer) vingd.ObjectID {
	t, ctx := s.t, s.t.Context()
	before := must(s.client.Accounts.Balance(ctx))(t)
	object := must(s.client.Objects.Create(ctx, vingd.ObjectParams{Name: "My test object", URL: "http://localhost:666/"}))(t)
	must(s.client.Objects.Update(ctx, object, vingd.ObjectParams{Name: "Još jedan", URL: "http://localhost:777/"}))(t)
	if found := must(s.client.Objects.Get(ctx, object))(t); found.Name != "Još jedan" || found.URL != "http://localhost:777/" {
		t.Errorf("the object is %+v", found)
	}
	if found := must(s.client.Objects.List(ctx, vingd.ObjectFilter{Since: vingd.Ago(time.Hour), Last: 5}))(t); len(found) != 1 {
		t.Errorf("the objects are %+v", found)
	}
	order := must(s.client.Orders.Create(ctx, object, vingd.OrderParams{Price: 200, Context: "for Ana & Žarko"}))(t)
	back := must(buyer.Pay(order.ID))(t)
	callback := must(vingd.ParseCallback(back))(t)
	purchase := must(s.client.Purchases.Verify(ctx, callback.Object, callback.Token))(t)
	if purchase.Context != "for Ana & Žarko" || purchase.Order != order.ID {
		t.Errorf("the purchase is %+v", purchase)
	}
	if _, err := s.client.Purchases.Verify(ctx, callback.Object, callback.Token); !errors.Is(err, vingd.ErrForbidden) {
		t.Errorf("a second verification: got %v, want ErrForbidden", err)
	}
	for range 2 { // a second commit changes nothing
		if err := s.client.Purchases.Commit(ctx, purchase); err != nil {
			t.Fatal(err)
		}
	}
	must(s.client.Rewards.Create(ctx, purchase.Buyer, vingd.RewardParams{Amount: 75, Description: "thanks"}))(t)
	if after := must(s.client.Accounts.Balance(ctx))(t); after != before+200-75 || buyer.Balance() != 10_00-200+75 {
		t.Errorf("the seller has %v, had %v; the buyer has %v", after, before, buyer.Balance())
	}
	return object
}

// keepsOrders finds an order by every filter.
func (s clientSeller) keepsOrders(object vingd.ObjectID) {
	t, ctx := s.t, s.t.Context()
	order := must(s.client.Orders.Create(ctx, object, vingd.OrderParams{Price: 1, Expires: vingd.In(time.Hour)}))(t)
	if found := must(s.client.Orders.Get(ctx, order.ID))(t); !found.Expires.Equal(order.Expires) || found.Price != 1 {
		t.Errorf("the order is %+v, was made as %+v", found, order)
	}
	for _, filter := range []vingd.OrderFilter{
		{ID: order.ID}, {ID: order.ID, IncludeExpired: true}, {ID: order.ID, Object: object},
		{ID: order.ID, Object: object, IncludeExpired: true}, {Object: object}, {Object: object, IncludeExpired: true}, {}, {IncludeExpired: true},
	} {
		found := must(s.client.Orders.List(ctx, filter))(t)
		if len(found) == 0 || found[len(found)-1].ID != order.ID {
			t.Errorf("%+v finds %+v", filter, found)
		}
	}
	if _, err := s.client.Orders.Get(ctx, order.ID+1000); !errors.Is(err, vingd.ErrNotFound) {
		t.Errorf("an unknown order: got %v, want ErrNotFound", err)
	}
}

// chargesAUser charges a user for an object.
func (s clientSeller) chargesAUser(object vingd.ObjectID) {
	t, ctx := s.t, s.t.Context()
	user := must(s.client.Users.Create(ctx, vingd.UserParams{
		Identities:  map[string]string{"mail": "user@example.com"},
		Primary:     "mail",
		Permissions: []vingd.Permission{vingd.PermissionBalance, vingd.PermissionPurchase},
	}))(t)
	if _, err := s.client.Purchases.Create(ctx, object, vingd.PurchaseParams{Buyer: user, Price: 1_99}); vingd.OutcomeOf(err) != vingd.OutcomeNotDone {
		t.Errorf("a charge without money: got %v, want it not done", err)
	}
	must(s.client.Rewards.Create(ctx, user, vingd.RewardParams{Amount: 5_00}))(t)
	must(s.client.Purchases.Create(ctx, object, vingd.PurchaseParams{Buyer: user, Price: 1_99}))(t)
	if left := must(s.client.Accounts.BalanceOf(ctx, user))(t); left != 3_01 {
		t.Errorf("the user has %v left", left)
	}
}

// handlesVouchers creates vouchers, redeems one of them, and revokes the others.
func (s clientSeller) handlesVouchers(buyer *sandbox.Buyer) {
	t, ctx := s.t, s.t.Context()
	for range 2 {
		must(s.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 50}))(t)
	}
	voucher := must(s.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Group: "summer", Message: "hvala ✓"}))(t)
	if found := must(s.client.Vouchers.Get(ctx, voucher.Code))(t); *found != *voucher {
		t.Errorf("the voucher is %+v, was made as %+v", found, voucher)
	}
	must(buyer.Redeem(voucher.Code))(t)
	used := must(s.client.Vouchers.History(ctx, vingd.HistoryFilter{Code: voucher.Code, Action: vingd.VoucherActionUse}))(t)
	if len(used) != 1 || used[0].Voucher.Code != voucher.Code {
		t.Errorf("the log has %+v", used)
	}
	if _, err := s.client.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: voucher.Code}); err != nil {
		t.Error(err)
	}
	if revoked := must(s.client.Vouchers.RevokeAll(ctx))(t); len(revoked) != 2 {
		t.Errorf("revoked %v", revoked)
	}
	if log := must(s.client.Vouchers.History(ctx, vingd.HistoryFilter{CreatedAfter: vingd.Ago(time.Hour)}))(t); len(log) != 6 {
		t.Errorf("the log has %+v", log)
	}
}
