package modeltest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"pgregory.net/rapid"
)

func (m *model) objectRow(i int) string {
	o := m.objects[i]
	return text(row{"oid": o.oid, "description": parsed(o.description), "timestamp_created": o.created.UTC(), "timestamp_modified": o.modified.UTC()})
}

func (m *model) orderRow(i int) string {
	o := m.orders[i]
	return text(row{
		"id": o.id, "oid": m.objects[o.object].oid, "price": o.price, "context": o.context, "order_expires": o.expires.UTC(),
		"timestamp_created": o.created.UTC(),
	})
}

// canonicalOrder gives an order without a context the context null: the specification permits both.
func canonicalOrder(got row) string {
	if _, has := got["context"]; !has {
		got["context"] = nil
	}
	return canonical(got)
}

// description draws the description of an object as JSON, and its name. An invalid one has no name.
func description(t *rapid.T) (string, string) {
	name := choose(t, "name", "An essay", "Žižek 日本 \U0001F600", "a\"b\\c</script>")
	quoted, err := json.Marshal(name)
	must(t, err)
	more := choose(t, "more", "", `,"n":1.50,"big":9007199254740993,"deep":{"list":[null,true,{}]}`)
	return fmt.Sprintf(`{"name":%s,"url":"http://localhost:8000/%d?a=b"%s}`, quoted, sampled(indexes(10)).Draw(t, "page"), more), name
}

// ownObject draws an object, mostly of the seller. The index is -1 if the seller has no such object.
func (w *world) ownObject(t *rapid.T, seller int) (int64, int) {
	var own, known []int
	for i, o := range w.m.objects {
		known = append(known, i)
		if o.owner == seller {
			own = append(own, i)
		}
	}
	switch {
	case len(own) > 0 && !oneIn(t, "foreign", 10):
		i := sampled(own).Draw(t, "object")
		return w.m.objects[i].oid, i
	case choose(t, "unknown", false, true):
		return 987654321, -1
	default:
		i := sampled(known).Draw(t, "object")
		if w.m.objects[i].owner != seller {
			return w.m.objects[i].oid, -1
		}
		return w.m.objects[i].oid, i
	}
}

func (w *world) createObject(t *rapid.T) {
	seller := w.client(t)
	if oneIn(t, "invalid", 12) {
		bad := choose(t, "description", `{"name":"x"}`, `{"url":"http://localhost/"}`, `{"name":5,"url":"http://localhost/"}`, `[]`, `null`, `{"name":"","url":"http://localhost/"}`)
		must(t, w.ask(seller, "POST", "registry/objects/", row{"description": json.RawMessage(bad)}).refused(http.StatusBadRequest))
		w.count("refused 400")
		return
	}
	about, name := description(t)
	r := w.call(t, seller, "createObject", "POST", "registry/objects", row{"description": json.RawMessage(about)})
	if w.refusal(t, r) {
		return
	}
	var oid int64
	if r.hidden {
		var list []struct {
			OID              int64
			Description      any
			Created, Changed any
		}
		must(t, loosely(w.ask(seller, "GET", "registry/objects/last=1", nil), &list))
		oid = list[0].OID
	} else {
		oid = createdID(t, r, "oid")
	}
	fresh(t, "object", oid, w.m.objects, func(o object) int64 { return o.oid })
	w.m.objects = append(w.m.objects, object{oid: oid, owner: seller, description: about, name: name, created: w.m.now, modified: w.m.now})
}

// createdID reads the id from either form of a response.
func createdID(t *rapid.T, r response, key string) int64 {
	t.Helper()
	var made struct {
		OID, ID   int64
		OIDs, IDs []int64
		Errors    []any
	}
	must(t, r.data(&made))
	ids := slices.Concat(made.OIDs, made.IDs)
	if made.OID+made.ID > 0 {
		ids = append(ids, made.OID+made.ID)
	}
	if len(ids) != 1 || len(made.Errors) > 0 || key == "oid" && made.ID+int64(len(made.IDs)) > 0 || key == "id" && made.OID+int64(len(made.OIDs)) > 0 {
		t.Fatalf("%v, want one %s", r, key)
	}
	return ids[0]
}

// loosely decodes the data of a response of which a few keys are wanted.
func loosely(r response, into any) error {
	var data any
	if err := r.data(&data); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text(data)), into)
}

func (w *world) updateObject(t *rapid.T) {
	seller := w.client(t)
	oid, i := w.ownObject(t, seller)
	about, name := description(t)
	r := w.call(t, seller, "updateObject", "PUT", fmt.Sprintf("registry/objects/%d", oid), row{"description": json.RawMessage(about)})
	if i < 0 {
		w.refusal(t, r, http.StatusNotFound)
		return
	}
	if w.refusal(t, r) {
		return
	}
	if !r.hidden && createdID(t, r, "oid") != oid {
		t.Fatalf("%v, want oid %d", r, oid)
	}
	o := &w.m.objects[i]
	o.description, o.name, o.modified = about, name, w.m.now
}

func (w *world) objectFilters(t *rapid.T, q *query) func(rows []int) []int {
	s := w.span(t, q, "since", "until")
	b := w.bounds(t, q)
	return func(rows []int) []int {
		return cut(slices.DeleteFunc(rows, func(i int) bool { return !s.has(w.m.objects[i].created) }), b)
	}
}

func (w *world) getObject(t *rapid.T) {
	seller := w.client(t)
	oid, i := w.ownObject(t, seller)
	var q query
	filter := func(rows []int) []int { return rows }
	if oneIn(t, "filtered", 3) {
		filter = w.objectFilters(t, &q)
	}
	r := w.call(t, seller, "getObject", "GET", q.path(fmt.Sprintf("registry/objects/%d", oid)), nil)
	if i < 0 || len(filter([]int{i})) == 0 {
		w.refusal(t, r, http.StatusNotFound)
		return
	}
	if !w.refusal(t, r) {
		w.sameRow(t, r, w.m.objectRow(i), canonical)
	}
}

