package vingd_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// wireShape says what of a value is not as the contract has it, or nothing.
type wireShape func(v any) (problem string)

type wireFields map[string]wireShape

// The shapes of the data of responses.
var (
	wireProfileShape = objectShape(wireFields{
		"uid":               orNull(wholeNumber),
		"username":          orNull(aText),
		"name":              orNull(aText),
		"timestamp_created": orNull(aTime),
	})
	wireBalanceShape = objectShape(wireFields{"balance": wholeNumber}, "balance")
	wireObjectShape  = objectShape(wireFields{
		"oid":                anID,
		"timestamp_created":  orNull(aTime),
		"timestamp_modified": orNull(aTime),
		"description":        orNull(objectShape(wireFields{"name": orNull(aText), "url": orNull(aText)})),
	}, "oid")
	wireOrderShape = objectShape(wireFields{
		"id":                anID,
		"oid":               orNull(wholeNumber),
		"price":             orNull(wholeNumber),
		"context":           orNull(aText),
		"expires":           orNull(aTime),
		"timestamp_created": orNull(aTime),
	}, "id")
	wirePurchaseShape = objectShape(wireFields{
		"purchaseid": anID,
		"transferid": anID,
		"orderid":    orNull(wholeNumber),
		"object":     orNull(aText),
		"huid":       orNull(aText),
		"context":    orNull(aText),
		"reclaimed":  orNull(trueOrFalse),
	}, "purchaseid", "transferid")
	wireVoucherFields = wireFields{
		"vid":              wholeNumber,
		"vid_encoded":      someText,
		"amount_allocated": orNull(wholeNumber),
		"amount_vouched":   wholeNumber,
		"id_fort_transfer": orNull(wholeNumber),
		"fee":              orNull(wholeNumber),
		"uid_from":         orNull(wholeNumber),
		"uid_proxy":        orNull(wholeNumber),
		"uid_to":           orNull(wholeNumber),
		"gid":              orNull(aText),
		"ts_valid_until":   orNull(aTime),
		"description":      orNull(aText),
		"message":          orNull(aText),
	}
	wireVoucherShape  = objectShape(wireVoucherFields, "vid_encoded")
	wireLogEntryShape = bothShapes(wireVoucherShape, objectShape(wireFields{
		"id":         anID,
		"action":     orNull(aText),
		"ts_created": orNull(aTime),
	}, "id"))
)

// wireShapes are the data that each method's response must have.
var wireShapes = map[string]wireShape{
	"get_user_profile":               wireProfileShape,
	"authorized_create_user":         objectShape(wireFields{"huid": someText}, "huid"),
	"get_account_balance":            wireBalanceShape,
	"authorized_get_account_balance": wireBalanceShape,
	"create_object":                  createdShape("oid", "oids"),
	"update_object":                  createdShape("oid", "oids"),
	"get_object":                     wireObjectShape,
	"get_objects":                    listShape(wireObjectShape),
	"create_order":                   createdShape("id", "ids"),
	"get_order":                      wireOrderShape,
	"get_orders":                     listShape(wireOrderShape),
	"verify_purchase":                wirePurchaseShape,
	"commit_purchase":                objectShape(wireFields{"ok": trueOrFalse}, "ok"),
	"authorized_purchase_object":     wirePurchaseShape,
	"reward_user":                    objectShape(wireFields{"transfer_id": anID}, "transfer_id"),
	"create_voucher":                 wireVoucherShape,
	"get_vouchers":                   listShape(wireVoucherShape),
	"get_vouchers_history":           listShape(wireLogEntryShape),
	"revoke_vouchers":                mapShape(orNull(wholeNumber)),
}

// objectShape is an object with certain fields, some of them needed. It may have any others.
func objectShape(fields wireFields, needed ...string) wireShape {
	return func(v any) string {
		object, ok := v.(map[string]any)
		if !ok {
			return wireKind(v) + " in the place of an object"
		}
		for _, name := range needed {
			if _, has := object[name]; !has {
				return "no " + name
			}
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if shape := fields[name]; shape != nil {
				if problem := shape(object[name]); problem != "" {
					return problem
				}
			}
		}
		return ""
	}
}

