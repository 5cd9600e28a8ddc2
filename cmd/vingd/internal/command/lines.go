package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// newLines returns a logger that writes each call of a sandbox in a line for people.
func newLines(out io.Writer) *slog.Logger { return slog.New(&lines{out: out}) }

// lines are a slog.Handler. It knows no groups, and the sandbox uses none.
type lines struct {
	out io.Writer
	mu  sync.Mutex
}

// Enabled returns true.
func (*lines) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs returns the handler as it is.
func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup returns the handler as it is.
func (l *lines) WithGroup(string) slog.Handler { return l }

// Handle writes a line: time, method, path, status, duration, and what went wrong.
func (l *lines) Handle(_ context.Context, record slog.Record) error {
	values := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value
		return true
	})
	status := fmt.Sprint(values["status"].Int64())
	if status == "0" {
		status = "no response"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s %d ms", record.Time.Format(time.TimeOnly), values["method"], values["path"], status, values["took"].Duration().Milliseconds())
	for _, name := range []string{"fault", "failure"} {
		if value, ok := values[name]; ok {
			fmt.Fprintf(&b, ", %s: %s", name, strings.Join(strings.Fields(value.String()), " "))
		}
	}
	b.WriteByte('\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.out, b.String())
	return err
}
