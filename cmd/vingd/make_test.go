package main

import (
	"context"
	"strconv"

	"github.com/vingd/vingd-api-go/vingd"
)

// background is the context of everything that a script does itself.
func background() context.Context { return context.Background() }

// make makes something, and returns its id.
func (w *world) make(ctx context.Context, what, name string) string {
	switch what {
	case "user":
		return string(must(w.client.Users.Create(ctx, vingd.UserParams{Permissions: []vingd.Permission{vingd.PermissionBalance, vingd.PermissionPurchase}})))
	case "object":
		return strconv.FormatInt(int64(w.object(ctx, name)), 10)
	case "order":
		order := must(w.client.Orders.Create(ctx, w.object(ctx, name), vingd.OrderParams{Price: 2_00, Context: name}))
		return strconv.FormatInt(int64(order.ID), 10)
	case "voucher":
		return string(must(w.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 5_00, Message: "Enjoy!", Group: vingd.GroupID(name)})).Code)
	case "buyer":
		return strconv.FormatInt(int64(must(w.AddBuyer(name, 10_00)).UID()), 10)
	}
	panic(what)
}

func (w *world) object(ctx context.Context, name string) vingd.ObjectID {
	return must(w.client.Objects.Create(ctx, vingd.ObjectParams{Name: "Article " + name, URL: "https://shop.example/" + name}))
}

func purchaseIDs(p *vingd.Purchase) string {
	return strconv.FormatInt(int64(p.ID), 10) + " " + strconv.FormatInt(int64(p.Transfer), 10)
}
