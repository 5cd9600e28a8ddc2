package output_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var kind = output.Kind{
	Name: "things", ID: "id", Fields: []string{"id", "amount", "text", "at", "to", "raw", "ok"}, Columns: []string{"id", "amount", "text"},
}

func record(id int64, text string) output.Record {
	return output.Record{id, vingd.Cents(2_05), text, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), nil, json.RawMessage(`{"a":1}`), true}
}

func printed(t *testing.T, o output.Options, records ...output.Record) string {
	t.Helper()
	var b strings.Builder
	p, err := output.New(&b, kind, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := p.Print(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const whole = `{"id":1,"amount":205,"text":"a & b","at":"2026-01-02T03:04:05Z","to":null,"raw":{"a":1},"ok":true}`

func TestPrinter_Formats(t *testing.T) {
	r := []output.Record{record(1, "a & b"), record(22, "ü")}
	for want, o := range map[string]output.Options{
		"ID  AMOUNT  TEXT\n1   2.05    a & b\n22  2.05    ü\n": {},
		"1   2.05  a & b\n22  2.05  ü\n":                       {Format: "table", NoHeader: true},
		"\x1b[1mTEXT   ID\x1b[m\na & b  1\nü      22\n":        {Columns: []string{"text", "id"}, Bold: true},
		"id,amount,text,at,to,raw,ok\n" +
			"1,2.05,a & b,2026-01-02T03:04:05Z,,\"{\"\"a\"\":1}\",true\n22,2.05,ü,2026-01-02T03:04:05Z,,\"{\"\"a\"\":1}\",true\n": {Format: "csv"},
		"1\n22\n":                              {Format: "csv", Columns: []string{"id"}, NoHeader: true},
		"[\n  {\"id\":1},\n  {\"id\":22}\n]\n": {Format: "json", Columns: []string{"id"}},
		"{\"text\":\"a & b\",\"id\":1}\n{\"text\":\"ü\",\"id\":22}\n": {Format: "jsonl", Columns: []string{"text", "id"}},
		"[1,22]\n":   {JQ: "map(.id)"},
		"a & b\nü\n": {Format: "jsonl", JQ: ".text"},
		"2.05\n":     {Format: "json", JQ: `map(.amount) | add / 2 / 100`},
	} {
		if got := printed(t, o, r...); got != want {
			t.Errorf("%+v: got\n%s\nwant\n%s", o, got, want)
		}
	}
	if got, want := printed(t, output.Options{Format: "id"}, r...), "1\n22\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := printed(t, output.Options{Format: "jsonl"}, r[0]); got != whole+"\n" {
		t.Errorf("got %s, want %s", got, whole)
	}
}

func TestPrinter_Single(t *testing.T) {
	r := record(1, "x")
	for want, o := range map[string]output.Options{
		"id      1\namount  2.05\ntext    x\nat      2026-01-02T03:04:05Z\nraw     {\"a\":1}\nok      true\n": {},
		"2.05\n":              {Columns: []string{"amount"}, NoHeader: true},
		"{\n  \"id\": 1\n}\n": {Format: "json", Columns: []string{"id"}},
		"205\n":               {JQ: ".amount"},
		"id,to\n1,\n":         {Format: "csv", Columns: []string{"id", "to"}},
		"amount  2.05\nto\n":  {Columns: []string{"amount", "to"}},
	} {
		o.Single = true
		if got := printed(t, o, r); got != want {
			t.Errorf("%+v: got\n%s\nwant\n%s", o, got, want)
		}
	}
}

func TestPrinter_Empty(t *testing.T) {
	for format, want := range map[string]string{
		"table": "", "json": "[]\n", "jsonl": "", "csv": "id,amount,text,at,to,raw,ok\n", "id": "",
	} {
		if got := printed(t, output.Options{Format: format}); got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	if got := printed(t, output.Options{JQ: "length"}); got != "0\n" {
		t.Errorf("got %q", got)
	}
}

// Foreign text cannot write to the terminal, nor make a spreadsheet calculate.
func TestPrinter_ForeignText(t *testing.T) {
	evil := "\x1b[2Ja\nb\t\u202ec\u2066\u200b\u061c\u009bd\ufeff"
	if got, want := printed(t, output.Options{NoHeader: true, Columns: []string{"text"}}, record(1, evil)), "[2Ja b cd\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, formula := range []string{"=1+1", "+1", "-1", "@x", "\tx", "\rx"} {
		got := printed(t, output.Options{Format: "csv", NoHeader: true, Columns: []string{"text"}}, record(1, formula))
		if !strings.HasPrefix(strings.TrimPrefix(got, `"`), "'"+formula) {
			t.Errorf("%q: got %q", formula, got)
		}
	}
	negative := output.Record{int64(1), vingd.Cents(-5), "", time.Time{}, nil, json.RawMessage(nil), false}
	if got, want := printed(t, output.Options{Format: "csv", NoHeader: true}, negative), "1,-0.05,,,,,false\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := printed(t, output.Options{Format: "jsonl"}, negative), `{"id":1,"amount":-5,"text":"","at":null,"to":null,"raw":null,"ok":false}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNew_Misuse(t *testing.T) {
	for want, o := range map[string]output.Options{
		`-o "xml": must be table, json, jsonl, csv, id`:               {Format: "xml"},
		`--jq: must be with -o json or -o jsonl`:                      {Format: "csv", JQ: "."},
		`--columns: must not be with -o id`:                           {Format: "id", Columns: []string{"id"}},
		`--columns "x": must be of id, amount, text, at, to, raw, ok`: {Columns: []string{"id", "x"}},
		`--jq "nope": function not defined: nope/0`:                   {JQ: "nope"},
	} {
		if _, err := output.New(io.Discard, kind, o); err == nil || err.Error() != want {
			t.Errorf("%+v: got %v, want %s", o, err, want)
		}
	}
}

// Lists are printed in constant memory.
func TestPrinter_Memory(t *testing.T) {
	for _, format := range []string{"table", "json", "jsonl", "csv", "id"} {
		p, err := output.New(io.Discard, kind, output.Options{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		live := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		add := func(n int) {
			for i := range n {
				if err := p.Print(record(int64(i), fmt.Sprint("text ", i))); err != nil {
					t.Fatal(err)
				}
			}
		}
		add(1000)
		before := live()
		add(20000)
		if after := live(); after > before+200_000 {
			t.Errorf("%s: 20000 records take %d bytes", format, after-before)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
