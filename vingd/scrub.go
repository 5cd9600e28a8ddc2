package vingd

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// leastHidden is how long a secret is at least for it to be looked for in foreign text. One of a few letters stands in
// any text: there is nothing to hide in it and much to mangle.
const leastHidden = 6

// A scrubber takes secrets out of foreign text, in every form in which a server or a proxy may repeat them.
// Of a text that is cut, the end goes too where the beginning of a secret may be.
type scrubber func(text string, cut bool) string

func newScrubber(secrets ...string) scrubber {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, formsOf(secret)...)
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	longest := len(forms[0])
	var replacements []string
	for _, form := range slices.Compact(forms) {
		replacements = append(replacements, form, redacted)
	}
	replace := strings.NewReplacer(replacements...).Replace
	return func(text string, cut bool) string {
		text = replace(text)
		if cut {
			text = text[:max(len(text)-longest, 0)]
		}
		return text
	}
}

// scrubber returns what takes the credentials out of foreign text.
func (p *pair) scrubber() scrubber {
	joined := p.user + ":" + p.secret
	secrets := []string{joined, base64.StdEncoding.EncodeToString([]byte(joined))}
	if len(p.secret) >= leastHidden {
		secrets = append(secrets, p.secret)
	}
	return newScrubber(secrets...)
}

// formsOf returns a secret as it stands, and as it is escaped and encoded elsewhere.
func formsOf(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string that is printable ASCII
	plain := strconv.Quote(secret)    // as JSON is written elsewhere, without a care for HTML
	lower := hex.EncodeToString([]byte(secret))
	forms := []string{
		secret, strings.ToUpper(secret), strings.ToLower(secret),
		url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		string(quoted[1 : len(quoted)-1]), plain[1 : len(plain)-1],
		lower, strings.ToUpper(lower),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	// In the middle of something that is encoded whole, a secret looks different by where it stands in a group of three.
	for before := range 3 {
		bits := 8 * (before + len(secret))
		first, end := (8*before+5)/6, bits/6 // the digits that are the secret's alone
		if end-first < leastHidden {
			continue
		}
		text := append(make([]byte, before), secret...)
		forms = append(forms, base64.StdEncoding.EncodeToString(text)[first:end], base64.URLEncoding.EncodeToString(text)[first:end])
	}
	return forms
}

// scrub takes what nobody may read out of foreign text: the credentials, and the token that an operation is on.
func (c *Client) scrub(op operation, text string, cut bool) string {
	if len(op.token) >= leastHidden {
		text = newScrubber(string(op.token))(text, cut)
	}
	return c.scrubSecret(text, cut)
}
