package vingd_test

import (
	"context"

	"github.com/vingd/vingd-api-go/vingd"
)

// wireMethod is a documented method: its parameters in Python's order, and the calls of this package that do the same.
type wireMethod struct {
	parameters string
	ways       func(*wireArguments) []wireWay
}

// wireWay is one call of this package. It returns its result in the shape of the original's.
type wireWay struct {
	name    string
	do      func(context.Context, *vingd.Client) (any, error)
	one     bool   // it is for a response of one thing only, where other ways take a list too
	refuses string // why it must refuse where another way does not, if so
}

var wireMethods = map[string]wireMethod{
	"get_user_profile": {"", func(*wireArguments) []wireWay {
		return []wireWay{{name: "Users.Profile", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireOne(wireProfile)(c.Users.Profile(ctx))
		}}}
	}},
	"authorized_create_user": {"identities primary permissions", func(a *wireArguments) []wireWay {
		params := vingd.UserParams{Identities: a.textMap("identities"), Primary: a.optionalText("primary")}
		if texts := a.texts("permissions"); texts != nil {
			params.Permissions = []vingd.Permission{}
			for _, text := range texts {
				params.Permissions = append(params.Permissions, vingd.Permission(text))
			}
		}
		return []wireWay{{name: "Users.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			huid, err := c.Users.Create(ctx, params)
			return wireRecord{"huid": string(huid)}, err
		}}}
	}},
	"get_account_balance": {"", func(*wireArguments) []wireWay {
		return []wireWay{{name: "Accounts.Balance", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireNumber(c.Accounts.Balance(ctx))
		}}}
	}},
	"authorized_get_account_balance": {"huid", func(a *wireArguments) []wireWay {
		huid := vingd.HUID(a.checkHex(a.pathText("huid")))
		return []wireWay{{name: "Accounts.BalanceOf", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireNumber(c.Accounts.BalanceOf(ctx, huid))
		}}}
	}},
	"create_object": {"name url", func(a *wireArguments) []wireWay {
		params := vingd.ObjectParams{Name: a.text("name"), URL: a.text("url")}
		return []wireWay{{name: "Objects.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireNumber(c.Objects.Create(ctx, params))
		}}}
	}},
	"update_object": {"oid name url", func(a *wireArguments) []wireWay {
		id, params := vingd.ObjectID(a.pathID("oid")), vingd.ObjectParams{Name: a.text("name"), URL: a.text("url")}
		return []wireWay{{name: "Objects.Update", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireNumber(c.Objects.Update(ctx, id, params))
		}}}
	}},
	"get_object": {"oid", func(a *wireArguments) []wireWay {
		return []wireWay{wireGetObject(vingd.ObjectID(a.pathID("oid")), false)}
	}},
	"get_objects": {"oid since until last first", func(a *wireArguments) []wireWay {
		f := vingd.ObjectFilter{ID: vingd.ObjectID(a.filterID("oid")), Since: a.time("since"), Until: a.time("until")}
		f.First, f.Last = a.counts()
		ways := []wireWay{
			{name: "Objects.List", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireList(wireObject)(c.Objects.List(ctx, f))
			}},
			{name: "Objects.All", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireStream(wireObject)(c.Objects.All(ctx, f))
			}},
		}
		if f == (vingd.ObjectFilter{ID: f.ID}) && f.ID != 0 {
			ways = append(ways, wireGetObject(f.ID, true))
		}
		return ways
	}},
	"create_order": {"oid price context expires", func(a *wireArguments) []wireWay {
		object := vingd.ObjectID(a.pathID("oid"))
		params := vingd.OrderParams{
			Price: a.amount("price"), AllowZero: true,
			Context: a.optionalText("context"),
			Expires: a.time("expires"),
		}
		return []wireWay{{name: "Orders.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireOne(func(o *vingd.Order) wireRecord { return wireCreatedOrder(c, o) })(c.Orders.Create(ctx, object, params))
		}}}
	}},
	"get_order": {"orderid", func(a *wireArguments) []wireWay {
		return []wireWay{wireGetOrder(vingd.OrderID(a.pathID("orderid")), false)}
	}},
	"get_orders": {"oid include_expired orderid", func(a *wireArguments) []wireWay {
		f := vingd.OrderFilter{
			ID:             vingd.OrderID(a.orderFilterID("orderid")),
			Object:         vingd.ObjectID(a.orderFilterID("oid")),
			IncludeExpired: a.flag("include_expired"),
		}
		ways := []wireWay{
			{name: "Orders.List", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireList(wireOrder)(c.Orders.List(ctx, f))
			}},
			{name: "Orders.All", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireStream(wireOrder)(c.Orders.All(ctx, f))
			}},
		}
		if f == (vingd.OrderFilter{ID: f.ID}) && f.ID != 0 {
			ways = append(ways, wireGetOrder(f.ID, true))
		}
		return ways
	}},
	"verify_purchase": {"oid tid", func(a *wireArguments) []wireWay {
		object, token := vingd.ObjectID(a.pathID("oid")), vingd.TokenID(a.checkHex(a.pathText("tid")))
		return []wireWay{{name: "Purchases.Verify", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireOne(wirePurchase)(c.Purchases.Verify(ctx, object, token))
		}}}
	}},
	"commit_purchase": {"purchaseid transferid", func(a *wireArguments) []wireWay {
		id, transfer := vingd.PurchaseID(a.pathID("purchaseid")), vingd.TransferID(a.bodyID("transferid"))
		return []wireWay{{name: "Purchases.Commit", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			err := c.Purchases.Commit(ctx, &vingd.Purchase{ID: id, Transfer: transfer})
			return wireRecord{"ok": err == nil}, err
		}}}
	}},
	"authorized_purchase_object": {"oid price huid", func(a *wireArguments) []wireWay {
		object := vingd.ObjectID(a.pathID("oid"))
		params := vingd.PurchaseParams{Price: a.amount("price"), AllowZero: true, Buyer: vingd.HUID(a.checkHex(a.text("huid")))}
		return []wireWay{{name: "Purchases.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireOne(wirePurchase)(c.Purchases.Create(ctx, object, params))
		}}}
	}},
	"reward_user": {"huid_to amount description", func(a *wireArguments) []wireWay {
		user := vingd.HUID(a.checkHex(a.text("huid_to")))
		params := vingd.RewardParams{Amount: a.amount("amount"), AllowZero: true, Description: a.optionalText("description")}
		return []wireWay{{name: "Rewards.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			transfer, err := c.Rewards.Create(ctx, user, params)
			return wireRecord{"transfer_id": int64(transfer)}, err
		}}}
	}},
	"create_voucher": {"amount expires message gid", func(a *wireArguments) []wireWay {
		params := vingd.VoucherParams{
			Amount:    a.amount("amount"),
			AllowZero: true,
			Expires:   a.time("expires"),
			Group:     a.checkGroup(a.optionalText("gid")),
		}
		if a.given("message") { // its default is the empty text, which travels
			params.Message = a.text("message")
		}
		return []wireWay{{name: "Vouchers.Create", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireOne(func(v *vingd.Voucher) wireRecord { return wireCreatedVoucher(c, v) })(c.Vouchers.Create(ctx, params))
		}}}
	}},
	"get_vouchers": {wireVoucherParameters, func(a *wireArguments) []wireWay {
		f := wireVoucherFilter(a)
		ways := []wireWay{
			{name: "Vouchers.List", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireList(wireVoucher)(c.Vouchers.List(ctx, f))
			}},
			{name: "Vouchers.All", do: func(ctx context.Context, c *vingd.Client) (any, error) {
				return wireStream(wireVoucher)(c.Vouchers.All(ctx, f))
			}},
		}
		if f == (vingd.VoucherFilter{Code: f.Code}) && f.Code != "" {
			ways = append(ways, wireWay{name: "Vouchers.Get", one: true,
				do: func(ctx context.Context, c *vingd.Client) (any, error) {
					return wireOne(wireVoucher)(c.Vouchers.Get(ctx, f.Code))
				}})
		}
		return ways
	}},
	"get_vouchers_history": {
		"vid_encoded vid action uid_from uid_to gid valid_after valid_before create_after create_before last first",
		func(a *wireArguments) []wireWay {
			f := vingd.HistoryFilter{
				Code:          a.code(),
				Voucher:       vingd.VoucherID(a.filterID("vid")),
				Action:        a.action(),
				From:          vingd.UID(a.filterID("uid_from")),
				To:            vingd.UID(a.filterID("uid_to")),
				Group:         a.checkGroup(a.optionalPathText("gid")),
				ValidAfter:    a.time("valid_after"),
				ValidBefore:   a.time("valid_before"),
				CreatedAfter:  a.time("create_after"),
				CreatedBefore: a.time("create_before"),
			}
			f.First, f.Last = a.counts()
			return []wireWay{
				{name: "Vouchers.History", do: func(ctx context.Context, c *vingd.Client) (any, error) {
					return wireList(wireLogEntry)(c.Vouchers.History(ctx, f))
				}},
				{name: "Vouchers.AllHistory", do: func(ctx context.Context, c *vingd.Client) (any, error) {
					return wireStream(wireLogEntry)(c.Vouchers.AllHistory(ctx, f))
				}},
			}
		},
	},
	"revoke_vouchers": {wireVoucherParameters, func(a *wireArguments) []wireWay {
		f := wireVoucherFilter(a)
		revoke := wireWay{name: "Vouchers.Revoke", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireRevoked(c.Vouchers.Revoke(ctx, f))
		}}
		if f != (vingd.VoucherFilter{}) {
			return []wireWay{revoke}
		}
		revoke.refuses = "to revoke everything has a verb of its own"
		return []wireWay{revoke, {name: "Vouchers.RevokeAll", do: func(ctx context.Context, c *vingd.Client) (any, error) {
			return wireRevoked(c.Vouchers.RevokeAll(ctx))
		}}}
	}},
}

const wireVoucherParameters = "vid_encoded uid_from uid_to gid valid_after valid_before last first"

func wireVoucherFilter(a *wireArguments) vingd.VoucherFilter {
	f := vingd.VoucherFilter{
		Code:        a.code(),
		From:        vingd.UID(a.filterID("uid_from")),
		To:          vingd.UID(a.filterID("uid_to")),
		Group:       a.checkGroup(a.optionalPathText("gid")),
		ValidAfter:  a.time("valid_after"),
		ValidBefore: a.time("valid_before"),
	}
	f.First, f.Last = a.counts()
	return f
}

func wireGetObject(id vingd.ObjectID, one bool) wireWay {
	return wireWay{name: "Objects.Get", one: one, do: func(ctx context.Context, c *vingd.Client) (any, error) {
		return wireOne(wireObject)(c.Objects.Get(ctx, id))
	}}
}

func wireGetOrder(id vingd.OrderID, one bool) wireWay {
	return wireWay{name: "Orders.Get", one: one, do: func(ctx context.Context, c *vingd.Client) (any, error) {
		return wireOne(wireOrder)(c.Orders.Get(ctx, id))
	}}
}
