package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// lines are a slog.Handler that writes each call of a sandbox in a line for people. It knows no groups, and the sandbox uses
// none. A queue calls it.
type lines struct{ out io.Writer }

// Enabled returns true.
func (*lines) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs returns the handler as it is.
func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup returns the handler as it is.
func (l *lines) WithGroup(string) slog.Handler { return l }

// Handle writes a line: time, method, path, status, duration, and what went wrong. The line of a record without a method is
// its message.
func (l *lines) Handle(_ context.Context, record slog.Record) error {
	values := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value
		return true
	})
	if _, ok := values["method"]; !ok {
		text := record.Message
		if missing, ok := values["missing"]; ok {
			text = missing.String() + " " + text
		}
		_, err := io.WriteString(l.out, text+"\n")
		return err
	}
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
	_, err := io.WriteString(l.out, b.String())
	return err
}
