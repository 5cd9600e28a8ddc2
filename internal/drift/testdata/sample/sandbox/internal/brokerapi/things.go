package brokerapi

import (
	"example.com/sample/generated/server"
	"example.com/sample/sandbox/internal/broker"
)

type handlers struct{}

func (h *handlers) ListThings(r server.ListThingsRequestObject) server.Thing {
	broker.Things(broker.ThingFilter{Since: r.Params.Since, Until: r.Params.Until})
	return server.Thing{ID: 1, Color: "red"}
}

func logFilter(p server.ListThingsParams) broker.LogFilter {
	return broker.LogFilter{ThingFilter: broker.ThingFilter{Since: p.Since, Until: p.Until}, Action: nil}
}

func (h *handlers) CreateThing(r server.CreateThingRequestObject) string {
	return broker.Create(broker.NewThing{Color: r.Body.Color})
}
