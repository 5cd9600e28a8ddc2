package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// A terminal is a pseudo terminal: the test's end of it, and that of the command.
type terminal struct {
	t          *testing.T
	test, tool *os.File
	output     *bufio.Reader
	shown      strings.Builder // all output so far
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	test, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var unlock, number int32
	ioctl(t, test, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, test, syscall.TIOCGPTN, unsafe.Pointer(&number))
	tool, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = test.Close(), tool.Close() })
	return &terminal{t: t, test: test, tool: tool, output: bufio.NewReader(test)}
}

func ioctl(t *testing.T, file *os.File, request uintptr, value unsafe.Pointer) {
	t.Helper()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), request, uintptr(value)); errno != 0 {
		t.Fatal(errno)
	}
}

// start starts a command on the terminal.
func (m *terminal) start(cmd *exec.Cmd) {
	m.t.Helper()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = m.tool, m.tool, m.tool
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

// waitFor reads until the terminal has shown a text.
func (m *terminal) waitFor(text string) {
	m.t.Helper()
	for !strings.Contains(m.shown.String(), text) {
		c, err := m.output.ReadByte()
		if err != nil {
			m.t.Fatalf("%v, want %q after\n%s", err, text, m.shown.String())
		}
		m.shown.WriteByte(c)
	}
}

// echoes reports whether the terminal shows what is typed.
func (m *terminal) echoes() bool {
	var state syscall.Termios
	ioctl(m.t, m.test, syscall.TCGETS, unsafe.Pointer(&state))
	return state.Lflag&syscall.ECHO != 0
}

// typeHidden types a text once the terminal does not show it.
func (m *terminal) typeHidden(text string) {
	m.t.Helper()
	for m.echoes() {
		runtime.Gosched()
	}
	if _, err := m.test.WriteString(text); err != nil {
		m.t.Fatal(err)
	}
}

// A password that is typed is not shown, and the terminal shows again what is typed when the command has ended.
func TestPassword_IsHidden(t *testing.T) {
	w := openWorld(t, 1000_00)
	dir := t.TempDir()
	for _, typed := range []struct {
		keys string
		code int
	}{{"\x03", 130}, {"\n", 2}, {"123\n", 0}} {
		m := newTerminal(t)
		cmd := w.vingd(t.Context(), dir, "profile", "add", "shop", "--username", "test@vingd.com", "--endpoint", w.endpoint(), "--frontend", w.server.URL)
		m.start(cmd)
		m.waitFor("Password of test@vingd.com: ")
		m.typeHidden(typed.keys)
		if code := exitCode(t, cmd.Wait()); code != typed.code {
			t.Errorf("%q: got exit code %d, want %d", typed.keys, code, typed.code)
		}
		if !m.echoes() {
			t.Errorf("%q: the terminal is left without echo", typed.keys)
		}
		if _, err := m.tool.WriteString("end\n"); err != nil {
			t.Fatal(err)
		}
		if m.waitFor("end"); strings.Contains(m.shown.String(), "123") {
			t.Errorf("the terminal shows the password:\n%s", m.shown.String())
		}
		if says := strings.Contains(m.shown.String(), "\r\nvingd: interrupted\r\n"); says != (typed.code == 130) {
			t.Errorf("%q: got %q", typed.keys, m.shown.String())
		}
	}
	cmd := w.vingd(t.Context(), dir, "balance", "--profile", "shop", "--no-header")
	if output, err := cmd.CombinedOutput(); err != nil || string(output) != "1000.00\n" {
		t.Errorf("got %s, %v", output, err)
	}
}

// resize sets the number of the terminal's columns.
func (m *terminal) resize(columns uint16) {
	m.t.Helper()
	size := struct{ rows, columns, width, height uint16 }{rows: 24, columns: columns}
	ioctl(m.t, m.tool, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// Ctrl-C at a question begins a new line, and does nothing.
func TestConfirm_Interrupted(t *testing.T) {
	w, m := openWorld(t, 1000_00), newTerminal(t)
	cmd := w.vingd(t.Context(), t.TempDir(), "campaign", "run", "plan.csv", "--count", "5", "--amount", "1.00")
	m.start(cmd)
	m.waitFor("Type yes to go on: ")
	if _, err := m.test.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(t, cmd.Wait()); code != 130 {
		t.Errorf("got exit code %d, want 130", code)
	}
	if _, err := m.tool.WriteString("end\n"); err != nil {
		t.Fatal(err)
	}
	if m.waitFor("end"); !strings.Contains(m.shown.String(), "\r\nvingd: interrupted\r\n") {
		t.Errorf("got %q, want a new line before the message", m.shown.String())
	}
	assertVouchers(t, w, 0, 1000_00)
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// The progress of a run is one line, also on a narrow terminal: a longer one would stay on the screen, again and again.
func TestProgress_FitsTerminal(t *testing.T) {
	for _, columns := range endure.Part([]int{40, 60, 80, 120}, 2) {
		w, m := openWorld(t, 1_000_000_00), newTerminal(t)
		m.resize(uint16(columns))
		cmd := w.vingd(t.Context(), t.TempDir(), "campaign", "run", "plan.csv", "--count", "150", "--amount", "1234.56", "--yes")
		m.start(cmd)
		m.waitFor("Get the codes by")
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		_, drawn, _ := strings.Cut(m.shown.String(), "broker/v1.\r\n")
		drawn, _, ok := strings.Cut(drawn, "rows ")
		shows := false
		for line := range strings.FieldsFuncSeq(escapes.ReplaceAllString(drawn, ""), func(c rune) bool { return c == '\r' || c == '\n' }) {
			shows = shows || strings.Contains(line, "/150")
			if n := utf8.RuneCountInString(line); n >= columns {
				t.Errorf("%d columns: a line of %d: %q", columns, n, line)
			}
		}
		if !shows || !ok {
			t.Errorf("%d columns: got no progress in %q", columns, m.shown.String())
		}
	}
}

// A revocation takes the vouchers that the question names. One that is made while the terminal asks stays open.
func TestRevoke_OnlyConfirmedVouchers(t *testing.T) {
	for answer, flags := range map[string][]string{"1": {"--all"}, "yes": {"--group", "spring"}} {
		w, m := openWorld(t, 1000_00), newTerminal(t)
		create := func(amount vingd.Cents) vingd.VoucherCode {
			return must(w.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: amount, Group: "spring"})).Code
		}
		create(3_00)
		cmd := w.vingd(t.Context(), t.TempDir(), append([]string{"vouchers", "revoke"}, flags...)...)
		m.start(cmd)
		m.waitFor("Revoke 1 unused voucher, of 3.00 in all,")
		m.waitFor("Type " + answer + " to go on: ")
		later := create(60_00)
		if _, err := m.test.WriteString(answer + "\n"); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", flags, err, m.shown.String())
		}
		if left := must(w.client.Vouchers.Get(t.Context(), later)).Allocated; left != 60_00 {
			t.Errorf("%s: the later voucher holds %v, want 60.00", flags, left)
		}
		if balance := must(w.Balance(w.Seller())); balance != 940_00 {
			t.Errorf("%s: the seller has %v, want 940.00", flags, balance)
		}
	}
}
