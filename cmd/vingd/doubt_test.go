package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A doubt is a command on a plan with a row that was done, and whose outcome the journal does not know.
type doubt struct {
	*world

	dir  string
	args []string // without --yes
}

// leaveDoubt runs a command until the outcome of its row is unknown. The user has an id in the arguments: USER.
func leaveDoubt(t *testing.T, args ...string) *doubt {
	t.Helper()
	d := &doubt{world: openWorld(t, 1000_00), dir: t.TempDir()}
	user := d.make(t.Context(), "user", "ann")
	for _, arg := range args {
		d.args = append(d.args, strings.ReplaceAll(arg, "USER", user))
	}
	for name, text := range map[string]string{
		"payroll.csv": "huid,amount,reference\n" + user + ",1.00,payroll 2026-11 no. 1\n",
		"plan.csv":    "amount\n1.00\n",
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, operation := range []string{"rewardUser", "createVoucher"} {
		if err := d.Fail(operation, sandbox.Fault{HangUp: true, Done: true, Count: 1}); err != nil {
			t.Fatal(err)
		}
	}
	d.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodPost {
			_ = d.Fail("listTransfers", sandbox.Fault{Status: http.StatusForbidden})
			_ = d.Fail("listVoucherHistory", sandbox.Fault{Status: http.StatusForbidden})
		}
	})
	output, err := d.vingd(t.Context(), d.dir, append(d.args, "--yes")...).CombinedOutput()
	if code := exitCode(t, err); code != 3 {
		t.Fatalf("the first run: got %d, %s, want 3", code, output)
	}
	d.beforeEach(nil)
	d.ClearFaults()
	return d
}

// The exit code is 3 while the outcome of a row is unknown, whatever ends the command. The error that ended it is printed, too.
func TestDoubt_EndsWith3(t *testing.T) {
	commands := map[string][]string{
		"pay":      {"rewards", "pay", "payroll.csv"},
		"give":     {"rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1"},
		"campaign": {"campaign", "run", "plan.csv"},
	}
	profile := func(f sandbox.Fault) func(*doubt) {
		return func(d *doubt) { _ = d.Fail("getProfile", f) }
	}
	ends := map[string]struct {
		prepare     func(*doubt)
		environment string
		flag        string
		says        string
	}{
		"broker away":     {prepare: profile(sandbox.Fault{HangUp: true}), flag: "--yes", says: "getProfile: no response"},
		"broker fails":    {prepare: profile(sandbox.Fault{Status: 503}), flag: "--yes", says: "getProfile: 503"},
		"forbidden":       {prepare: profile(sandbox.Fault{Status: 403}), flag: "--yes", says: "getProfile: 403"},
		"wrong login":     {environment: "VINGD_PASSWORD=bad", flag: "--yes", says: "getProfile: 401"},
		"no history":      {prepare: func(d *doubt) { d.failHistory(sandbox.Fault{Status: 503}) }, flag: "--yes", says: ": 503"},
		"history refused": {prepare: func(d *doubt) { d.failHistory(sandbox.Fault{Status: 403}) }, flag: "--yes", says: ": 403"},
		"wrong authority": {environment: "VINGD_CA=nosuch.pem", flag: "--yes", says: "nosuch.pem"},
		"not confirmed":   {flag: "--yes=false", says: "--yes must be given"},
		"dry run":         {prepare: profile(sandbox.Fault{HangUp: true}), flag: "--dry-run", says: "getProfile: no response"},
	}
	for name, args := range commands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := leaveDoubt(t, args...)
			for _, name := range endure.Part(slices.Sorted(maps.Keys(ends)), 5) {
				end := ends[name]
				if end.prepare != nil {
					end.prepare(d)
				}
				cmd := d.vingd(t.Context(), d.dir, append(d.args, end.flag, "-o", "json")...)
				if end.environment != "" {
					cmd.Env = append(cmd.Env, end.environment)
				}
				d.assertEnds(t, name, cmd, end.says)
				d.ClearFaults()
			}
			d.assertSettles(t)
		})
		t.Run(name+" interrupted", func(t *testing.T) {
			t.Parallel()
			d := leaveDoubt(t, args...)
			cmd := d.vingd(t.Context(), d.dir, append(d.args, "--yes", "-o", "json")...)
			if err := d.Fail("getProfile", sandbox.Fault{Delay: time.Hour}); err != nil {
				t.Fatal(err)
			}
			var started sync.Mutex // until the process is known
			started.Lock()
			d.beforeEach(func(*http.Request) {
				started.Lock()
				defer started.Unlock()
				_ = cmd.Process.Signal(os.Interrupt)
			})
			d.assertEnds(t, name, cmd, "interrupt signal received", started.Unlock)
			d.beforeEach(nil)
			d.ClearFaults()
			d.assertSettles(t)
		})
	}
}

