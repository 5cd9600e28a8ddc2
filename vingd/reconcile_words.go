package vingd

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
func isASCIIDigit(r rune) bool  { return '0' <= r && r <= '9' }

// isASCIIWord reports whether a character is one that words consist of, which no broker changes but for its case.
func isASCIIWord(r rune) bool { return isASCIILetter(r) || isASCIIDigit(r) }

// wordsOf returns the words of a text that have only ASCII letters and digits, in lower case. Trimming, line
// ends, escapes, character sets and normalization only change the text between them and the words that are left out.
func wordsOf(text string) []string {
	return slices.DeleteFunc(allWordsOf(text), func(word string) bool { return strings.ContainsFunc(word, isNotASCII) })
}

// escape is an escaped part of a URL, or an escaped character of JSON. cutEscape is one of them, or of HTML, at the end of a
// text that was cut within it.
var (
	escape    = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}`)
	cutEscape = regexp.MustCompile(`(?:%[0-9A-Fa-f]?|&#?[0-9A-Za-z]*|\\u?[0-9A-Fa-f]*)$`)
)

// unescape returns a text without the escapes of HTML, URLs and JSON, which may have been cut at the end.
func unescape(text string) string {
	if !strings.ContainsAny(text, `%&\`) {
		return text
	}
	text = escape.ReplaceAllStringFunc(html.UnescapeString(text), func(escaped string) string {
		if c, err := strconv.ParseUint(strings.TrimPrefix(escaped, `\u`), 16, 16); escaped[0] == '\\' && err == nil {
			return string(rune(c))
		}
		plain, _ := url.PathUnescape(escaped) // it has no other escapes
		return plain
	})
	return strings.ToValidUTF8(cutEscape.ReplaceAllString(text, ""), "")
}

// allWordsOf returns the words of a text in lower case, in any script.
func allWordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !isASCIIWord(r) && (r < utf8.RuneSelf || !unicode.In(r, unicode.L, unicode.M, unicode.N))
	})
}

func isNotASCII(r rune) bool { return r >= utf8.RuneSelf }

// haveSameForm reports whether two texts are references of one kind, as no broker writes them by itself. They have the
// same marks between their words, and numbers and names in the same places. Either the names are the same, as in
// "payroll 17" and "payroll 18", or numbers are, as in "2026-01 Ann" and "2026-01 Bob".
func haveSameForm(a, b string) bool {
	const minLetters, minDigits = 3, 4 // in the words that are the same
	letters, digits, names, otherNames, numbers := 0, 0, 0, 0, 0
	for a != "" && b != "" {
		wordA, wordB := leadingWord(a), leadingWord(b)
		if wordA == "" && wordB == "" && a[0] == b[0] { // a mark
			a, b = a[1:], b[1:]
			continue
		}
		isNumber := strings.ContainsFunc(wordA, isASCIIDigit)
		switch {
		case wordA == "" || wordB == "" || isNumber != strings.ContainsFunc(wordB, isASCIIDigit):
			return false
		case isNumber:
			numbers++
			digits += lengthIfSame(wordA, wordB)
		default:
			names++
			letters += lengthIfSame(wordA, wordB)
			if wordA != wordB {
				otherNames++
			}
		}
		a, b = a[len(wordA):], b[len(wordB):]
	}
	sameNames := otherNames == 0 && letters >= minLetters
	return a == b && numbers > 0 && names > 0 && (sameNames || digits >= minDigits)
}

func lengthIfSame(a, b string) int {
	if a != b {
		return 0
	}
	return len(a)
}

// leadingWord returns the ASCII letters and digits that a text begins with.
func leadingWord(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return !isASCIIWord(r) })
	if end < 0 {
		return text
	}
	return text[:end]
}
