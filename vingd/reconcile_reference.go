package vingd

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReference is the length in bytes up to which a text is a reference. Databases cut longer ones.
const maxReference = 100

// stable holds the characters that a reference may have: printable ones that compose with no other character and that
// Unicode normalization (NFC) does not change. A test checks them against golang.org/x/text.
var stable = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x20, Hi: 0x7e, Stride: 1},     // ASCII
		{Lo: 0xa1, Hi: 0x2ff, Stride: 1},    // Latin
		{Lo: 0x388, Hi: 0x482, Stride: 1},   // Greek, Cyrillic
		{Lo: 0x48a, Hi: 0x58f, Stride: 1},   // Cyrillic, Armenian
		{Lo: 0x5d0, Hi: 0x5ea, Stride: 1},   // Hebrew
		{Lo: 0x620, Hi: 0x64a, Stride: 1},   // Arabic
		{Lo: 0x10d0, Hi: 0x10ff, Stride: 1}, // Georgian
		{Lo: 0x1e00, Hi: 0x1eff, Stride: 1}, // Latin
		{Lo: 0x2010, Hi: 0x205e, Stride: 1}, // punctuation
		{Lo: 0x20a0, Hi: 0x20c0, Stride: 1}, // currencies
		{Lo: 0x3041, Hi: 0x3096, Stride: 1}, // Hiragana
		{Lo: 0x30a1, Hi: 0x30ff, Stride: 1}, // Katakana
		{Lo: 0x3400, Hi: 0x9fff, Stride: 1}, // Han
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1faff, Stride: 1}, // pictures
	},
}

// reference refuses a text that a broker may store in another form, so that nothing is proved where it is not found.
func (args *argErrors) reference(argument, text string, limit int) {
	odd := strings.IndexFunc(text, func(r rune) bool { return !unicode.Is(stable, r) || !unicode.IsPrint(r) })
	switch {
	case text == "":
		args.fail(argument, "is empty, must be unique to this call")
	case !utf8.ValidString(text):
		args.fail(argument, "must be UTF-8")
	case len(text) > limit:
		args.fail(argument, "is "+strconv.Itoa(len(text))+" bytes long, must not exceed "+strconv.Itoa(limit)+": the broker may cut it")
	case strings.TrimSpace(text) != text:
		args.fail(argument, "must not begin or end with white space: the broker may trim it")
	case odd >= 0:
		r, _ := utf8.DecodeRuneInString(text[odd:])
		args.fail(argument, "has the character "+strconv.QuoteRuneToASCII(r)+", must have none that normalization may change")
	}
}

// A likeness is how much of a reference a text of a row has.
type likeness int

const (
	absent likeness = iota // the row has no text
	unlike                 // another text
	part                   // the reference with words added or cut off: it may be the reference
	alike                  // a reference of the same form: it is another one of the caller's
	near                   // the words of the reference: it may be the reference, changed
	same                   // the reference
)

// A reference is a text by which a call is found again.
type reference struct {
	text     string
	words    []string
	all      []string   // the words, and those that are left out
	joined   string     // the words without the marks between them
	maskable bool       // a broker may store it with other characters in the place of its digits
	plain    *reference // without its escapes; nil if it has none
}

func newReference(text string) reference {
	words := wordsOf(text)
	ref := reference{text: text, words: words, all: allWordsOf(text), joined: strings.Join(words, ""), maskable: hasCardNumber(text)}
	if plain := unescape(text); plain != text {
		given := newReference(plain)
		ref.plain = &given
	}
	return ref
}

// hasCardNumber reports whether a text has so many digits in a row that a broker may mask them as the number of a card.
func hasCardNumber(text string) bool {
	const shortest = 13
	digits := 0
	for _, r := range text {
		switch {
		case isASCIIDigit(r):
			digits++
		case r != ' ' && r != '-':
			digits = 0
		}
		if digits == shortest {
			return true
		}
	}
	return false
}

