package paywall_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// The keys of the journal are the same in every version of this package: a new one would forget who has bought what.
func TestKeys_Golden(t *testing.T) {
	got := map[string]string{
		"token":   paywall.KeyOf(callbackOf(t, "https://shop.example/?oid=5&tid=ABcd0123")).String(),
		"large":   paywall.KeyOf(callbackOf(t, "https://shop.example/?oid=9007199254740991&tid=ABcd0123")).String(),
		"note":    paywall.NoteKey(paywall.Key{1, 2}, 5).String(),
		"browser": "",
		"object":  paywall.ObjectKey(vingd.ObjectParams{Name: "Article", URL: "https://shop.example/"}).String(),
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(cookieOf(readerNumber))
	if browser, ok := paywall.BrowserOf(r); ok {
		got["browser"] = browser.String()
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if golden[name] != got[name] {
			t.Errorf("%q: %q,", name, got[name])
		}
	}
}

var golden = map[string]string{
	"browser": "a2eccd419b2a9fd54b656961a8e5803bca02423b5b0ebe81f02791ca6ed76b6a",
	"large":   "d0677051659794d3a6de05da995abf7244643ce7b392590685bc70035db40353",
	"note":    "65e9a30fce673e2ae56e72e361793eaabf87319705ac4010633239625a0af836",
	"object":  "5a8a8af0635866e2ab3453d28cc94c19241e173ea7a8b0addd4acc38fabcc9ea",
	"token":   "718e6dc2bc8212fd38045c56b91bbb64e3ab8e061432e3f92afa8c758e8766a3",
}

// A key is as many hexadecimal digits as it has, and not more or fewer.
func TestKey_InvalidText(t *testing.T) {
	digits := paywall.Key{1, 0xab}.String()
	for text, valid := range map[string]bool{digits: true, "": false, digits[2:]: false, digits + "00": false, "zz" + digits[2:]: false} {
		var key paywall.Key
		if err := key.UnmarshalText([]byte(text)); (err == nil) != valid || valid && key != (paywall.Key{1, 0xab}) {
			t.Errorf("%q: got %v, %v", text, key, err)
		}
	}
}
