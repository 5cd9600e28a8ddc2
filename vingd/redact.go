package vingd

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// minRedactLen is the minimum length of a secret that is redacted by itself. A shorter one is part of many words.
const minRedactLen = 6

// A redactor removes secrets from a text of others. If the text was cut, it also removes the end, where a secret may begin.
type redactor func(text string, cut bool) string

func newRedactor(secrets ...string) redactor {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, encodingsOf(secret)...)
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

// redactor returns the redactor of the credentials.
func (p *pair) redactor() redactor {
	joined := p.user + ":" + p.secret
	secrets := []string{joined, base64.StdEncoding.EncodeToString([]byte(joined))}
	if len(p.secret) >= minRedactLen {
		secrets = append(secrets, p.secret)
	}
	return newRedactor(secrets...)
}

// encodingsOf returns the forms in which proxies, frameworks and brokers repeat a secret: plain, in either case, and escaped for
// URLs and JSON.
func encodingsOf(secret string) []string {
	html, _ := json.Marshal(secret) // as Go writes JSON, with HTML escaped
	quoted := strconv.Quote(secret) // as most others write JSON: a secret is printable ASCII
	escaped := quoted[1 : len(quoted)-1]
	return []string{
		secret, strings.ToUpper(secret), strings.ToLower(secret),
		url.QueryEscape(secret), url.PathEscape(secret),
		escaped, string(html[1 : len(html)-1]), strings.ReplaceAll(escaped, "/", `\/`), // the last as PHP does
	}
}

// redact removes the credentials and the operation's token from a text of others.
func (c *Client) redact(op operation, text string, cut bool) string {
	if len(op.token) >= minRedactLen {
		text = newRedactor(string(op.token))(text, cut)
	}
	return c.redactSecret(text, cut)
}
