package frontend

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/vingd"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Policies for the pages in a browser, which allow nearly nothing.
const (
	policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
	// A browser applies form-action to every redirect that follows, and only the shop knows where its own lead.
	orderPolicy  = policy + "; form-action 'self' http: https:"
	formPolicy   = policy + "; form-action 'self'"
	scriptPolicy = formPolicy + "; script-src 'self'"
)

// secure sets the headers that every page has.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", formPolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	// The addresses of orders hold contexts; forms need their origin.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// parseTemplates returns each page's template by its name, within the layout.
func (p *pages) parseTemplates() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"when": when, "stamp": stamp, "named": named, "count": count,
		"state": p.state, "kinds": kinds, "one": oneOf, "response": responseOf, "milliseconds": milliseconds,
	}).ParseFS(templateFiles, "templates/layout.html", "templates/person.html", "templates/callrows.html", "templates/table.html"))
	parsed := make(map[string]*template.Template)
	for _, name := range []string{"order", "voucher", "done", "problem", "dashboard", "list", "thing", "docs", "calls", "call"} {
		parsed[name] = template.Must(template.Must(layout.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return parsed
}

// render responds with a page.
func (p *pages) render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := p.templates()[name].Execute(&b, data); err != nil {
		calls.SetFailure(w, err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(readable(b.Bytes())) //nolint:errcheck // the client is gone
}

// readable returns a page with LF at the end of each line. It replaces characters that a page must not have, such as control
// characters in the name of an object, and invalid UTF-8.
func readable(page []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\r': // alone
			return '\n'
		case unicode.IsControl(r) && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			return unicode.ReplacementChar
		default:
			return r
		}
	}, bytes.ReplaceAll(page, []byte("\r\n"), []byte("\n")))
}

// A problem is a page that says what is wrong, with a link back.
type problem struct {
	Status         int
	Title, Message string
	Popup          bool
	// Back is the address of the link back, and BackText its text. The default is the dashboard.
	Back, BackText string
	// Again is the address at which a buyer can buy again. Optional.
	Again string

	failure error // of the sandbox itself
}

func (p *pages) fail(w http.ResponseWriter, pr problem) {
	if pr.failure != nil {
		calls.SetFailure(w, pr.failure)
	}
	if pr.Back == "" {
		pr.Back, pr.BackText = "/", "To the dashboard"
	}
	p.render(w, pr.Status, "problem", pr)
}

// refusal completes a problem with the message of a refusal. Any other error is a failure of the sandbox. Only the log of
// calls has its cause.
func (pr problem) refusal(err error) problem {
	pr.Status, pr.Title = statusOf(err)
	if pr.Status == http.StatusInternalServerError {
		pr.failure = err
	}
	pr.Message = sentence(err)
	return pr
}

func statusOf(err error) (status int, title string) {
	switch {
	case errors.Is(err, broker.ErrInvalid):
		return http.StatusBadRequest, "Invalid request"
	case errors.Is(err, broker.ErrLowBalance):
		return http.StatusPaymentRequired, "Not enough vingds"
	case errors.Is(err, broker.ErrForbidden):
		return http.StatusForbidden, "Not allowed"
	case errors.Is(err, broker.ErrNotFound):
		return http.StatusNotFound, "Not found"
	case errors.Is(err, broker.ErrConflict):
		return http.StatusConflict, "Not again"
	case errors.Is(err, broker.ErrGone):
		return http.StatusGone, "Too late"
	default:
		return http.StatusInternalServerError, "The sandbox failed"
	}
}

// sentence returns the message of a refusal as a sentence.
func sentence(err error) string {
	var refused *broker.Error
	if !errors.As(err, &refused) || refused.Message == "" {
		return "Something went wrong within the sandbox, and nothing was changed."
	}
	return capital(refused.Message) + "."
}

// capital returns a text that is not empty with a capital at its beginning. The name of a field in JSON stays as it is.
func capital(text string) string {
	if first, _, _ := strings.Cut(text, " "); strings.ContainsAny(first, "[._:") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// when writes a time for people. The time of something that does not expire is never.
func when(t time.Time) string {
	if !t.Before(broker.Never()) {
		return "never"
	}
	return t.UTC().Format("2 Jan 2006, 15:04:05 UTC")
}

// stamp writes a time for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// named returns the name of an account, or its number if it has no name.
func named(name string, uid vingd.UID) string {
	if name != "" {
		return name
	}
	return "account " + strconv.FormatInt(int64(uid), 10)
}

// count returns the number of rows that are shown, and of all rows.
func count(shown, total int) string {
	if shown == total {
		return strconv.Itoa(total)
	}
	return "newest " + strconv.Itoa(shown) + " of " + strconv.Itoa(total)
}
