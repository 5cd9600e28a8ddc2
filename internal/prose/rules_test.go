package main

import (
	"slices"
	"strings"
	"testing"
)

// long is a sentence of n words.
func long(n int) string { return "It" + strings.Repeat(" waits", n-1) + "." }

func TestJudge_Sentences(t *testing.T) {
	for _, test := range []struct {
		name  string
		text  string
		rules []string
	}{
		{"actor first", "The client retries what is safe to send again.", nil},
		{"What as the subject", "What is sent twice is paid twice.", []string{"subject"}},
		{"Who as the subject", "It holds. Who has it can log in.", []string{"subject"}},
		{"That it as the subject", "That it is paid is written down.", []string{"subject"}},
		{"That as a pronoun", "It is paid. That is why it waits.", []string{"subject"}},
		{"That before a noun", "That value is never zero.", nil},
		{"small letters", "what the user gets", []string{"subject"}},
		{"a question", "What happens if the broker is down?", nil},
		{"a clause in the middle", "The journal holds what was sent.", nil},
		{"a word that begins with one", "Whole rows are read. Whatsoever.", nil},

		{"a word that is not used", "The connection meanwhile breaks.", []string{"word"}},
		{"at the beginning", "Meanwhile the connection breaks.", []string{"word"}},
		{"part of another word", "The scrubland is dry.", nil},
		{"several words", "as it stands", []string{"word"}},
		{"over the end of a line", "the group: empty is\nnone", []string{"word"}},
		{"each place once", "Empty is none.", []string{"word"}},
		{"one that is let through", "Null when there is none.", nil},
		{"two places", "An answer is an answer.", []string{"word", "word"}},
		{"code", "`answer` is a type.", nil},

		{"she", "The buyer pays, and she reads.", []string{"pronoun"}},
		{"her", "Her token is spent.", []string{"pronoun"}},
		{"him", "The page tells him.", []string{"pronoun"}},
		{"a story", "Ann pays. Then she reads.", nil},
		{"they", "The buyer reads what they paid for.", nil},
		{"here", "The buyer is here.", nil},

		{"25 words", long(25), nil},
		{"26 words", long(26), []string{"length"}},
		{"two sentences", long(25) + " " + long(25), nil},
		{"an abbreviation ends nothing", "It waits, e.g. " + long(24), []string{"length"}},
		{"punctuation is no word", strings.Replace(long(25), " ", " – ", 1), nil},
		{"a sentence in brackets", "(" + strings.TrimSuffix(long(20), ".") + ".) " + long(20), nil},
		{"code counts", "`" + long(30) + "` " + long(25), []string{"length"}},
		{"code is one word", "`" + long(30) + "` " + long(24), nil},
		{"a link is its text", "[the page](" + long(30) + ") " + long(22), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b builder
			for i, row := range strings.Split(test.text, "\n") {
				b.add(row, i+1)
			}
			var rules []string
			for _, p := range b.passages() {
				for _, f := range judge("f.md", p) {
					rules = append(rules, f.rule)
				}
			}
			if !slices.Equal(rules, test.rules) {
				t.Errorf("%q: got findings %q, want %q", test.text, rules, test.rules)
			}
		})
	}
}

func TestJudge_Lines(t *testing.T) {
	var b builder
	b.add("The client waits.", 4)
	b.add("The broker responds. She", 5)
	b.add("a b c d meanwhile", 6)
	b.add("waits. What waits, waits under", 7)
	b.add("way whoever", 8)
	var got []string
	for _, f := range judge("f.md", b.passages()[0]) {
		got = append(got, f.String())
	}
	want := []string{
		`f.md:5: pronoun: "She": name the buyer, the seller or the user, or say they`,
		`f.md:6: word: "meanwhile": name the time or the other actor`,
		`f.md:7: subject: start with the actor, not with "What": What waits, waits under way whoever`,
		`f.md:7: word: "under way": in flight`,
		`f.md:8: word: "whoever": the caller, the user, the client`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTerms_EachMatches(t *testing.T) {
	// An expression that matches nothing finds nothing: each must match one of these, and none must match plain words.
	texts := []string{
		"the answer", "faults befall it", "it cannot be right", "empty is none", "it gives way to the page", "half an answer",
		"it is none", "there is none", "orders lapse", "the zero filter leaves all", "meanwhile", "a misshapen row", "nobody can tell", "nobody",
		"not together with Last", "of no use", "two repetitions", "it repeats the call", "the scrubber", "so many at most",
		"it stands in for it", "it stands in the log", "as it stands", "too much of an answer", "under way", "unless told otherwise",
		"unlike any other", "what became of it", "what who redeems it gets", "whoever", "worth nothing", "a knob",
	}
	for _, term := range terms {
		if !slices.ContainsFunc(texts, term.pattern.MatchString) {
			t.Errorf("%s: matches no text of the list", term.pattern)
		}
		if plain := "The client sends the request again."; term.pattern.MatchString(plain) {
			t.Errorf("%s: matches %q", term.pattern, plain)
		}
	}
}

func TestTestName(t *testing.T) {
	for name, good := range map[string]bool{
		"TestOrder":                      true,
		"TestRetryBudget":                true,
		"TestOrder_ExpiredBeforeRestart": true,
		"TestHTTPSOnly":                  true,
		"TestParseURL_HTTPSOnly":         true,
		"Test_order":                     false,
		"TestOrder_expired":              false,
		"TestOrder_Expired_Twice":        false,
		"TestEveryFieldIsCarried":        false,
		"TestAccessIsFree":               false,
		"TestAnswerToNobody":             false,
		"TestStreamYieldsWhatHasCome":    false,
	} {
		if problem := judgeTestName(name); (problem == "") != good {
			t.Errorf("%s: got %q, want good: %v", name, problem, good)
		}
	}
}
