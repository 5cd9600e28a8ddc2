package broker

type NewThing struct{ Color string }

func Create(n NewThing) string { return n.Color }

type ThingFilter struct{ Since, Until *int64 }

type LogFilter struct {
	ThingFilter
	Action *string
}

func Log(f LogFilter) bool { return f.Action != nil && f.Since != f.Until }

func Things(f ThingFilter) bool { return f.Since != f.Until }
