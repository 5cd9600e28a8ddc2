package server

type Thing struct {
	ID    int64
	Color string
}
type ListThingsParams struct{ Since, Until *int64 }
type ListThingsRequestObject struct{ Params ListThingsParams }
type CreateThingJSONRequestBody = NewThing
type NewThing struct{ Color string }
type CreateThingRequestObject struct{ Body *CreateThingJSONRequestBody }
