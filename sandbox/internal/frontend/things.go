package frontend

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

const (
	// pageRows is how many rows a list has at most.
	pageRows = 50
	// partRows is how many rows each table of the dashboard, or of the page of a thing, has at most.
	partRows = 10
	// searchLimit bounds the text of a search, in bytes.
	searchLimit = 200
)

// A table shows rows of a kind.
type table struct {
	kind
	Rows [][]cell
	// Total is how many rows there are, if it is known, and otherwise negative.
	Total int
	// All leads to the whole list, Older to older rows, and Newest to the first page. Each may be empty.
	All, Older, Newest string
	// Search is the text that all rows match. Optional.
	Search string
}

// A listPage lists things of a kind.
type listPage struct {
	Table  table
	Search string
	// Of and ID are the thing that all rows belong to. Optional.
	Of broker.Kind
	ID int64
}

// A thingPage shows a thing and what belongs to it.
type thingPage struct {
	thing
	Kind  kind
	Parts []table
}

// table returns a table of what a look selects.
func (p *pages) table(k kind, l broker.Look) (table, error) {
	rows, older, err := k.list(p.broker, l)
	if err != nil {
		return table{}, err
	}
	t := table{kind: k, Rows: rows, Total: -1, Search: l.Text}
	if older != 0 {
		l.Before = older
		t.Older = lookPath(k.Kind, l)
	}
	return t, nil
}

// lookPath returns the address of a list.
func lookPath(k broker.Kind, l broker.Look) string {
	query := make(url.Values)
	if l.Text != "" {
		query.Set("q", l.Text)
	}
	if l.Of != "" {
		query.Set("of", string(l.Of))
		query.Set("id", strconv.FormatInt(l.ID, 10))
	}
	if l.Before != 0 {
		query.Set("before", strconv.FormatInt(l.Before, 10))
	}
	if len(query) == 0 {
		return listPath(k)
	}
	return listPath(k) + "?" + query.Encode()
}

// readLook reads the query of the address of a list.
func readLook(r *http.Request) (l broker.Look, err error) {
	query := r.URL.Query()
	if l.Text, err = readSearch(query.Get("q")); err != nil {
		return l, err
	}
	if query.Has("of") {
		l.Of = broker.Kind(query.Get("of"))
		if l.ID, err = readID(query.Get("id")); err != nil {
			return l, err
		}
	}
	if query.Has("before") {
		l.Before, err = readID(query.Get("before"))
	}
	return l, err
}

func readSearch(text string) (string, error) {
	if len(text) > searchLimit {
		return "", refuse("the text to search for must have " + strconv.Itoa(searchLimit) + " bytes at most")
	}
	return strings.TrimSpace(text), nil
}

// oneOf returns the word for one thing of a kind.
func oneOf(k broker.Kind) string {
	for _, known := range kinds() {
		if known.Kind == k {
			return known.One
		}
	}
	return string(k)
}

// kindOf returns the kind that an address names. It responds with a page if there is no such kind.
func (p *pages) kindOf(w http.ResponseWriter, r *http.Request) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return string(k.Kind) == r.PathValue("kind") })
	if i < 0 {
		p.nothing(w, r)
		return kind{}, false
	}
	return all[i], true
}

// list shows the things of a kind, newest first.
func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	k, ok := p.kindOf(w, r)
	if !ok {
		return
	}
	l, err := readLook(r)
	if err != nil {
		p.fail(w, problem{}.refusal(err))
		return
	}
	l.Limit = pageRows
	t, err := p.table(k, l)
	if err != nil {
		p.fail(w, problem{}.refusal(err))
		return
	}
	if l.Before != 0 {
		first := l
		first.Before = 0
		t.Newest = lookPath(k.Kind, first)
	}
	p.render(w, http.StatusOK, "list", listPage{Table: t, Search: l.Text, Of: l.Of, ID: l.ID})
}

// thing shows a thing, and the newest of what belongs to it.
func (p *pages) thing(w http.ResponseWriter, r *http.Request) {
	k, ok := p.kindOf(w, r)
	if !ok {
		return
	}
	back := problem{Back: listPath(k.Kind), BackText: "To the list"}
	id, err := readID(r.PathValue("id"))
	if err != nil {
		p.fail(w, back.refusal(err))
		return
	}
	page := thingPage{Kind: k}
	if page.thing, err = k.show(p.broker, id); err != nil {
		p.fail(w, back.refusal(err))
		return
	}
	page.Raw = indented(page.Raw)
	for _, part := range kinds() {
		own := k.Kind == broker.Accounts && id <= int64(broker.Reserve)
		if !slices.Contains(k.parts, part.Kind) || own && part.Kind != broker.Transfers {
			continue // the sandbox's own accounts have transfers only
		}
		l := broker.Look{Of: k.Kind, ID: id, Limit: partRows}
		t, err := p.table(part, l)
		if err != nil {
			p.fail(w, back.refusal(err))
			return
		}
		t.All = lookPath(part.Kind, l)
		page.Parts = append(page.Parts, t)
	}
	p.render(w, http.StatusOK, "thing", page)
}
