// Package examples_test runs the examples that end by themselves.
package examples_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

func TestPrograms_Output(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds each program")
	}
	programs := map[string]string{
		"delegated": `[0-9a-f]{40} bought "Article 12" and has VINGD 3\.01 left\.
A stranger cannot be charged\.
`,
		"quickstart": `I \(.+\) registered on \d{4}-.+
My balance is VINGD 1000\.00\.
I'm rewarding you with this 1 vingd voucher \((\S+)\): https://127\.0\.0\.1:\d+/vouchers/\S+\.
Now I have 1 active vouchers\.
Also, 0 of my vouchers have been redeemed\.
And, 0 of my vouchers have expired before anybody used them\.
I've just created an object, just for you\. OID is \d+\.
Object updated\.
Object last modified at \d{4}-\S+, new url is http://localhost:777/
I have 1 active objects\.
I've also created an order \(id=\d+\) for the object \(oid=\d+\): https://127\.0\.0\.1:\d+/orders/\d+/add/
Purchase verified \(buyer's HUID = [0-9a-f]{40}, context = 'optional purchase details'\)\.
Content served, and purchase committed\.
User rewarded \(transfer id = \d+\)\.
`,
		"reward": `Rewarded by transfer \d+\.
The reader has VINGD 0\.75\.
`,
		"vouchers": `(Redeem \S+ at https://127\.0\.0\.1:\d+/vouchers/\S+
){3}(\S+ is worth VINGD 1\.00
){2}(\S+: add
){3}\S+: use
2 vouchers are revoked\.
My balance is VINGD 999\.00\.
`,
	}
	folder := t.TempDir()
	args := []string{"build", "-o", folder}
	for name := range programs {
		args = append(args, "./"+name)
	}
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, want := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), filepath.Join(folder, name)).CombinedOutput()
			if err != nil || !regexp.MustCompile("^"+want+"$").Match(out) {
				t.Errorf("got error %v and output\n%s\nwant\n%s", err, out, want)
			}
		})
	}
}

// The first program of README.md runs against a sandbox by the variables that "vingd sandbox env" prints.
func TestBalance(t *testing.T) {
	sb, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sb.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	command := exec.CommandContext(t.Context(), "go", "run", "./balance")
	command.Env = append(os.Environ(), "VINGD_KEY=", "VINGD_CA=", "VINGD_USERNAME=test@vingd.com", "VINGD_PASSWORD=123",
		"VINGD_ENDPOINT="+server.URL+"/broker/v1", "VINGD_FRONTEND="+server.URL)
	out, err := command.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), " balance: 1000.00\n") {
		t.Errorf("got error %v and output %q, want the balance", err, out)
	}
}