// in returns how much of the reference a text has. A broker may keep a text escaped, and unescape one that has escapes. It may
// also remove the marks between words, as "payroll17" of "payroll-17".
func (ref *reference) in(text string) likeness {
	whole := ref.inPlain(text)
	if whole != unlike && whole != alike {
		return whole
	}
	plain, unescaped := unescape(text), []likeness(nil)
	if plain != text {
		unescaped = append(unescaped, ref.inPlain(plain))
	}
	if ref.plain != nil {
		unescaped = append(unescaped, ref.plain.inPlain(text), ref.plain.inPlain(plain))
	}
	for _, how := range unescaped {
		switch how {
		case same, near:
			return near
		case part, absent: // absent: the text is a part of an escape
			return part
		}
	}
	if joined := strings.Join(wordsOf(plain), ""); whole == unlike && joined != "" && strings.Contains(ref.joined, joined) {
		return part
	}
	return whole
}

func (ref *reference) inPlain(text string) likeness {
	words := wordsOf(text)
	switch {
	case text == ref.text:
		return same
	case text == "":
		return absent
	case slices.Equal(words, ref.words):
		return near
	case within(ref.words, words), ref.hasCutOf(words):
		return part
	case haveSameForm(text, ref.text):
		return alike
	default:
		return unlike
	}
}

// hasCutOf is [withinCut] of the reference. The first word or the last may be a part of one that is left out, as "koladu" of
// "čokoladu" or "kola" of "kolača". A broker may have changed the first one too. Without words, the text may be such a part.
func (ref *reference) hasCutOf(words []string) bool {
	hasOthers := len(ref.all) > len(ref.words)
	if len(words) == 0 {
		return hasOthers
	}
	return withinCut(words, ref.all) || hasOthers && len(words) > 1 && withinCut(words[1:], ref.all)
}

// within reports whether all words are in others, in their order.
func within(words, others []string) bool {
	for _, other := range others {
		if len(words) > 0 && words[0] == other {
			words = words[1:]
		}
	}
	return len(words) == 0
}

// withinCut reports whether all words are in others, in their order. The first word may be the end of one there, and the last
// word the beginning of one. A single word may be any part of one.
func withinCut(words, others []string) bool {
	first, last := words[0], words[len(words)-1]
	i := slices.IndexFunc(others, func(other string) bool { return strings.HasSuffix(other, first) })
	for j, other := range slices.Backward(others) {
		switch begins := strings.HasPrefix(other, last); {
		case len(words) == 1:
			if strings.Contains(other, last) {
				return true
			}
		case begins && 0 <= i && i < j:
			return within(words[1:len(words)-1], others[i+1:j])
		}
	}
	return false
}

// A field is a text of a row, and the text that the call gave for it.
type field struct {
	given reference
	text  string
	// named reports whether Vingd's API names the field as the request does. Then another text is another call's.
	named bool
}

// judge compares the fields of a row with what the call gave. A row with nothing of it is another where possible is
// false: by what else the row tells, it cannot be the one.
func judge(doubt string, possible bool, fields ...field) verdict {
	var counts [same + 1]int
	foreign, masked := false, false
	var lacks, shows fieldSet
	for i, f := range fields {
		masked = masked || f.given.maskable && f.text != f.given.text
		how := f.given.in(f.text)
		counts[how]++
		foreign = foreign || how == unlike && f.named
		if how != same && how != near {
			lacks |= 1 << i
		}
		if how == same || how == alike && len(f.text) >= len(f.given.text) {
			shows |= 1 << i
		}
	}
	kin := counts[same] + counts[near]
	switch {
	case counts[same] == len(fields):
		return verdict{is: true}
	case masked && (possible || kin+counts[part]+counts[alike] > 0):
		return verdict{doubt: "the reference has 13 digits: in row %d the broker may have masked them"}
	case counts[alike] > 0:
		return verdict{shows: shows}
	case kin == 0 && (foreign || counts[part] == 0 && !possible):
		return verdict{}
	}
	return verdict{doubt: doubt, lacks: lacks}
}

// isNearly reports whether an amount that a row tells may be another one and a fee, of up to as much again or 1.00. Zero
// is an amount that the row does not tell. A list of payments may have them as negative amounts.
func (c Cents) isNearly(other Cents) bool {
	c = max(c, -c)
	return c == 0 || c/2-50 <= other && other/2-50 <= c
}
