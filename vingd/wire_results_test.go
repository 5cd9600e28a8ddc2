package vingd_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/big"
	"reflect"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// wireRecord is a result in the shape of the original's: what the response had under each name. Its values are int64,
// string, bool, time.Time, json.RawMessage for any JSON, and wireRecord.
type wireRecord map[string]any

func wireProfile(p *vingd.Profile) wireRecord {
	return wireRecord{"uid": int64(p.UID), "username": p.Username, "name": p.Name, "timestamp_created": p.Created}
}

func wireObject(o *vingd.Object) wireRecord {
	return wireRecord{
		"oid":                int64(o.ID),
		"timestamp_created":  o.Created,
		"timestamp_modified": o.Modified,
		"description":        wireDescription{o.Name, o.URL, o.Description},
	}
}

// wireDescription is the description of an object, of which name and URL are told twice.
type wireDescription struct {
	name, url string
	whole     json.RawMessage
}

func wireOrder(o *vingd.Order) wireRecord {
	return wireRecord{
		"id":                int64(o.ID),
		"oid":               int64(o.Object),
		"price":             int64(o.Price),
		"context":           o.Context,
		"expires":           o.Expires,
		"timestamp_created": o.Created,
	}
}

func wireCreatedOrder(c *vingd.Client, o *vingd.Order) wireRecord {
	return wireRecord{
		"id":      int64(o.ID),
		"expires": o.Expires,
		"context": o.Context,
		"object":  wireRecord{"id": int64(o.Object), "price": int64(o.Price)},
		"urls":    wireURLs(c.Orders.URLs(o.ID)),
	}
}

func wireURLs(u vingd.URLs) wireRecord {
	return wireRecord{"redirect": u.Redirect, "popup": u.Popup}
}

func wirePurchase(p *vingd.Purchase) wireRecord {
	return wireRecord{
		"purchaseid": int64(p.ID),
		"transferid": int64(p.Transfer),
		"orderid":    int64(p.Order),
		"object":     p.ObjectName,
		"huid":       string(p.Buyer),
		"context":    p.Context,
		"reclaimed":  p.Reclaimed,
	}
}

func wireVoucher(v *vingd.Voucher) wireRecord {
	return wireRecord{
		"vid":              int64(v.ID),
		"vid_encoded":      string(v.Code),
		"amount_allocated": int64(v.Allocated),
		"amount_vouched":   int64(v.Amount),
		"id_fort_transfer": int64(v.Transfer),
		"fee":              int64(v.Fee),
		"uid_from":         int64(v.From),
		"uid_proxy":        int64(v.Proxy),
		"uid_to":           int64(v.To),
		"gid":              string(v.Group),
		"ts_valid_until":   v.ValidUntil,
		"description":      v.Description,
		"message":          v.Message,
	}
}

func wireCreatedVoucher(c *vingd.Client, v *vingd.Voucher) wireRecord {
	return wireRecord{"raw": wireVoucher(v), "urls": wireURLs(c.Vouchers.URLs(v.Code))}
}

func wireLogEntry(e *vingd.LogEntry) wireRecord {
	record := wireVoucher(&e.Voucher)
	maps.Copy(record, wireRecord{"id": int64(e.ID), "action": string(e.Action), "ts_created": e.Time})
	return record
}

func wireRevoked(revoked map[vingd.VoucherCode]vingd.TransferID, err error) (any, error) {
	record := wireRecord{}
	for code, transfer := range revoked {
		record[string(code)] = int64(transfer)
	}
	return record, err
}

// wireNumber returns the result of a call that the original returns as a number.
func wireNumber[T ~int64](n T, err error) (any, error) { return int64(n), err }

// wireOne returns the result of a call for one thing.
func wireOne[T any](record func(*T) wireRecord) func(*T, error) (any, error) {
	return func(thing *T, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return record(thing), nil
	}
}

// wireList returns the result of a call for a list.
func wireList[T any](record func(*T) wireRecord) func([]T, error) (any, error) {
	return func(things []T, err error) (any, error) {
		records := []wireRecord{}
		for i := range things {
			records = append(records, record(&things[i]))
		}
		return records, err
	}
}

