package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A lesson is an example of a help text.
type lesson struct{ command, line string }

// lessons returns the examples of a command and of those below it. A text after two spaces is a remark.
func lessons(c *cobra.Command) (all []lesson) {
	for line := range strings.Lines(c.Example) {
		line = regexp.MustCompile(`\s{2,}[^'"|]*$`).ReplaceAllString(strings.TrimSpace(line), "")
		if line != "" {
			all = append(all, lesson{c.CommandPath(), line})
		}
	}
	for _, below := range c.Commands() {
		if below.Name() != "completion" {
			all = append(all, lessons(below)...)
		}
	}
	return all
}

// Every command that does something has an example, and every example of every help text runs unchanged.
func TestExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for a POSIX shell")
	}
	root := command.New(&cli.App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Runnable() && c.Example == "" {
			t.Errorf("%s: has no example", c.CommandPath())
		}
		for _, below := range c.Commands() {
			check(below)
		}
	}
	check(root)
	if testing.Short() {
		t.Skip("it runs each example")
	}
	for _, l := range lessons(root) {
		t.Run(l.line, func(t *testing.T) {
			t.Parallel()
			if startsSandbox.MatchString(l.line) {
				runSandbox(t, l.line)
				return
			}
			runLesson(t, l)
		})
	}
}

// startsSandbox matches an example that runs until it is interrupted.
var startsSandbox = regexp.MustCompile(`^vingd sandbox($| --)`)

// runSandbox runs an example on free ports, until it serves.
func runSandbox(t *testing.T, line string) {
	t.Helper()
	dir := t.TempDir()
	a, err := authority.Open(filepath.Join(dir, "vingd"))
	if err != nil {
		t.Fatal(err)
	}
	pair := must(os.ReadFile(filepath.Join(filepath.Dir(a.Path()), "ca-key.pem"))) // the key and a certificate
	for name, content := range map[string][]byte{"sandbox.pem": pair, "sandbox-key.pem": pair, "shop.json": []byte("{}")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	line = strings.NewReplacer("127.0.0.1:443", "127.0.0.1:0", ":8443", "127.0.0.1:0", "/run/", "").Replace(line)
	if !strings.Contains(line, "--listen") {
		line += " --listen 127.0.0.1:0"
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "exec "+line)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_CONFIG_HOME="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if last = lines.Text(); strings.HasPrefix(last, "  curl ") || strings.HasPrefix(last, "{") { // the end of the screen
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil || last != "Stopped." && !strings.HasSuffix(line, " --json") {
		t.Errorf("%s: %v, and at last %q\n%s", line, err, last, &stderr)
	}
}

// runLesson runs an example in a world of its own, in which the things exist that examples name.
func runLesson(t *testing.T, l lesson) {
	t.Helper()
	w := openWorld(t, 1000_00)
	ctx := t.Context()
	user := w.make(ctx, "user", "ann")
	must(w.client.Rewards.Create(ctx, vingd.HUID(user), vingd.RewardParams{Amount: 10_00, Description: "first"}))
	dir := t.TempDir()
	names := strings.NewReplacer(
		"LXKG-TBR-HQV", w.make(ctx, "voucher", "spring"), "3f5d2a", user,
		"objects get 17", "objects get "+w.make(ctx, "object", "a"), "objects update 17", "objects update "+w.make(ctx, "object", "b"),
		"orders create 17", "orders create "+w.make(ctx, "object", "c"), "charge 17", "charge "+w.make(ctx, "object", "d"),
		"--object 17", "--object "+w.make(ctx, "object", "e"), "orders get 21", "orders get "+w.make(ctx, "order", "f"),
		"vingd pay 21", "vingd pay "+w.make(ctx, "order", "g"), "commit 31 42", "commit "+w.verified(t),
		"~/.local/share/man", dir, "| source", "| cat", "| Invoke-Expression", "| cat", "--follow", "--last 1",
	)
	line := names.Replace(l.line)
	if strings.HasPrefix(line, "man ") {
		if _, err := exec.LookPath("man"); err != nil {
			t.Skip("there is no man here")
		}
		line = "vingd man man1 && man -M . " + strings.TrimPrefix(line, "man ")
	}
	plans := map[string]string{
		"spring.csv":   "amount,message,to,expires,group,pass:city\n5.00,Thank you!,Ann,30d,spring,Ljubljana\n2.50,Thank you!,Bob,,spring,Maribor\n",
		"payroll.csv":  "huid,amount,reference\n" + user + ",5.00,prizes 2026-01 no. 1\n",
		"object.json":  `{"description": {"name": "My article", "url": "https://shop.example/article"}}`,
		"password.txt": "123\n", "secret.txt": "secret\n",
	}
	for name, text := range plans {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := must(sandbox.New(sandbox.Options{Data: filepath.Join(dir, "shop.db")})).Close(); err != nil {
		t.Fatal(err)
	}
	shell := func(line string) (string, error) {
		cmd := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", line)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir)
		for name, value := range w.environment() {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	for _, before := range preparations(line) {
		if output, err := shell(before); err != nil {
			t.Fatalf("%s: %v\n%s", before, err, output)
		}
	}
	output, err := shell(line)
	if err != nil && strings.Contains(output, "--yes must be given") { // it asks; here there is no terminal
		output, err = shell(line + " --yes")
	}
	if err != nil && strings.Contains(output, "--expect must be given") {
		output, err = shell(line + " --yes --expect 1")
	}
	if err != nil && strings.Contains(output, "no terminal to ask on") { // for a password
		output, err = shell(line + " --password-stdin < password.txt")
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, output)
	}
}

// preparations are what the reader of an example did before.
func preparations(line string) (before []string) {
	for _, sub := range []string{"status", "export", "sheet", "revoke"} {
		if strings.Contains(line, "campaign "+sub) || strings.Contains(line, "spring-codes.csv") {
			before = []string{"vingd campaign run spring.csv --yes", "vingd campaign export spring.csv"}
		}
	}
	switch {
	case strings.Contains(line, "sandbox restore"):
		before = []string{"vingd sandbox save monday.db --data shop.db"}
	case strings.Contains(line, "rewards status"):
		before = []string{"vingd rewards pay payroll.csv --yes"}
	case strings.Contains(line, "sandbox restore"):
		before = []string{"vingd sandbox save monday.db --data shop.db"}
	case strings.Contains(line, "profile use"), strings.Contains(line, "profile remove"), strings.Contains(line, "--profile shop"):
		before = []string{`vingd profile add shop --username test@vingd.com --password-stdin --endpoint "$VINGD_ENDPOINT" --frontend "$VINGD_FRONTEND" < password.txt`}
	}
	return before
}

// verified returns a purchase and its transfer, which can be committed.
func (w *world) verified(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	object := w.object(ctx, "v")
	order := must(w.client.Orders.Create(ctx, object, vingd.OrderParams{Price: 1_00}))
	back := must(must(w.AddBuyer("Ann", 5_00)).Pay(order.ID))
	purchase := must(w.client.Purchases.Verify(ctx, object, vingd.TokenID(back.Query().Get("tid"))))
	return purchaseIDs(purchase)
}
