package vingd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	wire "github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/vingd"
)

// A list is read as encoding/json reads it into the generated types, with any values, in any form, and with any unknown members.
func FuzzRows(f *testing.F) {
	f.Add(int64(1001), int64(100), "LXKG-TBR-HQV", "Thank you for reading", "2026-01-16T03:04:05.678901+00:00", uint64(0), uint64(0))
	f.Add(int64(9223372036854775807), int64(-1), "a", "čokolada 😀\u2028\"\\/<>&\x00\x7f", "20260116 030405Z", uint64(1), uint64(1))
	f.Add(int64(123456789012345678), int64(-9223372036854775808), "history", "\xff", "2026-01-16T03:04:05,5-0330", uint64(2), uint64(2))
	f.Add(int64(1), int64(0), "", "", "yesterday", uint64(3), uint64(3))
	f.Fuzz(func(t *testing.T, id, amount int64, code, text, stamp string, layout, pieces uint64) {
		random := rand.New(rand.NewPCG(layout, 1))
		var vouchers wire.VoucherListAnswer
		var entries wire.VoucherHistoryAnswer
		for range 1 + random.IntN(3) {
			voucher := randomVoucher(random, id, amount, code, text, stamp)
			vouchers.Data = append(vouchers.Data, voucher)
			entries.Data = append(entries.Data, logEntryOf(voucher, amount, text, stamp))
		}
		body := written(t, random, vouchers)
		rows, err := memoryClient(t, http.StatusOK, body, pieces).Vouchers.List(t.Context(), vingd.VoucherFilter{})
		compareRows(t, body, rows, err, func(list wire.VoucherListAnswer) (want []vingd.Voucher, ok bool) {
			return convertedRows(list.Data, convertVoucher)
		})
		body = written(t, random, entries)
		log, err := memoryClient(t, http.StatusOK, body, pieces).Vouchers.History(t.Context(), vingd.HistoryFilter{})
		compareRows(t, body, log, err, func(list wire.VoucherHistoryAnswer) (want []vingd.LogEntry, ok bool) {
			return convertedRows(list.Data, convertLogEntry)
		})
	})
}

// compareRows checks that rows are what encoding/json reads out of the same bytes, converted by hand.
func compareRows[List, Row any](t *testing.T, body []byte, got []Row, err error, convert func(List) ([]Row, bool)) {
	t.Helper()
	var list List
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	want, ok := convert(list)
	if ok != (err == nil) || ok && !reflect.DeepEqual(got, want) {
		t.Errorf("%s\nis read as %+v, %v\nwant       %+v", body, got, err, want)
	}
	if err != nil && !errors.Is(err, vingd.ErrInvalidData) {
		t.Errorf("%s: the error is %v, want one of data that is invalid", body, err)
	}
}

func convertedRows[From, To any](rows []From, convert func(From) (To, bool)) (converted []To, ok bool) {
	for _, row := range rows {
		to, ok := convert(row)
		if !ok {
			return nil, false
		}
		converted = append(converted, to)
	}
	return converted, true
}

// convertVoucher returns a voucher in the facade's terms, unless it lacks what makes it one.
func convertVoucher(v wire.Voucher) (vingd.Voucher, bool) {
	until, ok := jsonread.ParseTime([]byte(v.TSValidUntil))
	return vingd.Voucher{
		ID:          vingd.VoucherID(v.VID),
		Code:        vingd.VoucherCode(v.VIDEncoded),
		Amount:      vingd.Cents(v.AmountVouched),
		Allocated:   vingd.Cents(orZero(v.AmountAllocated)),
		Transfer:    vingd.TransferID(orZero(v.IDFortTransfer)),
		Fee:         vingd.Cents(v.Fee),
		From:        vingd.UID(v.UIDFrom),
		Proxy:       vingd.UID(v.UIDProxy),
		To:          vingd.UID(orZero(v.UIDTo)),
		Group:       vingd.GroupID(orZero(v.GID)),
		ValidUntil:  until.UTC(),
		Description: orZero(v.Description),
		Message:     orZero(v.Message),
	}, ok && v.VIDEncoded != ""
}

func convertLogEntry(e wire.VoucherLogEntry) (vingd.LogEntry, bool) {
	voucher, ok := convertVoucher(wire.Voucher{
		AmountAllocated: e.AmountAllocated, AmountVouched: e.AmountVouched, Description: e.Description, Fee: e.Fee, GID: e.GID,
		IDFortTransfer: e.IDFortTransfer, Message: e.Message, TSValidUntil: e.TSValidUntil, UIDFrom: e.UIDFrom, UIDProxy: e.UIDProxy,
		UIDTo: e.UIDTo, VID: e.VID, VIDEncoded: e.VIDEncoded,
	})
	created, isTime := jsonread.ParseTime([]byte(e.TSCreated))
	return vingd.LogEntry{
		ID: vingd.LogID(e.ID), Action: vingd.VoucherAction(e.Action), Time: created.UTC(), Voucher: voucher,
	}, ok && isTime && e.ID > 0
}

