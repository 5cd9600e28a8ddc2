package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxWords is the length of the longest sentence that is let through.
const maxWords = 25

// A finding is a place of a file that breaks a rule.
type finding struct {
	file string
	line int
	rule string
	text string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s: %s", f.file, f.line, f.rule, f.text) }

var (
	clauseSubject = regexp.MustCompile(`(?i)^(what|who|whom|whoever|whatever|whose|which|whichever|that ` +
		`(it|they|he|she|we|you|i|the|a|an|this|these|those|no|not|one|there|each|every|all|nothing|nobody|is|was|are|were|has|has|had|does|makes|takes))\b`)
	pronoun  = regexp.MustCompile(`(?i)\b(she|her|hers|herself|he|him|his|himself)\b`)
	story    = regexp.MustCompile(`\bAnn\b`)
	testName = regexp.MustCompile(`^Test[A-Z0-9][A-Za-z0-9]*(_[A-Z0-9][A-Za-z0-9]*)?$`)
)

//go:embed words.txt
var wordList string

// A term is an expression that is not used, and the advice on what to say instead.
type term struct {
	pattern *regexp.Regexp
	advice  string
}

var terms = parseTerms(wordList)

func parseTerms(list string) []term {
	var all []term
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		pattern, advice, found := strings.Cut(line, " => ")
		if !found {
			panic(fmt.Sprintf("words.txt: line %q: no advice", line))
		}
		all = append(all, term{regexp.MustCompile(`(?i)\b(` + pattern + `)\b`), advice})
	}
	return all
}

// judge returns what breaks the rules in a passage.
func judge(file string, p passage) []finding {
	var found []finding
	report := func(line int, rule, format string, args ...any) {
		found = append(found, finding{file, line, rule, fmt.Sprintf(format, args...)})
	}
	isStory := story.MatchString(p.String())
	for _, s := range p.sentences() {
		text := s.String()
		start := strings.TrimLeft(text, "\"'([“")
		if match := clauseSubject.FindString(start); match != "" && !strings.HasSuffix(strings.TrimRight(text, `"')”`), "?") {
			report(s[0].line, "subject", "start with the actor, not with %q: %s", match, excerpt(text))
		}
		if n := s.count(); n > maxWords {
			report(s[0].line, "length", "%d words, %d at most: %s", n, maxWords, excerpt(text))
		}
		if at := pronoun.FindStringIndex(text); at != nil && !isStory {
			report(s.lineAt(at[0]), "pronoun", "%q: name the buyer, the seller or the user, or say they", text[at[0]:at[1]])
		}
		rest := text
		for _, t := range terms {
			for _, at := range t.pattern.FindAllStringIndex(rest, -1) {
				if t.advice == "ok" {
					break
				}
				report(s.lineAt(at[0]), "word", "%q: %s", text[at[0]:at[1]], t.advice)
			}
			// A place is reported once, by the first expression that matches.
			rest = t.pattern.ReplaceAllStringFunc(rest, func(match string) string { return strings.Repeat("\x00", len(match)) })
		}
	}
	return found
}

// judgeTestName returns what is wrong with the name of a test function, or "".
func judgeTestName(name string) string {
	if !testName.MatchString(name) {
		return "want TestThing or TestThing_Condition"
	}
	thing, _, _ := strings.Cut(strings.TrimPrefix(name, "Test"), "_")
	words := camelWords(thing)
	if len(words) > 3 {
		return fmt.Sprintf("%s is more than the name of a thing: want TestThing_Condition", thing)
	}
	for _, w := range words {
		switch w {
		case "What", "Who", "Whoever", "Nobody", "That", "Is", "Are", "Does", "Says":
			return fmt.Sprintf("%s is a sentence: want TestThing_Condition", thing)
		}
	}
	return ""
}

// camelWords splits a name before each capital letter that follows a small one or stands before one.
func camelWords(name string) []string {
	var words []string
	letters := []rune(name)
	start := 0
	for i := 1; i < len(letters); i++ {
		if unicode.IsUpper(letters[i]) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			words = append(words, string(letters[start:i]))
			start = i
		}
	}
	return append(words, string(letters[start:]))
}

// excerpt returns the beginning of text.
func excerpt(text string) string {
	const most = 80
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}
