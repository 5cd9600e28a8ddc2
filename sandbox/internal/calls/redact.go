package calls

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const redacted = "…"

var (
	// A token is a segment of the path of its verification, and a part of the address that a buyer returns to.
	tokenSegment = regexp.MustCompile(`(?i)((?:/|%2f)tokens(?:/|%2f|=|%3d)+)[^/]+`)
	// Any other 40 hexadecimal digits, escaped or not, may be a token in a mistyped path, unless they are the huid of an account.
	tokenShaped  = regexp.MustCompile(`(?i)(accounts/+|huid=|%2f)?(?:[0-9a-f]|%3[0-9]|%[46][1-6]){40,}`)
	tokenInQuery = regexp.MustCompile(`(?i)\b(oid=\d+&)?(tid|\w*tokens?|\w*password)=[^&#"\s]*`)
	longWord     = regexp.MustCompile(`[0-9A-Za-z]{` + strconv.Itoa(longWordSize) + `,}`)
)

// longWordSize is the least number of letters and digits in a long word. A shorter word is no token.
const longWordSize = 8

// secretKeys are the keys of bodies whose values are redacted.
var secretKeys = []string{"password", "tid", "token"}

// redactPath redacts tokens in a path.
func redactPath(path string) string {
	path = redactText(tokenSegment.ReplaceAllString(path, "$1"+redacted))
	return tokenShaped.ReplaceAllStringFunc(path, func(found string) string {
		switch {
		case strings.ContainsAny(found, "/="):
			return found
		case strings.EqualFold(found[:len("%2f")], "%2f"):
			return found[:len("%2f")] + redacted
		default:
			return redacted
		}
	})
}

// redactText redacts tokens in addresses.
func redactText(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if !strings.Contains(text, "=") { // nothing for the pattern, which is slow
		return text
	}
	return tokenInQuery.ReplaceAllString(text, "$1$2="+redacted)
}

// redactEcho returns a function that redacts a text as redactText does, and each long word that the redaction of these paths and
// queries takes away. A response repeats such a word if a token came in the place of another parameter. It may cut the word off.
func redactEcho(addresses ...string) func(string) string {
	if !slices.ContainsFunc(addresses, func(address string) bool { return redactPath(address) != address }) {
		return redactText
	}
	shown := make(map[string]bool)
	for _, address := range addresses {
		for _, word := range longWords(redactPath(address)) {
			shown[word] = true
		}
	}
	var hidden []string
	for _, address := range addresses {
		for _, word := range longWords(address) {
			if !shown[word] {
				hidden = append(hidden, word[:longWordSize])
			}
		}
	}
	if hidden == nil {
		return redactText
	}
	echo := regexp.MustCompile("(?i)(?:" + strings.Join(hidden, "|") + ")[0-9a-z]*")
	return func(text string) string { return echo.ReplaceAllString(redactText(text), redacted) }
}

// longWords returns the long words of an address, as they are written and without escapes.
func longWords(address string) []string {
	words := longWord.FindAllString(address, -1)
	if plain, err := url.PathUnescape(address); err == nil && plain != address {
		words = append(words, longWord.FindAllString(plain, -1)...)
	}
	return words
}

// redact returns the JSON at the beginning of a body without secrets, with its texts redacted by text. It leaves out what is no
// JSON, which may hold a secret in any form.
func redact(body []byte, text func(string) string) string {
	var out strings.Builder
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var open []json.Delim // the objects and lists around
	isKey, isSecret := false, false
	secretFrom := -1 // how many were open around the secret that is being read, or -1
	for end := int64(0); ; {
		token, err := d.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) || len(open) > 0 {
				out.WriteString(redacted)
			}
			return redactText(strings.TrimSpace(out.String()))
		}
		written := body[end:d.InputOffset()]
		end = d.InputOffset()
		if isSecret && secretFrom < 0 {
			out.WriteString(`:"` + redacted + `"`)
			secretFrom = len(open)
		}
		wasKey := isKey
		switch delim, _ := token.(json.Delim); delim {
		case '{', '[':
			open = append(open, delim)
		case '}', ']':
			open = open[:len(open)-1]
		}
		isKey = len(open) > 0 && open[len(open)-1] == '{' && (!wasKey || token == json.Delim('}'))
		switch name, _ := token.(string); {
		case isSecret:
			isSecret = len(open) > secretFrom
		case wasKey && slices.Contains(secretKeys, strings.ToLower(name)):
			isSecret, secretFrom = true, -1
			out.Write(written)
		case text(name) != name: // its escapes would hide a token
			out.Write(written[:bytes.IndexByte(written, '"')])
			out.WriteString(quote(text(name)))
		default:
			out.Write(written)
		}
	}
}

// quote writes a text in JSON.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // texts can always be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}