func bothShapes(first, second wireShape) wireShape {
	return func(v any) string {
		if problem := first(v); problem != "" {
			return problem
		}
		return second(v)
	}
}

func mapShape(shape wireShape) wireShape {
	return func(v any) string {
		object, ok := v.(map[string]any)
		if !ok {
			return wireKind(v) + " in the place of a map"
		}
		return firstProblem(shape, slices.Collect(maps.Values(object)))
	}
}

// listShape is a list, or its one row by itself.
func listShape(shape wireShape) wireShape {
	return func(v any) string {
		switch v := v.(type) {
		case map[string]any:
			return shape(v)
		case []any:
			return firstProblem(shape, v)
		}
		return wireKind(v) + " in the place of a list"
	}
}

func firstProblem(shape wireShape, values []any) string {
	for _, v := range values {
		if problem := shape(v); problem != "" {
			return problem
		}
	}
	return ""
}

// createdShape is the id of what was made, by itself or as a batch, which counts where both are given.
func createdShape(single, batch string) wireShape {
	return func(v any) string {
		object, ok := v.(map[string]any)
		if !ok {
			return wireKind(v) + " in the place of an object"
		}
		failures, ok := object["errors"].([]any)
		if _, given := object["errors"]; given && !ok {
			return wireKind(object["errors"]) + " in the place of a list of errors"
		}
		if id, given := object[single]; given {
			if problem := wholeNumber(id); problem != "" {
				return problem
			}
		}
		ids := []any{object[single]}
		if batched, given := object[batch]; given {
			if ids, ok = batched.([]any); !ok {
				return wireKind(batched) + " in the place of a list of ids"
			}
			if len(failures) > 0 {
				return firstProblem(wholeNumber, ids)
			}
		}
		if len(ids) == 0 {
			return "no " + single
		}
		if problem := firstProblem(wholeNumber, ids); problem != "" {
			return problem
		}
		if len(ids) > 1 {
			return "more than one " + single
		}
		return anID(ids[0])
	}
}

func orNull(shape wireShape) wireShape {
	return func(v any) string {
		if v == nil {
			return ""
		}
		return shape(v)
	}
}

func aText(v any) string {
	if _, ok := v.(string); !ok {
		return wireKind(v) + " in the place of a text"
	}
	return ""
}

func someText(v any) string {
	if v == "" {
		return "an empty text in the place of one that is needed"
	}
	return aText(v)
}

func aTime(v any) string {
	text, ok := v.(string)
	if !ok {
		return wireKind(v) + " in the place of a time"
	}
	if _, zoned, ok := parseWireTime(text); !ok || !zoned {
		return "a time that is not in ISO 8601 with an offset"
	}
	return ""
}

func trueOrFalse(v any) string {
	if _, ok := v.(bool); !ok {
		return wireKind(v) + " in the place of true or false"
	}
	return ""
}

// anID is a number by which something goes.
func anID(v any) string {
	problem := wholeNumber(v)
	if problem == "" && wholePart(v).Sign() < 1 {
		return "an id below 1"
	}
	return problem
}

// wholeNumber is a number of 64 bits, or a text of one. A fraction is cut off, as the original does where it wants a
// whole number.
func wholeNumber(v any) string {
	if number, ok := v.(json.Number); ok && strings.ContainsAny(number.String(), "eE") {
		return "a number with an exponent"
	}
	switch n := wholePart(v); {
	case n == nil:
		return wireKind(v) + " in the place of a number"
	case !n.IsInt64():
		return "a number beyond 64 bits"
	}
	return ""
}

var wireDecimalText = regexp.MustCompile(`^-?[0-9]+$`)

// wholePart returns a number without its fraction, or nil for what is no number.
func wholePart(v any) *big.Int {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text, _, _ = strings.Cut(v.String(), ".")
	case string:
		text = v
	}
	if !wireDecimalText.MatchString(text) {
		return nil
	}
	n, _ := new(big.Int).SetString(text, 10)
	return n
}
