package main

import (
	"regexp"
	"strings"
	"unicode"
)

// A word is a word of a passage and the line of the file on which it is.
type word struct {
	text string
	line int
}

// A passage is a paragraph, a list item, a table's cell or a message. A sentence never crosses its end.
type passage []word

// A builder collects the words of passages, line by line.
type builder struct {
	done    []passage
	current passage
}

var (
	codeSpan = regexp.MustCompile("`[^`]*`")
	link     = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// add appends a line of text to the current passage. A code span is one word, a link is its text.
func (b *builder) add(text string, line int) {
	text = codeSpan.ReplaceAllString(text, "`code`")
	text = link.ReplaceAllString(text, "$1")
	for field := range strings.FieldsSeq(text) {
		if field = strings.Trim(field, "*_"); field != "" {
			b.current = append(b.current, word{field, line})
		}
	}
}

// end ends the current passage.
func (b *builder) end() {
	if len(b.current) > 0 {
		b.done = append(b.done, b.current)
		b.current = nil
	}
}

// passages ends the current passage and returns all of them.
func (b *builder) passages() []passage {
	b.end()
	return b.done
}

// sentences splits p after words that end in a full stop, a question mark or an exclamation mark.
func (p passage) sentences() []passage {
	var all []passage
	start := 0
	for i, w := range p {
		if i == len(p)-1 || endsSentence(w.text) {
			all = append(all, p[start:i+1])
			start = i + 1
		}
	}
	return all
}

func endsSentence(word string) bool {
	switch strings.ToLower(strings.TrimLeft(word, `("[`)) {
	case "e.g.", "i.e.", "etc.", "vs.", "cf.", "no.":
		return false
	}
	word = strings.TrimRight(word, "\"')]”’*_")
	return strings.HasSuffix(word, ".") && !strings.HasSuffix(word, "..") ||
		strings.HasSuffix(word, "?") || strings.HasSuffix(word, "!")
}

// String returns the words of p with one space between them.
func (p passage) String() string {
	texts := make([]string, len(p))
	for i, w := range p {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

// lineAt returns the line of the word at an offset of p.String().
func (p passage) lineAt(offset int) int {
	for _, w := range p {
		if offset -= len(w.text) + 1; offset < 0 {
			return w.line
		}
	}
	return p[len(p)-1].line
}

// count returns the number of words of p, not counting punctuation.
func (p passage) count() int {
	n := 0
	for _, w := range p {
		if strings.ContainsFunc(w.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}
