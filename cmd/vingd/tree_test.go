package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
)

// tree returns every command, without those of cobra.
func tree() (all []*cobra.Command) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, below := range c.Commands() {
			if below.Name() != "completion" && below.Name() != "help" {
				walk(below)
			}
		}
	}
	walk(command.New(&cli.App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}))
	return all
}

// path returns the words that lead to a command.
func path(c *cobra.Command) []string { return strings.Fields(c.CommandPath())[1:] }

// arguments returns the names of a command's arguments. One in brackets may be missing.
func arguments(c *cobra.Command) (names []string) {
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(word, "--") {
			break
		}
		names = append(names, word)
	}
	return names
}

// leaves returns the commands that do something, each with the words that lead to it.
func leaves() (all [][]string) {
	for _, c := range tree() {
		if c.Runnable() && !c.HasSubCommands() {
			all = append(all, path(c))
		}
	}
	return all
}

// The table of docs/command.md has each command: a row of its own, or a word in the row of its first word.
func TestContract_TableNamesCommands(t *testing.T) {
	const name = "../../docs/command.md"
	text := string(must(os.ReadFile(name)))
	for _, words := range leaves() {
		first, last := words[0], words[len(words)-1]
		row := `(?m)^\| .*`
		if len(words) > 1 {
			row = "(?m)^\\| `" + first + `\b.*`
		}
		if !regexp.MustCompile(row + "[` ]" + last + "[` ]").MatchString(text) {
			t.Errorf("%s: add %s to a row of the commands", name, strings.Join(words, " "))
		}
	}
}

// noLogin are the commands, and groups of commands, that make no call with a seller's login.
var noLogin = []string{"sandbox", "demo", "profile", "man", "version", "rewards status"}

func TestContract_CommandsAreTried(t *testing.T) {
	for _, words := range leaves() {
		name := strings.Join(words, " ")
		tried := slices.ContainsFunc(everyLine, func(line string) bool { return strings.HasPrefix(line+" ", name+" ") })
		if tried == (slices.Contains(noLogin, words[0]) || slices.Contains(noLogin, name)) {
			t.Errorf("every_test.go: add a line with %s to everyLine, or list it in noLogin", name)
		}
	}
}

// The file testdata/surface.golden has what scripts depend on: commands, arguments, and flags with their defaults. VINGD_WRITE=1
// writes it.
func TestContract_Surface(t *testing.T) {
	var b strings.Builder
	for _, c := range tree() {
		b.WriteString(strings.Join(append(path(c), arguments(c)...), " ") + "\n")
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			b.WriteString("  --" + f.Name)
			if f.Shorthand != "" {
				b.WriteString(", -" + f.Shorthand)
			}
			if what, _ := pflag.UnquoteUsage(f); what != "" {
				b.WriteString(" " + what)
			}
			if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
				b.WriteString(" = " + f.DefValue)
			}
			b.WriteString("\n")
		})
	}
	const name = "testdata/surface.golden"
	if os.Getenv("VINGD_WRITE") != "" {
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(string(must(os.ReadFile(name))), "\n")
	got := strings.Split(b.String(), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d differs from %s: VINGD_WRITE=1 go test -run Surface ./cmd/vingd writes it; got\n%s", i+1, name, strings.Join(got[min(i, len(got)):min(i+5, len(got))], "\n"))
		}
	}
}

// Each command and each flag says what it does. A command that changes something explains it.
func TestTree_Help(t *testing.T) {
	short := regexp.MustCompile(`^[A-Z][^.\n]+$`)
	for _, c := range tree() {
		if !short.MatchString(c.Short) {
			t.Errorf("%s: short help %q: must be one line that begins with a capital, without a full stop", c.CommandPath(), c.Short)
		}
		if c.Flags().Lookup("dry-run") != nil && c.Long == "" && !slices.Contains(brief, strings.Join(path(c), " ")) {
			t.Errorf("%s: it changes something, and has no long help", c.CommandPath())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if _, usage := pflag.UnquoteUsage(f); len(usage) < 5 || strings.HasSuffix(usage, ".") {
				t.Errorf("%s --%s: usage %q: must say what the flag does, without a full stop", c.CommandPath(), f.Name, usage)
			}
		})
	}
	for _, topic := range []string{"campaign", "profile", "purchases", "purchases commit", "vouchers sheet", "vouchers qr", "vouchers list",
		"vouchers history", "campaign export", "campaign sheet", "campaign status", "campaign check", "rewards status", "transfers list", "profile add", "request", "pay", "redeem"} {
		c, _, err := tree()[0].Find(strings.Fields(topic))
		if err != nil || c.Long == "" {
			t.Errorf("%s: has no long help: %v", topic, err)
		}
	}
}