// wireStream returns the rows of a stream, or the error that it ends with.
func wireStream[T any](record func(*T) wireRecord) func(iter.Seq2[T, error]) (any, error) {
	return func(things iter.Seq2[T, error]) (any, error) {
		records := []wireRecord{}
		for thing, err := range things {
			if err != nil {
				return nil, err
			}
			records = append(records, record(&thing))
		}
		return records, nil
	}
}

// wireComparison holds a result against the recorded one.
type wireComparison struct {
	differences []string // of what must be the same
	named       string   // a difference that is expected wherever it occurs
}

func (c *wireComparison) differ(path string, got, want any) {
	c.differences = append(c.differences, fmt.Sprintf("%s is %#v, the original returned %v", path, got, want))
}

// compare compares a result with a recorded value. Go has one zero where JSON has null besides: null is zero, and the
// empty text as well. A number may be in a text, and times are the same when they are the same instant.
func (c *wireComparison) compare(path string, got, want any) {
	switch got := got.(type) {
	case int64:
		c.compareNumber(path, got, want)
	case string:
		if text, ok := want.(string); want == nil && got != "" || want != nil && (!ok || text != got) {
			c.differ(path, got, want)
		}
	case bool:
		if flag, ok := want.(bool); want == nil && got || want != nil && (!ok || flag != got) {
			c.differ(path, got, want)
		}
	case time.Time:
		c.compareTime(path, got, want)
	case wireDescription:
		c.compareDescription(path, got, want)
	case wireRecord:
		c.compareRecord(path, got, want)
	case []wireRecord:
		c.compareList(path, got, want)
	default:
		c.differ(path, got, want)
	}
}

func (c *wireComparison) compareNumber(path string, got int64, want any) {
	text := "0" // for null
	switch want := want.(type) {
	case nil:
	case json.Number:
		text = want.String()
	case string:
		text = want
	default:
		c.differ(path, got, want)
		return
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		c.differ(path, got, want)
		return
	}
	whole := new(big.Int).Quo(number.Num(), number.Denom())
	if !whole.IsInt64() || whole.Int64() != got {
		c.differ(path, got, want)
	} else if !number.IsInt() {
		c.named = "a fraction where a whole number belongs is cut off"
	}
}

func (c *wireComparison) compareTime(path string, got time.Time, want any) {
	if marker, ok := want.(map[string]any); ok {
		want = marker["$datetime"]
	}
	if want == nil && got.IsZero() {
		return
	}
	text, _ := want.(string)
	if at, zoned, ok := parseWireTime(text); !ok || !zoned || !at.Equal(got) {
		c.differ(path, got.Format(time.RFC3339Nano), want)
	}
}

// compareDescription compares the whole of it, and what of it the object tells apart.
func (c *wireComparison) compareDescription(path string, got wireDescription, want any) {
	fields, _ := want.(map[string]any)
	c.compare(path+".name", got.name, fields["name"])
	c.compare(path+".url", got.url, fields["url"])
	var whole any
	if got.whole != nil {
		var err error
		if whole, err = decodeJSON(got.whole); err != nil {
			c.differ(path, err, want)
		}
	}
	if !reflect.DeepEqual(whole, want) {
		c.differ(path, string(got.whole), want)
	}
}

// compareRecord compares field by field. A field that the original does not have must be zero.
func (c *wireComparison) compareRecord(path string, got wireRecord, want any) {
	fields, ok := want.(map[string]any)
	if !ok {
		c.differ(path, got, want)
		return
	}
	for name, value := range fields {
		if _, known := got[name]; !known {
			c.named = "a field that no document names is left out"
			continue
		}
		c.compare(path+"."+name, got[name], value)
	}
	for name, value := range got {
		if _, known := fields[name]; !known {
			c.compare(path+"."+name, value, nil)
		}
	}
}

// compareList compares row by row. The original returns the one thing that was asked for by itself; Go's lists hold it.
func (c *wireComparison) compareList(path string, got []wireRecord, want any) {
	rows, ok := want.([]any)
	if !ok {
		rows = []any{want}
	}
	if len(got) != len(rows) {
		c.differ(path, got, want)
		return
	}
	for i := range got {
		c.compare(fmt.Sprintf("%s[%d]", path, i), got[i], rows[i])
	}
}
