package clients_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/profile"
)

// api is in the path of every call of the API.
const api = "/broker/v1/"

// A sandbox is the real command in a process of its own, and what its screen says.
type sandbox struct {
	home   string
	path   string // PATH, which has the command
	screen []string
	client *http.Client // trusts what the screen says
}

// startSandbox starts the command of a folder for a user with a home folder. The words before are a command to start it by.
func startSandbox(t *testing.T, folder, home string, before ...string) *sandbox {
	t.Helper()
	s := &sandbox{home: home, path: folder + string(os.PathListSeparator) + os.Getenv("PATH")}
	words := append(slices.Clone(before), filepath.Join(folder, "vingd"), "sandbox")
	if before == nil {
		words = append(words, "--listen", "127.0.0.1:0")
	}
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	command.Env = s.environment()
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // when the test ends
	var failure strings.Builder
	command.Stderr = &failure
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for whole := false; !whole && lines.Scan(); {
		s.screen = append(s.screen, lines.Text())
		whole = strings.Contains(lines.Text(), "--cacert") // the end of the screen
	}
	calls := make(chan []string)
	go func() {
		var all []string
		for lines.Scan() {
			all = append(all, lines.Text())
		}
		calls <- all
	}()
	t.Cleanup(func() {
		all := <-calls
		// Wait returns the context's error if the sandbox, interrupted, ended well.
		if err := command.Wait(); !errors.Is(err, context.Canceled) && !t.Skipped() {
			t.Errorf("the sandbox ended with %v: %s", err, &failure)
		}
		if t.Failed() {
			t.Logf("the screen and the calls:\n%s", strings.Join(append(s.screen, all...), "\n"))
		}
	})
	if len(s.screen) == 0 || !strings.Contains(s.screen[len(s.screen)-1], "--cacert") {
		if os.Getenv("CI") == "" && slices.ContainsFunc(before, func(word string) bool { return strings.Contains(word, ":443") }) {
			t.Skip("the sandbox cannot listen on port 443, the only one that the official client for Python knows")
		}
		t.Fatal("the sandbox printed no screen")
	}
	transport, err := (&cli.Login{Login: profile.Login{CA: s.row(t, "trust", 0)}}).Transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{Transport: transport}
	return s
}

// environment returns the environment of the user at the screen.
func (s *sandbox) environment() []string {
	return append(os.Environ(), "HOME="+s.home, "XDG_CONFIG_HOME=", "PATH="+s.path)
}

// row returns a line of a row of the screen. The row's first line is line 0.
func (s *sandbox) row(t *testing.T, name string, line int) string {
	t.Helper()
	first := regexp.MustCompile(`^  ` + regexp.QuoteMeta(name) + ` +(.+)$`)
	for i, text := range s.screen {
		if found := first.FindStringSubmatch(text); found != nil {
			if line == 0 {
				return found[1]
			}
			return strings.TrimSpace(s.screen[i+line])
		}
	}
	t.Fatalf("the screen has no row %s", name)
	return ""
}

// shell returns a shell with a line, in a folder of its own.
func (s *sandbox) shell(t *testing.T, line string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-e", "-c", line)
	command.Env, command.Dir = s.environment(), t.TempDir()
	return command
}

// follow makes a program with the words of the screen and runs it as the screen says. It is the buyer of the program.
func (s *sandbox) follow(t *testing.T, l language) {
	t.Helper()
	words, trust := s.row(t, l.row, 0), s.row(t, l.row, 1)
	source, err := os.ReadFile(filepath.Join("testdata", l.source))
	if err != nil {
		t.Fatal(err)
	}
	run := strings.Replace(trust, "…", l.run, 1)
	if run == trust { // a command to run before
		run = trust + " >&2\n" + l.run
	}
	command := s.shell(t, l.build+"\n"+run)
	program := strings.Replace(string(source), "THE_SCREEN", words, 1)
	if err := os.WriteFile(filepath.Join(command.Dir, l.source), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	var failure strings.Builder
	command.Stderr = &failure
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		last = lines.Text()
		if what, page, ok := strings.Cut(last, " "); ok && (what == "pay" || what == "redeem") {
			if _, err := io.WriteString(stdin, s.buy(t, what, page)+"\n"); err != nil {
				t.Error(err)
			}
		}
	}
	if err := command.Wait(); err != nil || last != "done" {
		t.Errorf("%s: %v, and at last %q\n%s", run, err, last, &failure)
	}
}

// buy pays or redeems as Ann with the command, as the screen says. It returns the address that Ann returns to.
func (s *sandbox) buy(t *testing.T, what, page string) string {
	t.Helper()
	response, err := s.client.Get(page) //nolint:noctx // the sandbox ends with the test
	if err != nil {
		t.Error(err)
		return ""
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("the page %s: %s, %v", page, response.Status, err)
	}
	id := regexp.MustCompile(`/(?:orders|vouchers)/([^/]+)`).FindStringSubmatch(page)
	if id == nil {
		t.Errorf("the page %s is of no order or voucher", page)
		return ""
	}
	command := s.shell(t, s.row(t, "vingd", 0)+"\nvingd "+what+" "+id[1]+" --as Ann -o json")
	var failure strings.Builder
	command.Stderr = &failure
	out, err := command.Output()
	var paid struct{ Return string }
	if err == nil {
		err = json.Unmarshal(out, &paid)
	}
	if err != nil {
		t.Errorf("vingd %s: %v: %s%s", what, err, out, &failure)
	}
	return paid.Return
}

// control reads the response of a control.
func (s *sandbox) control(t *testing.T, path string, into any) {
	t.Helper()
	response, err := s.client.Get(s.row(t, "controls", 0) + path) //nolint:noctx // the sandbox ends with the test
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	if response.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

func (s *sandbox) assertBooksRight(t *testing.T) {
	t.Helper()
	var answer any
	s.control(t, "check", &answer)
}

// shape returns a request without its values: the method, the words of the path, and the keys of the body.
func shape(method, path, body string) string {
	_, path, _ = strings.Cut(path, api)
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		key, _, filter := strings.Cut(segment, "=")
		switch {
		case filter:
			segments[i] = key + "=*"
		case strings.Trim(segment, "abcdefghijklmnopqrstuvwxyz") != "" || i > 0 && segments[i-1] == "tokens":
			segments[i] = "*"
		}
	}
	var keys map[string]any
	if body != "" && json.Unmarshal([]byte(body), &keys) != nil {
		return "a body that is no object: " + body
	}
	return method + " " + strings.Join(segments, "/") + " " + strings.Join(slices.Sorted(maps.Keys(keys)), ",")
}
