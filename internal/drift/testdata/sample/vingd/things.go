package vingd

import "example.com/sample/generated/client"

type Client struct{ Things ThingService }
type ThingService struct{}
type Thing struct {
	ID    int64
	Color string
}
type ThingFilter struct{ Since, Until int64 }

func (s *ThingService) List(f ThingFilter) { list(f) }
func (s *ThingService) Create(color string) {
	client.CreateThing(client.NewThing{Color: color})
}

func list(f ThingFilter) {
	client.ListThings(client.ThingFilter{Since: f.Since, Until: f.Until})
}

func thing(t *client.Thing) Thing { return Thing{ID: t.ID, Color: t.Color} }

func count(f ThingFilter) int64 { return f.Until - f.Since }
