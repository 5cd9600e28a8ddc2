package vingd

import "example.com/sample/generated/client"

type Client struct{ Things ThingService }
type ThingService struct{}
type Thing struct {
	ID    int64
	Color string
}
type ThingParams struct{ Color string }
type ThingFilter struct{ Since, Until int64 }

func (s *ThingService) List(f ThingFilter) { list(f) }
func (s *ThingService) Create(p ThingParams) {
	client.CreateThing(client.NewThing{Color: p.Color})
}

func (s *ThingService) Reconcile(p ThingParams) bool { return p.Color != "" }

func list(f ThingFilter) {
	client.ListThings(client.ThingFilter{Since: f.Since, Until: f.Until})
}

func thing(t *client.Thing) Thing { return Thing{ID: t.ID, Color: t.Color} }

// A Mood is what a thing is in.
type Mood string

const (
	Calm Mood = "calm"
	Wild Mood = "wild"
)

func (m Mood) known() bool { return m == Calm || m == Wild }

// Must says which moods are valid.
const Must = "must be calm or wild"

var names = map[Mood]string{Calm: "is calm", Wild: "is wild"}

type operation struct {
	name string
	kind methodKind
}

type methodKind int

const (
	safe methodKind = iota
	unsafe
)

var (
	opCreate = operation{name: "createThing", kind: unsafe}
	opList   = operation{name: "listThings", kind: safe}
)

func isCalm(m Mood) bool { return m == Calm }

func count(f ThingFilter) int64 { return f.Until - f.Since }
