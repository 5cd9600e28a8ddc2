// Package seller has the commands of a seller's day. Each talks to the broker with the login of the command.
package seller

import (
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// The kinds of records. The names of fields are those of the specification; url and popup_url are of this command.
var (
	accountKind  = output.Kind{Name: "balances", Fields: []string{"balance"}, Columns: []string{"balance"}}
	profileKind  = output.Kind{Name: "profiles", Fields: []string{"uid", "username", "name", "timestamp_created"}, ID: "uid"}
	transferKind = output.Kind{
		Name: "transfers", ID: "id",
		Fields:  []string{"id", "timestamp", "amount", "uid_from", "uid_to", "uid_proxy", "description"},
		Columns: []string{"id", "timestamp", "amount", "uid_from", "uid_to", "description"},
	}
	objectKind = output.Kind{
		Name: "objects", ID: "oid",
		Fields:  []string{"oid", "name", "url", "timestamp_created", "timestamp_modified", "description"},
		Columns: []string{"oid", "name", "url", "timestamp_created"},
	}
	orderKind = output.Kind{
		Name: "orders", ID: "id",
		Fields:  []string{"id", "oid", "price", "context", "order_expires", "timestamp_created", "url", "popup_url"},
		Columns: []string{"id", "oid", "price", "order_expires", "context", "url"},
	}
	voucherFields = []string{
		"vid_encoded", "vid", "amount_vouched", "amount_allocated", "id_fort_transfer", "fee", "uid_from", "uid_proxy", "uid_to", "gid",
		"ts_valid_until", "description", "message",
	}
	voucherKind = output.Kind{
		Name: "vouchers", ID: "vid_encoded", Fields: append(voucherFields[:len(voucherFields):len(voucherFields)], "url", "popup_url"),
		Columns: []string{"vid_encoded", "amount_vouched", "amount_allocated", "ts_valid_until", "gid", "uid_to", "message"},
	}
	entryKind = output.Kind{
		Name: "log entries", ID: "id", Fields: append([]string{"id", "action", "ts_created"}, voucherFields...),
		Columns: []string{"id", "ts_created", "action", "vid_encoded", "id_fort_transfer", "amount_vouched", "uid_to", "gid"},
	}
	revokedKind  = output.Kind{Name: "vouchers", ID: "vid_encoded", Fields: []string{"vid_encoded", "transfer_id"}, Columns: []string{"vid_encoded", "transfer_id"}}
	rewardKind   = output.Kind{Name: "rewards", ID: "transfer_id", Fields: []string{"transfer_id", "amount"}, Columns: []string{"transfer_id", "amount"}}
	userKind     = output.Kind{Name: "users", ID: "huid", Fields: []string{"huid"}, Columns: []string{"huid"}}
	purchaseKind = output.Kind{
		Name: "purchases", ID: "purchaseid",
		Fields: []string{"purchaseid", "transferid", "orderid", "object", "huid", "context", "reclaimed"},
	}
)

// orNil returns a value, but nil for the zero value, which the broker writes as null.
func orNil[T comparable](v T) any {
	if v == *new(T) {
		return nil
	}
	return v
}

func profileRecord(p *vingd.Profile) output.Record {
	return output.Record{int64(p.UID), p.Username, p.Name, p.Created}
}

func transferRecord(t vingd.Transfer) output.Record {
	return output.Record{int64(t.ID), t.Time, t.Amount, int64(t.From), int64(t.To), int64(t.Proxy), t.Description}
}

func objectRecord(o vingd.Object) output.Record {
	return output.Record{int64(o.ID), o.Name, o.URL, o.Created, o.Modified, o.Description}
}

func orderRecord(c *vingd.Client) func(o vingd.Order) output.Record {
	return func(o vingd.Order) output.Record {
		at := c.Orders.URLs(o.ID)
		return output.Record{int64(o.ID), int64(o.Object), o.Price, orNil(o.Context), o.Expires, o.Created, at.Redirect, at.Popup}
	}
}

func voucherRecord(c *vingd.Client) func(v vingd.Voucher) output.Record {
	return func(v vingd.Voucher) output.Record {
		at := c.Vouchers.URLs(v.Code)
		return append(voucherValues(&v), at.Redirect, at.Popup)
	}
}

func voucherValues(v *vingd.Voucher) output.Record {
	return output.Record{
		string(v.Code), int64(v.ID), v.Amount, orNil(v.Allocated), orNil(int64(v.Transfer)), v.Fee, int64(v.From), int64(v.Proxy), orNil(int64(v.To)), orNil(string(v.Group)),
		v.ValidUntil, orNil(v.Description), orNil(v.Message),
	}
}

func entryRecord(e vingd.LogEntry) output.Record {
	return append(output.Record{int64(e.ID), string(e.Action), e.Time}, voucherValues(&e.Voucher)...)
}

func purchaseRecord(p *vingd.Purchase) output.Record {
	return output.Record{int64(p.ID), int64(p.Transfer), orNil(int64(p.Order)), p.ObjectName, orNil(string(p.Buyer)), orNil(p.Context), p.Reclaimed}
}
