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

func (h *handlers) CreateThing(r server.CreateThingRequestObject) string {
	return r.Body.Color
}
