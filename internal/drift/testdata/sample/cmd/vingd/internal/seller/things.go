package seller

import "example.com/sample/vingd"

func create(client *vingd.Client, color string) {
	client.Things.Create(vingd.ThingParams{Color: color})
}

func things(client *vingd.Client, since, until int64) {
	filter := vingd.ThingFilter{Since: since}
	filter.Until = until
	if filter.Since > 0 {
		client.Things.List(filter)
	}
}
