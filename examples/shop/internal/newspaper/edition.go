package newspaper

import (
	"embed"
	"strings"

	"github.com/vingd/vingd-api-go/vingd"
)

// An Article is what the newspaper sells.
type Article struct {
	Slug   string // names it in addresses
	Title  string
	Teaser string // everybody can read it
	Author string
	Price  vingd.Cents
	Text   []string // its paragraphs
}

//go:embed articles
var articles embed.FS

// Edition returns today's articles.
func Edition() []Article {
	return []Article{
		{
			Slug: "bread", Title: "The bread that sings", Author: "Henrike Falk", Price: 2_00,
			Teaser: "A baker in the old town does not look at the loaves to see whether they are done. The fan goes off, and the baker listens.",
			Text:   text("bread"),
		},
		{
			Slug: "tide", Title: "A clock for the sea", Author: "Tomas Rehn", Price: 1_50,
			Teaser: "In the harbour office of Sundvik hangs a clock that is wrong by up to twelve hours. Everybody goes by it.",
			Text:   text("tide"),
		},
		{
			Slug: "bench", Title: "The bench at stop 14", Author: "Ada Kern", Price: 75,
			Teaser: "In March a bench appeared at the last stop of the bus. The town did not put it there. It has an armrest in the wrong place.",
			Text:   text("bench"),
		},
	}
}

// text returns the paragraphs of an article.
func text(slug string) []string {
	b, err := articles.ReadFile("articles/" + slug + ".txt")
	if err != nil {
		panic(err) // it is in the program, or it is not
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n\n")
}
