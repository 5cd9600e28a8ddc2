package main

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// changes returns the mutants of a file as "in kind: before → after".
func changes(t *testing.T, source string) []string {
	t.Helper()
	found, err := findMutants("f.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range found {
		all = append(all, strings.TrimPrefix(m.id(), "f.go "))
		if _, err := parser.ParseFile(token.NewFileSet(), "f.go", m.mutate([]byte(source)), 0); err != nil {
			t.Errorf("%s: the mutant is no Go: %v", m.id(), err)
		}
	}
	return all
}

func TestFindMutants_Kinds(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       []string
	}{
		{"an if", "if ok { return }", []string{"condition: ok → !(ok)", "statement: return → if false { return }"}},
		{"a loop", "for ok {}", []string{"condition: ok → !(ok)"}},
		{"an and", "use(a && b)", []string{"argument: a && b → mutantZero(a && b)", "condition: a && b → a", "condition: a && b → b",
			"statement: use(a && b) → if false { use(a && b) }"}},
		{"an or", "x := a || b", []string{"condition: a || b → a", "condition: a || b → b"}},
		{"a not", "x := !a", []string{"condition: !a → a"}},
		{"a not that is the condition", "if !a {}", []string{"condition: !a → !(!a)"}},
		{"an equality", "x := a == b", []string{"condition: a == b → !(a == b)"}},
		{"an equality that is the condition", "if a == b {}", []string{"condition: a == b → !(a == b)"}},
		{"a constant of truth", "x := true", []string{"condition: true → false"}},

		{"a bound", "x := a < b", []string{"bound: a < b → a <= b"}},
		{"a bound with its end", "x := a >= b", []string{"bound: a >= b → a > b"}},
		{"a number", "x := 0x10", []string{"bound: 0x10 → 17"}},

		{"a sum", "x := a + b", []string{"operator: a + b → (a - b)"}},
		{"a sum of texts", `x := a + "b"`, nil},
		{"a mask", "x := a & b", []string{"operator: a & b → (a | b)"}},

		{"an assignment", "a = b", []string{"statement: a = b → if false { a = b }"}},
		{"an assignment to nothing", "_ = b", nil},
		{"a definition", "a := b", nil},
		{"a call", "f()", []string{"statement: f() → if false { f() }"}},
		{"a count", "n++", []string{"statement: n++ → if false { n++ }"}},
		{"a defer", "defer f()", []string{"statement: defer f() → if false { defer f() }"}},
		{"a goroutine", "go f()", []string{"statement: go f() → if false { go f() }"}},
		{"a break", "for { break }", []string{"statement: break → if false { break }"}},
		{"a case", "switch { case a: f() }", []string{"statement: f() → if false { f() }"}},
		{"a case of a select", "select { case <-a: f() }", []string{"statement: f() → if false { f() }"}},

		{"an argument", "x := f(a, nil)", []string{"argument: a → mutantZero(a)"}},
		{"a text as an argument", `x := f("a", "")`, []string{`argument: "a" → ""`}},
		{"a function as an argument", "x := f(func() { a = b })", []string{"statement: a = b → if false { a = b }"}},
		{"an appended value", "x := append(a, b, c)", []string{"argument: , c → "}},
		{"appended values", "x := append(a, b...)", []string{"argument: , b... → "}},
		{"a length", "x := len(a)", nil},
		{"a field", "x := T{A: b}", []string{"argument: b → mutantZero(b)"}},

		{"an error overlooked", "if err != nil {}", []string{"error: err != nil → err != nil && false"}},
		{"something else that is there", "if value != nil {}", []string{"condition: value != nil → !(value != nil)"}},
		{"the same twice", "f = g; f = g", []string{"statement: f = g → if false { f = g }", "statement: f = g → if false { f = g } (2)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want []string
			for _, w := range test.want {
				want = append(want, "f "+w)
			}
			got := changes(t, "package p\n\nfunc f() {\n\t"+test.body+"\n}\n")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestFindMutants_Declarations(t *testing.T) {
	for source, want := range map[string][]string{
		"func f() error { return err }":                             {"f error: err → mutantZero(err)"},
		"func f() (int, error) { return a, g() }":                   {"f error: g() → mutantZero(g())"},
		"func f() (int, error) { return g() }":                      nil,
		"func f() error { return nil }":                             nil,
		"func f() int { return a }":                                 nil,
		"func (t *T) f() { g = func() error { return err } }":       {"T.f statement: g = func() error { return err } → if false { g = func() error { return err } }", "T.f error: err → mutantZero(err)"},
		"func f() error { g(func() int { return a }); return nil }": {"f statement: g(func() int { return a }) → if false { g(func() int { return a }) }"},
		"const limit = 9":                                           {"limit bound: 9 → 10"},
		"var limits = T{A: 9}":                                      {"limits bound: 9 → 10"},
		"type T struct { a [9]int `a:\"b\"` }":                      nil,
		"import \"a\"":                                              nil,
	} {
		if got := changes(t, "package p\n\n"+source+"\n"); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot %q\nwant %q", source, got, want)
		}
	}
	if got := changes(t, "// Code generated by x. DO NOT EDIT.\n\npackage p\n\nconst limit = 9\n"); got != nil {
		t.Errorf("got %q for a generated file", got)
	}
}

func TestFindMutants_SQL(t *testing.T) {
	for query, want := range map[string][]string{
		"SELECT a FROM t WHERE id = $1": {"id = $1 → (id = $1 OR TRUE)", "= → <>"},
		"SELECT a FROM t WHERE a <= $1 AND b IS NULL ORDER BY a DESC, b LIMIT 2": {
			"a <= $1 → (a <= $1 OR TRUE)", "<= → <", "b IS NULL → (b IS NULL OR TRUE)", "ORDER BY a DESC, b → ", " DESC → ", " LIMIT 2 → ", "2 → 3"},
		"DELETE FROM t WHERE a OR b":                  {"a → (a OR TRUE)", "b → (b AND FALSE)"},
		"SELECT a FROM (SELECT b FROM t WHERE c > 0)": {"c > 0 → (c > 0 OR TRUE)", "> → >=", "0 → 1"},
		"UPDATE t SET n = n + 1 WHERE a IN (SELECT b WHERE c)": {
			"a IN (SELECT b WHERE c) → (a IN (SELECT b WHERE c) OR TRUE)", "c → (c OR TRUE)", "1 → 2"},
		" AND gid = $2":                                        {"gid = $2 → (gid = $2 OR TRUE)", "= → <>"},
		"SELECT a FROM t WHERE b = 'x AND y'":                  {"b = 'x AND y' → (b = 'x AND y' OR TRUE)", "= → <>"},
		"INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING": nil,
		"SELECT a FROM t WHERE a BETWEEN $1 AND $2":            {"$2 → ($2 OR TRUE)"},
		"where money is":                                       nil,
		"SELECT a FROM t WHERE a IN (":                         nil,
	} {
		var got []string
		for _, change := range changes(t, "package p\n\nvar q = `"+query+"`\n") {
			got = append(got, strings.TrimPrefix(change, "q sql: "))
		}
		for i := range want {
			want[i] = oneLine(want[i])
		}
		for i := range got {
			got[i] = oneLine(got[i])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot %q\nwant %q", query, got, want)
		}
	}
}
