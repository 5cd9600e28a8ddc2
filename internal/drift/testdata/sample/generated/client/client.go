package client

type Thing struct {
	ID    int64
	Color string
}

func (t *Thing) Decode() {}

type NewThing struct{ Color string }
type ThingFilter struct{ Since, Until int64 }

func ListThings(f ThingFilter) {}
func CreateThing(t NewThing)   {}
