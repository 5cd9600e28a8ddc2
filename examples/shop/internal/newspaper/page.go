package newspaper

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

//go:embed assets
var assets embed.FS

//go:embed templates
var templates embed.FS

// The pages. The notice page shows a [paywall.Notice] of the paywall or of the newspaper itself.
var (
	frontPage   = parse("front")
	articlePage = parse("article")
	passPage    = parse("pass")
	voucherPage = parse("voucher")
	noticePage  = parse("notice")
)

func parse(name string) *template.Template {
	return template.Must(template.ParseFS(templates, "templates/layout.html", "templates/"+name+".html"))
}

// render writes a page.
func render(w http.ResponseWriter, status int, page *template.Template, data any) {
	var body bytes.Buffer
	if err := page.Execute(&body, data); err != nil {
		http.Error(w, "We cannot show this page.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the reader may be gone
}

// problem says what went wrong, and logs why.
func (n *Newspaper) problem(w http.ResponseWriter, r *http.Request, cause error, notice paywall.Notice) {
	if cause != nil {
		n.options.Logger.WarnContext(r.Context(), "not served", "title", notice.Title, "error", cause)
	}
	w.Header().Set("Cache-Control", "no-store")
	render(w, notice.Status, noticePage, notice)
}

func (n *Newspaper) notFound(w http.ResponseWriter, r *http.Request) {
	n.problem(w, r, nil, paywall.Notice{
		Status: http.StatusNotFound, Title: "There is no such page", Text: "It may be in another edition.",
		Link: "/", LinkText: "To the front page",
	})
}
