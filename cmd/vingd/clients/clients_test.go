// Package clients_test follows the screen of vingd sandbox word by word, in the languages of the official clients. A program
// in each language sends the requests of its official client, and is pointed at the sandbox as the screen says.
package clients_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A language is how a program in it is made and run.
type language struct {
	row    string   // its row on the screen
	source string   // a file of testdata
	needs  []string // the tools beside sh
	// build makes the program in its folder, if the language needs it.
	build string
	// run is the program in place of the … of the screen.
	run string
}

// Debian keeps the library here. Another system names it by CLASSPATH.
const gson = "${CLASSPATH:-/usr/share/java/gson.jar}"

var languages = []language{
	{row: "Python", source: "client.py", needs: []string{"python3"}, run: "client.py"},
	{row: "PHP", source: "client.php", needs: []string{"php"}, run: "client.php"},
	{
		row: "Java", source: "Client.java", needs: []string{"javac", "java", "keytool"},
		build: `javac -encoding UTF-8 -cp "` + gson + `" Client.java`, run: `-cp ".:` + gson + `" Client`,
	},
	{
		row: "C#", source: "Client.cs", needs: []string{"mcs", "mono", "cert-sync"},
		build: "mcs -codepage:utf8 -r:System.Web.Extensions.dll Client.cs", run: "mono Client.exe",
	},
}

// Each official client's sale, reward, vouchers and errors work if the screen is followed.
func TestScreen_OfficialClients(t *testing.T) {
	vingd := build(t)
	for _, l := range languages {
		t.Run(l.row, func(t *testing.T) {
			t.Parallel()
			requireTools(t, l.needs...)
			s := startSandbox(t, vingd, t.TempDir())
			if flags, ok := strings.CutPrefix(s.row(t, l.row, 0), "speaks to port 443 only: start the sandbox with "); ok {
				first := s
				s = startSandbox(t, vingd, t.TempDir(), "sh", "-c", `exec "$@" `+flags, "sh")
				if got, want := s.row(t, "trust", 0), first.row(t, "trust", 0); got != want {
					t.Errorf("the sandbox on port 443 asks to trust %s, want the file of its user, %s", got, want)
				}
			}
			s.follow(t, l)
			if l.row == "Python" {
				s.assertRecorded(t)
			}
			s.assertBooksRight(t)
		})
	}
}

// The words for curl work as one line.
func TestScreen_Curl(t *testing.T) {
	requireTools(t, "curl", "sha1sum")
	s := startSandbox(t, build(t), t.TempDir())
	out, err := s.shell(t, s.row(t, "curl", 0)+" "+s.row(t, "curl", 1)).Output()
	if err != nil || !strings.Contains(string(out), `"balance":100000`) {
		t.Errorf("got %s, %v", out, err)
	}
}

// requireTools skips the test if a tool is missing, or fails it where the environment variable CI is set.
func requireTools(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range append(tools, "sh") {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%v: run make clients, which installs it", err)
			}
			t.Skipf("%v: run make clients, which installs it", err)
		}
	}
}

// build returns the folder with the command.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("left to make clients")
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "vingd"), "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// assertRecorded checks that each request has the shape of a recorded request of the official client for Python.
func (s *sandbox) assertRecorded(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash("../../../vingd/testdata/wire/requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recordings []struct {
		Request *struct {
			Method, Target string
			BodyRaw        string `json:"body_raw"`
		}
	}
	if err := json.Unmarshal(content, &recordings); err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, r := range recordings {
		if r.Request != nil {
			recorded[shape(r.Request.Method, r.Request.Target, r.Request.BodyRaw)] = true
		}
	}
	var answer struct {
		Calls []struct{ Method, Path, Request string }
	}
	s.control(t, "calls?last=100", &answer)
	compared := 0
	for _, call := range answer.Calls {
		if !strings.Contains(call.Path, api) {
			continue
		}
		compared++
		if at := shape(call.Method, call.Path, call.Request); !recorded[at] {
			t.Errorf("the program sends %s, which the official client was not recorded to send", at)
		}
	}
	if compared < 15 {
		t.Errorf("%d requests were compared, want a whole sale, a reward and vouchers", compared)
	}
}