// sameRow compares the data of a response with a row of the model.
func (w *world) sameRow(t *rapid.T, r response, want string, canonical func(row) string) {
	t.Helper()
	if r.hidden {
		return
	}
	var got row
	must(t, r.data(&got))
	if err := difference([]string{canonical(got)}, []string{want}); err != nil {
		t.Fatalf("%v: %v", r.call, err)
	}
}

// sameRows compares the list of a response with rows of the model.
func (w *world) sameRows(t *rapid.T, r response, want []string, canonical func(row) string) {
	t.Helper()
	if r.hidden {
		return
	}
	var rows []row
	must(t, r.data(&rows))
	got := make([]string, len(rows))
	for i := range rows {
		got[i] = canonical(rows[i])
	}
	if err := difference(got, want); err != nil {
		t.Fatalf("%v: %v", r.call, err)
	}
	if len(got) > 0 {
		w.count("rows")
	}
}

func rowsOf(indexes []int, of func(int) string) []string {
	rows := make([]string, len(indexes))
	for k, i := range indexes {
		rows[k] = of(i)
	}
	return rows
}

func (w *world) objectsOf(seller int) []int {
	var own []int
	for i, o := range w.m.objects {
		if o.owner == seller {
			own = append(own, i)
		}
	}
	return own
}

func (w *world) listObjects(t *rapid.T) {
	seller := w.client(t)
	var q query
	filter := w.objectFilters(t, &q)
	r := w.call(t, seller, "listObjects", "GET", q.path("registry/objects"), nil)
	if !w.refusal(t, r) {
		w.sameRows(t, r, rowsOf(filter(w.objectsOf(seller)), w.m.objectRow), canonical)
	}
}

func (w *world) createOrder(t *rapid.T) {
	seller := w.client(t)
	oid, i := w.ownObject(t, seller)
	made := order{object: i, price: choose[int64](t, "price", 0, 1, 1, 10, 10, 40, 200, 200, 900, 9007199254740991), expires: w.expiry(t), created: w.m.now}
	if c := choose(t, "context", "", "essay", "日本\n"); c != "" {
		made.context = c
	}
	body := row{"price": made.price, "order_expires": bodyTime(t, made.expires), "context": made.context}
	if oneIn(t, "invalid", 12) {
		body["price"] = choose[any](t, "price", -1, 1.5, "x", nil)
		must(t, w.ask(seller, "POST", fmt.Sprintf("objects/%d/orders/", oid), body).refused(http.StatusBadRequest, http.StatusNotFound))
		return
	}
	r := w.call(t, seller, "createOrder", "POST", fmt.Sprintf("objects/%d/orders", oid), body)
	if i < 0 {
		w.refusal(t, r, http.StatusNotFound)
		return
	}
	if w.refusal(t, r) {
		return
	}
	if r.hidden {
		var list []struct{ ID int64 }
		must(t, loosely(w.ask(seller, "GET", fmt.Sprintf("objects/%d/orders/all/", oid), nil), &list))
		for _, o := range list {
			made.id = max(made.id, o.ID)
		}
	} else {
		made.id = createdID(t, r, "id")
	}
	fresh(t, "order", made.id, w.m.orders, func(o order) int64 { return o.id })
	w.m.orders = append(w.m.orders, made)
}

func (w *world) ordersOf(seller, object int, all bool) []int {
	var own []int
	for i, o := range w.m.orders {
		if w.m.objects[o.object].owner == seller && (object < 0 || o.object == object) && (all || o.expires.After(w.m.now)) {
			own = append(own, i)
		}
	}
	return own
}

// readOrders makes one of the eight calls that read orders.
func (w *world) readOrders(t *rapid.T) {
	seller := w.client(t)
	all, single, ofObject := choose(t, "all", false, true), choose(t, "single", false, true), choose(t, "of object", false, true)
	path, object := "", -1
	operation := map[bool]string{false: "list", true: "get"}[single] + map[bool]string{false: "", true: "Any"}[all && single] + map[bool]string{false: "", true: "All"}[all && !single]
	if ofObject {
		oid, i := w.ownObject(t, seller)
		path, object, operation = fmt.Sprintf("objects/%d/", oid), i, operation+"Object"
	}
	path, operation = path+"orders", operation+"Order"
	if all {
		path += "/all"
	}
	if !single {
		r := w.call(t, seller, operation+"s", "GET", path, nil)
		if ofObject && object < 0 {
			w.refusal(t, r, http.StatusNotFound)
		} else if !w.refusal(t, r) {
			w.sameRows(t, r, rowsOf(w.ordersOf(seller, object, all), w.m.orderRow), canonicalOrder)
		}
		return
	}
	id := int64(987654321)
	if own := w.ordersOf(seller, -1, true); len(own) > 0 && !oneIn(t, "unknown", 10) {
		id = w.m.orders[sampled(own).Draw(t, "order")].id
	} else if len(w.m.orders) > 0 {
		id = w.m.orders[sampled(indexes(len(w.m.orders))).Draw(t, "order")].id
	}
	r := w.call(t, seller, operation, "GET", fmt.Sprintf("%s/%d", path, id), nil)
	found := slices.IndexFunc(w.ordersOf(seller, object, all), func(i int) bool { return w.m.orders[i].id == id })
	if ofObject && object < 0 || found < 0 {
		w.refusal(t, r, http.StatusNotFound)
	} else if !w.refusal(t, r) {
		w.sameRow(t, r, w.m.orderRow(w.ordersOf(seller, object, all)[found]), canonicalOrder)
	}
}