// brief are commands that change something, and need no words about it.
var brief = []string{"objects create"}

// A missing argument is named, and one too many is refused.
func TestTree_Arguments(t *testing.T) {
	b := newBench(t)
	for _, c := range tree() {
		if !c.Runnable() || c.Name() == "exit-codes" {
			continue
		}
		var given []string
		names := arguments(c)
		for _, name := range names {
			if !strings.HasPrefix(name, "[") {
				want := "vingd: argument " + name + ": is required (see " + c.CommandPath() + " --help)\n"
				if r := b.run(append(path(c), given...)...); r.code != 2 || r.stderr != want {
					t.Errorf("%s %q: got %d, %s, want 2, %s", c.CommandPath(), given, r.code, r.stderr, want)
				}
			}
			given = append(given, "1")
		}
		r := b.run(append(path(c), append(given, "surplus")...)...)
		if r.code != 2 || !strings.Contains(r.stderr, `"surplus"`) || len(names) > 0 && !strings.Contains(r.stderr, strings.Trim(strings.Join(names, " "), "[]")+" only") {
			t.Errorf("%s: got %d, %s for an argument too many", c.CommandPath(), r.code, r.stderr)
		}
		if len(r.requests) > 0 {
			t.Errorf("%s: an argument too many, and requests %q", c.CommandPath(), r.requests)
		}
	}
}

// The shell completes the first argument, and the values of some flags. It offers no names of files, except of plans.
func TestContract_Completion(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	object, voucher, order := b.make(ctx, "object", "A"), b.make(ctx, "voucher", "V"), b.make(ctx, "order", "O")
	login := []string{"profile", "add", "shop", "--key", "k", "--secret-stdin"}
	b.runStdin("secret", login...)
	offers := map[string]string{
		"OBJECT": object + "\tArticle A\n", "CODE": voucher + "\t5.00 Enjoy!\n", "[CODE]": voucher + "\t5.00 Enjoy!\n", "ORDER": order + "\t2.00 O\n",
		"PLAN.csv": "csv\n:8\n", "PAYROLL.csv": "csv\n:8\n", "NAME": "shop\n",
		"--object": object + "\tArticle A\n", "--code": voucher + "\t5.00 Enjoy!\n", "--action": "add\nuse\nrevoke\nexpire\n:4\n",
		"--permit": "purchase.object\nget.account.balance\n:4\n", "--profile": "shop\n:4\n", "--output": "table\njson\njsonl\ncsv\nid\n:4\n",
	}
	for _, c := range tree() {
		if names := arguments(c); len(names) > 0 && strings.Join(path(c), " ") != "profile add" {
			if want := offers[names[0]]; want != "" {
				b.assertOffers(want, append(path(c), "")...)
				if r := b.run(append([]string{"__complete"}, append(path(c), "1", "")...)...); !strings.HasPrefix(r.stdout, ":4\n") {
					t.Errorf("%s 1: got %q for the second argument, want nothing", c.CommandPath(), r.stdout)
				}
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if want := offers["--"+f.Name]; want != "" {
				b.assertOffers(want, append(path(c), "--"+f.Name, "")...)
			}
		})
	}
}

// assertOffers fails the test unless a completion offers a text.
func (b *bench) assertOffers(want string, words ...string) {
	b.t.Helper()
	if r := b.run(append([]string{"__complete"}, words...)...); !strings.Contains(r.stdout, want) || r.code != 0 {
		b.t.Errorf("%q: got %d, %q, want %q", words, r.code, r.stdout, want)
	}
}