func orZero[T any](value *T) (zero T) {
	if value == nil {
		return zero
	}
	return *value
}

func randomVoucher(random *rand.Rand, id, amount int64, code, text, stamp string) wire.Voucher {
	number := func() *int64 { return []*int64{nil, &id, &amount}[random.IntN(3)] }
	words := func() *string { return []*string{nil, &text, &code}[random.IntN(3)] }
	return wire.Voucher{
		AmountAllocated: number(), AmountVouched: amount, Description: words(), Fee: amount / 2, GID: words(), IDFortTransfer: number(),
		Message: words(), TSValidUntil: stamp, UIDFrom: id / 3, UIDProxy: id, UIDTo: number(), VID: id, VIDEncoded: code,
	}
}

func logEntryOf(v wire.Voucher, id int64, action, stamp string) wire.VoucherLogEntry {
	return wire.VoucherLogEntry{
		Action: wire.VoucherAction(action), AmountAllocated: v.AmountAllocated, AmountVouched: v.AmountVouched, Description: v.Description,
		Fee: v.Fee, GID: v.GID, ID: id, IDFortTransfer: v.IDFortTransfer, Message: v.Message, TSCreated: stamp, TSValidUntil: v.TSValidUntil,
		UIDFrom: v.UIDFrom, UIDProxy: v.UIDProxy, UIDTo: v.UIDTo, VID: v.VID, VIDEncoded: v.VIDEncoded,
	}
}

// written returns a value as JSON in one of its many forms. The order of names, the white space and the escapes vary, and there are
// more members.
func written(t *testing.T, random *rand.Rand, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	addUnknown(random, tree)
	var b bytes.Buffer
	writeJSON(&b, random, tree)
	return b.Bytes()
}

// addUnknown gives one object in two unknown members, of any kind, as a later broker may send them.
func addUnknown(random *rand.Rand, value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) { // in one order, so that an input is always written the same
			addUnknown(random, value[name])
		}
		for random.IntN(2) == 0 {
			names := []string{"", "more", "vid_", "ts", "x\"y", "čokolada", "data.data", "\u0000", "null"}
			value[names[random.IntN(len(names))]] = unknown(random, 3)
		}
	case []any:
		for _, element := range value {
			addUnknown(random, element)
		}
	}
}

// unknown returns any value, in which known names may stand again.
func unknown(random *rand.Rand, depth int) any {
	if depth == 0 {
		return nil
	}
	switch random.IntN(8) {
	case 0:
		return map[string]any{"data": unknown(random, depth-1), "vid_encoded": unknown(random, depth-1), "": unknown(random, depth-1)}
	case 1:
		return []any{unknown(random, depth-1), unknown(random, depth-1)}
	case 2:
		return []any{}
	case 3:
		return "]}, {\"vid\": 1, \\ 😀\u2028"
	case 4:
		return json.Number([]string{"-0", "1.5e-300", "123456789012345678901234567890", "0.10", "1E+2"}[random.IntN(5)])
	case 5:
		return true
	case 6:
		return map[string]any{}
	default:
		return nil
	}
}

func writeJSON(b *bytes.Buffer, random *rand.Rand, value any) {
	space := func() { b.WriteString([]string{"", "", "", " ", "\n\t", "\r\n  "}[random.IntN(6)]) }
	space()
	defer space()
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		b.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, random, name)
			b.WriteByte(':')
			writeJSON(b, random, value[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, element := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, random, element)
		}
		b.WriteByte(']')
	case string:
		writeString(b, random, value)
	case json.Number:
		b.WriteString(value.String())
	default:
		fmt.Fprint(b, map[any]string{nil: "null", true: "true", false: "false"}[value])
	}
}

func writeString(b *bytes.Buffer, random *rand.Rand, text string) {
	b.WriteByte('"')
	for _, c := range text {
		short := strings.IndexRune("\"\\/\b\f\n\r\t", c)
		switch must := c < ' ' || c == '"' || c == '\\'; {
		case short >= 0 && (must || random.IntN(8) == 0):
			b.WriteByte('\\')
			b.WriteByte(`"\/bfnrt`[short])
		case must || random.IntN(8) == 0:
			for _, unit := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(b, []string{`\u%04x`, `\u%04X`}[random.IntN(2)], unit)
			}
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
}
