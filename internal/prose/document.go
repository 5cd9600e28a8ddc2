package main

import (
	"regexp"
	"strings"
)

var tableRule = regexp.MustCompile(`^\|[\s|:-]*$`)

// markdownPassages returns the paragraphs, headings, list items and table cells of a Markdown document.
func markdownPassages(text string) []passage {
	var b builder
	fenced, comment := false, false
	line := 0
	for row := range strings.SplitSeq(text, "\n") {
		line++
		trimmed := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(row), ">"))
		switch {
		case strings.HasPrefix(trimmed, "```"):
			b.end()
			fenced = !fenced
		case fenced:
		case comment || strings.HasPrefix(trimmed, "<!--"):
			b.end()
			comment = !strings.Contains(trimmed, "-->")
		case trimmed == "", strings.HasPrefix(trimmed, "<"), tableRule.MatchString(trimmed):
			b.end()
		case strings.HasPrefix(trimmed, "#"):
			b.end()
			b.add(strings.TrimLeft(trimmed, "# "), line)
			b.end()
		case strings.HasPrefix(trimmed, "|"):
			b.end()
			for cell := range strings.SplitSeq(codeSpan.ReplaceAllString(trimmed, "`code`"), "|") {
				b.add(cell, line)
				b.end()
			}
		case listItem.MatchString(trimmed):
			b.end()
			b.add(listItem.ReplaceAllString(trimmed, ""), line)
		default:
			b.add(trimmed, line)
		}
	}
	return b.passages()
}

// linePassages returns the comments that begin with marker. Comments on lines of their own that follow each other are
// one passage.
func linePassages(text, marker string) []passage {
	var b builder
	pattern := regexp.MustCompile(`(^|\s)` + marker + `+(\s+(.*))?$`)
	line := 0
	for row := range strings.SplitSeq(text, "\n") {
		line++
		at := pattern.FindStringSubmatchIndex(row)
		if at == nil || at[6] < 0 {
			b.end()
			continue
		}
		ownLine := strings.TrimSpace(row[:at[0]]) == ""
		if !ownLine || listItem.MatchString(row[at[6]:]) {
			b.end()
		}
		b.add(listItem.ReplaceAllString(row[at[6]:], ""), line)
		if !ownLine {
			b.end()
		}
	}
	return b.passages()
}

var (
	yamlText   = regexp.MustCompile(`^(\s*(?:- )?)(description|summary|desc|msg):\s*(.*)$`)
	yamlInline = regexp.MustCompile(`[{,]\s*description:\s*(?:'((?:[^']|'')*)'|"([^"]*)"|([^,}'"]*))`)
)

// yamlPassages returns the values of the keys of a YAML document that hold words, and its comments.
func yamlPassages(text string) []passage {
	var b builder
	inside := -1 // the indentation of the key whose value goes on, or -1
	line := 0
	for row := range strings.SplitSeq(text, "\n") {
		line++
		trimmed := strings.TrimSpace(row)
		if at := yamlText.FindStringSubmatch(row); at != nil {
			b.end()
			inside = len(at[1])
			if value := at[3]; !strings.HasPrefix(value, ">") && !strings.HasPrefix(value, "|") {
				b.add(strings.Trim(value, `"'`), line)
			}
			continue
		}
		for _, at := range yamlInline.FindAllStringSubmatch(row, -1) {
			b.end()
			b.add(at[1]+at[2]+at[3], line)
			b.end()
		}
		switch {
		case inside < 0:
		case trimmed == "":
			b.end()
		case len(row)-len(strings.TrimLeft(row, " ")) <= inside:
			b.end()
			inside = -1
		case listItem.MatchString(trimmed):
			b.end()
			b.add(listItem.ReplaceAllString(trimmed, ""), line)
		default:
			b.add(trimmed, line)
		}
	}
	return append(b.passages(), linePassages(text, "#")...)
}

var (
	htmlScript = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<!--.*?-->|\{\{/\*.*?\*/\}\}`)
	htmlInline = regexp.MustCompile(`(?is)</?(a|b|i|em|strong|code|span|small|time)\b[^>]*>`)
	htmlAction = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// htmlPassages returns the text between the tags of a page.
func htmlPassages(text string) []passage {
	replace := func(pattern *regexp.Regexp, by string) {
		text = pattern.ReplaceAllStringFunc(text, func(match string) string {
			return by + strings.Repeat("\n", strings.Count(match, "\n"))
		})
	}
	replace(htmlScript, "\x00")
	replace(htmlAction, "…")
	replace(htmlInline, "")
	replace(htmlTag, "\x00")
	var b builder
	line := 0
	for row := range strings.SplitSeq(text, "\n") {
		line++
		for i, part := range strings.Split(row, "\x00") {
			if i > 0 {
				b.end()
			}
			b.add(part, line)
		}
	}
	return b.passages()
}
