package frontend_test

import (
	"net/http"
	"slices"
	"testing"
)

// A page without rows says what to do.
func TestPages_Empty(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/":                              "Send a request to the API",
		"/look/calls":                    "Send a request to the API",
		"/dashboard/accounts/4711":       "POST registry/objects/ makes one",
		"/dashboard/vouchers/":           "POST vouchers/ makes one",
		"/?q=no+such+thing":              "Nothing matches “no such thing”",
		"/dashboard/accounts/?q=nobody+": "No row matches",
	} {
		s.get(path).is(http.StatusOK).says(want)
	}
}

// The page of a search has no table in which nothing was found. The page of the mint has transfers only.
func TestPages_NoEmptyTables(t *testing.T) {
	s := newSite(t)
	s.populate()
	for path, want := range map[string]string{"/?q=summer": "Vouchers", "/dashboard/accounts/2": "Transfers"} {
		headings, tables := 0, []string{}
		for _, e := range s.get(path).is(http.StatusOK).elements {
			if e.name == "h2" {
				headings++
			}
			if e.attrs["class"] == "scroll" {
				tables = append(tables, e.attrs["aria-label"])
			}
		}
		if headings != 1 || !slices.Equal(tables, []string{want}) {
			t.Errorf("%s: got %d headings and tables %q, want %s alone", path, headings, tables, want)
		}
	}
}

// Each value of a row names its column, for windows that are too narrow for a table.
func TestTable_Labels(t *testing.T) {
	s := newSite(t)
	s.populate()
	for _, path := range []string{"/", "/look/calls", "/dashboard/orders/", "/dashboard/transfers/"} {
		for _, e := range s.get(path).is(http.StatusOK).elements {
			if e.name == "td" && e.attrs["data-label"] == "" {
				t.Errorf("%s: the value %q names no column", path, e.text)
			}
		}
	}
}
