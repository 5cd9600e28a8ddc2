package broker

type ThingFilter struct{ Since, Until *int64 }

func Things(f ThingFilter) bool { return f.Since != f.Until }