// So it is if the plan was changed, cannot be read, or is lost, and if the command is misused.
func TestDoubt_EndsWith3WithoutPlan(t *testing.T) {
	for name, args := range map[string][]string{"pay": {"rewards", "pay", "payroll.csv"}, "campaign": {"campaign", "run", "plan.csv"}} {
		t.Run(name, func(t *testing.T) {
			d := leaveDoubt(t, args...)
			path := filepath.Join(d.dir, args[2])
			text := string(must(os.ReadFile(path)))
			ends := map[string]struct {
				plan  string
				lost  bool
				flags []string
				says  string
			}{
				"changed":          {plan: strings.Replace(text, "1.00", "2.00", 1), says: "it belongs to another plan, or the plan was changed"},
				"longer":           {plan: text + strings.Replace(text[strings.Index(text, "\n")+1:], "no. 1", "no. 2", 1), says: "the plan was changed"},
				"with a typo":      {plan: strings.Replace(text, "1.00", "1.oo", 1), says: "amount \"1.oo\""},
				"empty":            {plan: "", says: "the file is empty"},
				"lost":             {lost: true, says: "no such file"},
				"expression":       {plan: text, flags: []string{"--jq", ".["}, says: "--jq"},
				"unknown flag":     {plan: text, flags: []string{"--nope"}, says: "unknown flag"},
				"another argument": {plan: text, flags: []string{"nope"}, says: "argument \"nope\""},
				"exclusive column": {plan: text, flags: []string{"--columns", "nope"}, says: "nope"},
			}
			if name == "campaign" {
				end := ends["lost"]
				end.flags, end.says = []string{"--count", "7", "--amount", "1.00"}, "the plan was changed"
				ends["another count"] = end
				end.flags, end.says = []string{"--count", "0", "--amount", "1.00"}, "--count 0"
				ends["no count"] = end
			}
			for name, end := range ends {
				if err := os.WriteFile(path, []byte(end.plan), 0o600); err != nil {
					t.Fatal(err)
				}
				if end.lost {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				}
				d.assertEnds(t, name, d.vingd(t.Context(), d.dir, slices.Concat(args, []string{"--yes", "-o", "json"}, end.flags)...), end.says)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if runtime.GOOS != "windows" {
				_ = os.Chmod(path+".journal", 0o644)
				d.assertEnds(t, "public journal", d.vingd(t.Context(), d.dir, append(args, "--yes", "-o", "json")...), "must be 0600")
				_ = os.Chmod(path+".journal", 0o600)
			}
			flag := d.vingd(t.Context(), d.dir, append([]string{"--first"}, args...)...)
			if output, err := flag.CombinedOutput(); exitCode(t, err) != 3 || !strings.Contains(string(output), "unknown flag: --first; the outcome") {
				t.Errorf("a wrong flag before the command: got %v, %s, want 3", err, output)
			}
			for _, between := range []string{"--yes", "-y", "--nope", "--nope=1"} {
				flag := d.vingd(t.Context(), d.dir, slices.Insert(slices.Clone(args), 1, between)...)
				if output, err := flag.CombinedOutput(); exitCode(t, err) != 3 || !strings.Contains(string(output), "; correct that, and run the same command again") {
					t.Errorf("%s between the words of the command: got %v, %s, want 3", between, err, output)
				}
			}
			d.assertSettles(t)
		})
	}
}

// So does a check of a plan with such a row, and a revocation, whatever ends it.
func TestDoubt_CheckOrRevokeEndsWith3(t *testing.T) {
	for _, args := range [][]string{{"campaign", "check", "plan.csv"}, {"campaign", "revoke", "plan.csv"}, {"rewards", "pay", "payroll.csv", "--check"}} {
		t.Run(args[0]+" "+args[1], func(t *testing.T) {
			t.Parallel()
			d := leaveDoubt(t, map[string][]string{"campaign": {"campaign", "run", "plan.csv"}, "rewards": {"rewards", "pay", "payroll.csv"}}[args[0]]...)
			if _, err := d.AddSeller(sandbox.Seller{Username: "other@vingd.com", Password: "123"}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(d.dir, args[2])
			text, journal := string(must(os.ReadFile(path))), must(os.ReadFile(path+".journal"))
			ends := map[string]struct {
				plan, journal string
				lost          bool
				fault         sandbox.Fault
				environment   []string
				flags         []string
				says          string
			}{
				"changed":         {plan: strings.Replace(text, "1.00", "2.00", 1), says: "the plan was changed"},
				"semicolons":      {plan: strings.ReplaceAll(text, ",", ";") + ";", says: " (see vingd "},
				"lost":            {lost: true, says: "no such file"},
				"damaged journal": {journal: strings.Repeat("damaged\n", 1000), says: "cannot be read, so the outcome of its rows is unknown"},
				"older journal":   {journal: "SQLite format 3\x00" + strings.Repeat("\x00", 8000), says: "cannot be read, so the outcome of its rows is unknown"},
				"broker away":     {fault: sandbox.Fault{Status: 503}, says: ": 503"},
				"forbidden":       {fault: sandbox.Fault{Status: 403}, says: ": 403"},
				"another account": {environment: []string{"VINGD_USERNAME=other@vingd.com"}, says: "it belongs to another account"},
				"no login":        {environment: []string{"VINGD_USERNAME=", "VINGD_ENDPOINT="}, says: "no login"},
				"new password":    {environment: []string{"VINGD_PASSWORD=bad"}, says: "getProfile: 401"},
				"no expression":   {flags: []string{"--jq", ".["}, says: "--jq"},
				"expression":      {flags: []string{"--jq", "error"}, says: "jq"},
				"wrong flag":      {flags: []string{"--nope"}, says: "unknown flag"},
				"wrong column":    {flags: []string{"--columns", "nope"}, says: "nope"},
			}
			for _, name := range endure.Part(slices.Sorted(maps.Keys(ends)), 7) {
				if name == "expression" && args[1] == "revoke" {
					continue // it prints no row
				}
				end := ends[name]
				if end.plan == "" {
					end.plan = text
				}
				if end.journal == "" {
					end.journal = string(journal)
				}
				for file, held := range map[string]string{path: end.plan, path + ".journal": end.journal} {
					if err := os.WriteFile(file, []byte(held), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if end.lost {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				}
				if end.fault != (sandbox.Fault{}) {
					_ = d.Fail("getBalance", end.fault)
					_ = d.Fail("getProfile", end.fault)
				}
				cmd := d.vingd(t.Context(), d.dir, slices.Concat(args, end.flags)...)
				cmd.Env = append(cmd.Env, end.environment...)
				output, err := cmd.CombinedOutput()
				if code := exitCode(t, err); code != 3 || !strings.Contains(string(output), end.says) {
					t.Errorf("%s: got %d, %s, want 3 and %q", name, code, output, end.says)
				}
				d.ClearFaults()
			}
			for file, held := range map[string][]byte{path: []byte(text), path + ".journal": journal} {
				if err := os.WriteFile(file, held, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			d.assertSettles(t)
		})
	}
}

// So it is if a reward in doubt is repeated with a wrong flag, or if its login is missing.
func TestDoubt_MisusedGive(t *testing.T) {
	d := leaveDoubt(t, "rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1")
	for says, args := range map[string][]string{
		"unknown flag":          append(slices.Clone(d.args), "--bogus"),
		"unknown flag: --first": slices.Concat([]string{"--first"}, d.args),
		"yaml":                  append(slices.Clone(d.args), "-o", "yaml"),
		"nope":                  append(slices.Clone(d.args), "--columns", "nope"),
		"--jq":                  append(slices.Clone(d.args), "--jq", "..["),
		"argument \"extra\"":    append(slices.Clone(d.args), "extra"),
		`profile "missing"`:     append(slices.Clone(d.args), "--profile", "missing"),
		"unknown flag: --one":   {"rewards", "give", "--one", d.args[2], "1", "--reference=" + d.args[5]},
		"in -y":                 slices.Insert(slices.Clone(d.args), 1, "-y"),
		"unknown flag: --dry":   slices.Insert(slices.Clone(d.args), 1, "--dry"),
		"amount \"1,00\"":       {"rewards", "give", d.args[2], "1,00", "--reference", d.args[5]},
		"unknown flag: --ref":   {"rewards", "give", d.args[2], "1.00", "--ref=" + d.args[5]},
		"argument \"2026-11\"":  slices.Concat(d.args[:5], strings.Fields(d.args[5])),
		"argument AMOUNT":       {"rewards", "give", "--reference", d.args[5], d.args[2]},
	} {
		output, err := d.vingd(t.Context(), d.dir, append(slices.Clone(args), "--yes")...).CombinedOutput()
		if code := exitCode(t, err); code != 3 || !strings.Contains(string(output), says) || strings.Count(string(output), "; correct that, and run the same command again")+strings.Count(string(output), "; run the same command again") != 1 {
			t.Errorf("%s: got %d, %s, want 3 and how to go on", args, code, output)
		}
	}
	without := d.vingd(t.Context(), d.dir, append(slices.Clone(d.args), "--yes", "-o", "json")...)
	without.Env = append(without.Env, "VINGD_USERNAME=", "VINGD_ENDPOINT=")
	d.assertEnds(t, "no login", without, "no login")
	other := slices.Clone(d.args)
	other[5] += "7"
	if output, err := d.vingd(t.Context(), d.dir, append(other, "--bogus")...).CombinedOutput(); exitCode(t, err) != 2 {
		t.Errorf("another reward: got %v, %s, want 2", err, output)
	}
	d.assertSettles(t)
}

// A command that only looks says how many rows are unknown, does not count them as to be made, and ends with 3.
func TestDoubt_DryRun(t *testing.T) {
	for _, c := range []struct {
		args, flag []string
		says       string
	}{
		{[]string{"rewards", "pay", "payroll.csv"}, []string{"--dry-run"}, "1 reward"},
		{[]string{"rewards", "pay", "payroll.csv"}, []string{"--check"}, "1 reward"},
		{[]string{"rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1"}, []string{"--dry-run"}, "1 reward"},
		{[]string{"campaign", "run", "plan.csv"}, []string{"--dry-run"}, "1 voucher"},
	} {
		d := leaveDoubt(t, c.args...)
		looks := [][]string{append(slices.Clone(d.args), c.flag...)}
		if c.args[0] == "campaign" {
			looks = append(looks, []string{"campaign", "check", "plan.csv"})
		}
		for _, look := range looks {
			before := contents(t, d.dir)
			output, err := d.vingd(t.Context(), d.dir, look...).CombinedOutput()
			text, says := string(output), "vingd: the outcome of "+c.says+" is unknown: a run asks the broker"
			if look[len(look)-1] == "--check" {
				says += ". If the outcome stays unknown, wait two minutes, and look at vingd transfers list. "
			} else {
				says += "\n"
			}
			if code := exitCode(t, err); code != 3 || !strings.Contains(text, says) || strings.Contains(text, "Make 1 voucher") || strings.Contains(text, "Give 1 reward") {
				t.Errorf("%s: got %d, %s, want 3, %s", look, code, text, says)
			}
			if c.flag[0] == "--dry-run" && c.args[1] != "give" && look[1] != "check" &&
				!strings.Contains(text, "Ask the broker for 1 unknown row of 1.00 in all, and send again what was not done,\nwith account ") {
				t.Errorf("%s: got %s, want that a run asks the broker", look, text)
			}
			if after := contents(t, d.dir); !maps.Equal(before, after) {
				t.Errorf("%s: got files %q, want %q", look, slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
			}
		}
		d.assertSettles(t)
	}
}

// A campaign is not revoked as a whole while the outcome of a row is unknown: its voucher may be open.
func TestDoubt_RevokeCampaign(t *testing.T) {
	d := leaveDoubt(t, "campaign", "run", "plan.csv")
	const row = "plan.csv:2: unknown: its voucher may be open, and is not revoked\n"
	const unknown = "the outcome of 1 voucher is unknown: a run asks the broker\n"
	for _, flag := range []string{"--dry-run", "--yes"} {
		output, err := d.vingd(t.Context(), d.dir, "campaign", "revoke", "plan.csv", flag).CombinedOutput()
		if text := string(output); exitCode(t, err) != 3 || !strings.Contains(text, row) || !strings.Contains(text, "unused vouchers of plan.csv: not found; "+unknown) {
			t.Errorf("%s: got %v, %s, want 3, %s%s", flag, err, text, row, unknown)
		}
	}
	d.assertSettles(t)

	w, dir := openWorld(t, 1000_00), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "other.csv"), []byte("amount\n1.00\n2.00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodPost {
			_ = w.Fail("createVoucher", sandbox.Fault{HangUp: true, Done: true, Count: 1})
			_ = w.Fail("listVoucherHistory", sandbox.Fault{Status: http.StatusForbidden})
			w.beforeEach(nil)
		}
	})
	if output, err := w.vingd(t.Context(), dir, "campaign", "run", "other.csv", "--yes").CombinedOutput(); exitCode(t, err) != 3 {
		t.Fatalf("got %v, %s, want 3", err, output)
	}
	w.ClearFaults()
	output, err := w.vingd(t.Context(), dir, "campaign", "revoke", "other.csv", "--yes").CombinedOutput()
	if text := string(output); exitCode(t, err) != 3 || !strings.Contains(text, "Revoke 1 unused voucher of other.csv") || !strings.HasSuffix(text, "vingd: "+unknown) {
		t.Errorf("got %v, %s, want 3, 1 voucher revoked, %s", err, text, unknown)
	}
}

// A dry run of a reward that was not given yet writes nothing.
func TestGive_DryRunWritesNothing(t *testing.T) {
	w, dir := openWorld(t, 1000_00), t.TempDir()
	args := []string{"rewards", "give", w.make(t.Context(), "user", "ann"), "1.00", "--reference", "prize 2026-11 no. 1", "--dry-run"}
	seen := map[string]string{}
	w.beforeEach(func(*http.Request) { maps.Copy(seen, contents(t, dir)) })
	if output, err := w.vingd(t.Context(), dir, args...).CombinedOutput(); err != nil {
		t.Errorf("%v, %s", err, output)
	}
	w.beforeEach(nil)
	maps.Copy(seen, contents(t, dir))
	delete(seen, dir)
	if len(seen) > 0 {
		t.Errorf("got %q, want no file", slices.Sorted(maps.Keys(seen)))
	}
}

// contents returns the files and folders of a folder, and what the files hold.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			found[path] = ""
			return err
		}
		text, err := os.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// A journal that cannot be read may have such a row. An empty one has no row.
func TestDoubt_UnreadableJournal(t *testing.T) {
	for name, args := range map[string][]string{"pay": {"rewards", "pay", "payroll.csv"}, "campaign": {"campaign", "run", "plan.csv"}} {
		w, dir := openWorld(t, 1000_00), t.TempDir()
		for _, c := range []struct {
			journal string
			code    int
			says    string
		}{
			{strings.Repeat("damaged\n", 1000), 3, "cannot be read, so the outcome of its rows is unknown: restore it, or look at vingd "},
			{"", 5, args[2] + ": no such file or directory"},
		} {
			if err := os.WriteFile(filepath.Join(dir, args[2]+".journal"), []byte(c.journal), 0o600); err != nil {
				t.Fatal(err)
			}
			output, err := w.vingd(t.Context(), dir, append(args, "--yes")...).CombinedOutput()
			if code := exitCode(t, err); code != c.code || !strings.Contains(string(output), c.says) {
				t.Errorf("%s: got %d, %s, want %d, %s", name, code, output, c.code, c.says)
			}
		}
	}
}

func (d *doubt) failHistory(f sandbox.Fault) {
	_ = d.Fail("listTransfers", f)
	_ = d.Fail("listVoucherHistory", f)
}

// assertEnds runs a command, which must end with 3 and say why.
func (d *doubt) assertEnds(t *testing.T, name string, cmd *exec.Cmd, says string, started ...func()) {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, run := range started {
		run()
	}
	code := exitCode(t, cmd.Wait())
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	var said struct {
		Error struct {
			Message  string
			ExitCode int `json:"exit_code"`
			Outcome  string
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &said); err != nil {
		t.Errorf("%s: %v: %s", name, err, &stderr)
	}
	got := said.Error
	if code != 3 || got.ExitCode != 3 || got.Outcome != "unknown" || !strings.Contains(got.Message, says) || !strings.Contains(got.Message, "run the same command again") {
		t.Errorf("%s: got %d and %+v, want 3, unknown, and a message with %q", name, code, got, says)
	}
}

// assertSettles runs the command to its end: the row was done once.
func (d *doubt) assertSettles(t *testing.T) {
	t.Helper()
	if output, err := d.vingd(t.Context(), d.dir, append(d.args, "--yes")...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if left := must(d.Balance(d.Seller())); left != 999_00 {
		t.Errorf("the seller has %v, want %v", left, vingd.Cents(999_00))
	}
}
