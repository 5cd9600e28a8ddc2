package brokerapi

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// A field is a key of a request body.
type field struct {
	name string
	// optional is set if the key may be missing.
	optional bool
	// read returns the value in the form of the specification. ok reports whether the value is valid.
	read func(json.RawMessage) (value json.RawMessage, ok bool)
	// must says which values are valid.
	must string
}

// routeBodies returns the fields of each route's body. The front ignores other keys: the C# client adds a class.
func routeBodies() map[string][]field {
	amount := func(name string) field { return field{name: name, read: readNumber, must: "a whole number"} }
	huid := func(name string) field {
		return field{name: name, read: readText(isHex, false), must: "1 to 40 hexadecimal digits"}
	}
	note := func(name string) field {
		return field{name: name, optional: true, read: readText(func(string) bool { return true }, true), must: "a text or null"}
	}
	until := func(name string) field {
		return field{name: name, optional: true, read: readMoment, must: "a time in ISO 8601, or null for never"}
	}
	yes := func(name string) field { return field{name: name, read: readTrue, must: "true"} }
	description := field{name: "description", read: readDescription, must: "an object of at most 4 KiB with the texts name and url"}

	return map[string][]field{
		"POST /id/users": {
			{name: "identities", optional: true, read: readTexts, must: "an object of texts, or null"},
			note("primary_identity"),
			{name: "delegate_permissions", optional: true, read: readList, must: "a list of texts, or null"},
		},
		"POST /registry/objects":        {description},
		"PUT /registry/objects/{oid}":   {description},
		"POST /objects/{oid}/orders":    {amount("price"), until("order_expires"), note("context")},
		"POST /objects/{oid}/purchases": {amount("price"), huid("huid"), yes("autocommit")},
		"PUT /purchases/{purchaseid}":   {amount("transferid")},
		"POST /rewards":                 {huid("huid_to"), amount("amount"), note("description")},
		"POST /vouchers": {
			amount("amount"), until("until"), note("message"), note("description"),
			{name: "gid", optional: true, read: readGroup, must: groupMust + ", or null"},
		},
		"DELETE /vouchers":               {yes("revoke")},
		"DELETE /vouchers/{vid_encoded}": {yes("revoke")},
	}
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// readNumber reads an integer, in quotes or not.
func readNumber(raw json.RawMessage) (json.RawMessage, bool) {
	text := string(raw)
	if raw[0] == '"' {
		if json.Unmarshal(raw, &text) != nil {
			return nil, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return strconv.AppendInt(nil, n, 10), err == nil
}

// readText returns a function that reads a text for which holds reports true. If orNull is set, it reads null too.
func readText(holds func(string) bool, orNull bool) func(json.RawMessage) (json.RawMessage, bool) {
	return func(raw json.RawMessage) (json.RawMessage, bool) {
		if isNull(raw) {
			return raw, orNull
		}
		var text string
		return raw, json.Unmarshal(raw, &text) == nil && holds(text)
	}
}

// readGroup reads a group. No group is null or the empty text.
func readGroup(raw json.RawMessage) (json.RawMessage, bool) {
	if string(raw) == `""` {
		return json.RawMessage("null"), true
	}
	return readText(isGroup, true)(raw)
}

// readMoment reads a time in any form that an official client sends, and null for never.
func readMoment(raw json.RawMessage) (json.RawMessage, bool) {
	at := broker.Never()
	if !isNull(raw) {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, false
		}
		var ok bool
		if at, ok = readTime(text); !ok {
			return nil, false
		}
	}
	return json.RawMessage(strconv.Quote(writeTime(at))), true
}

func readTrue(raw json.RawMessage) (json.RawMessage, bool) { return raw, string(raw) == "true" }

// readTexts reads an object of texts, null, and the empty list that PHP writes for an empty object.
func readTexts(raw json.RawMessage) (json.RawMessage, bool) {
	var list []any
	if json.Unmarshal(raw, &list) == nil && len(list) == 0 {
		return json.RawMessage("null"), true
	}
	var texts map[string]string
	return raw, json.Unmarshal(raw, &texts) == nil
}

func readList(raw json.RawMessage) (json.RawMessage, bool) {
	var list []string
	return raw, json.Unmarshal(raw, &list) == nil
}

// readDescription reads an object of at most 4 KiB with the texts name and url. It keeps other keys.
func readDescription(raw json.RawMessage) (json.RawMessage, bool) {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil || compact.Len() > 4<<10 {
		return nil, false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil, false
	}
	var name, address *string
	return raw, json.Unmarshal(fields["name"], &name) == nil && json.Unmarshal(fields["url"], &address) == nil && name != nil && address != nil
}
