package vingd

import (
	"errors"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// details are read from the description of a transfer. The documents name the class alone. The other names are those of the
// sandbox.
type details struct {
	class    TransferClass
	object   ObjectID // zero if there is not exactly one
	name     string   // of the object
	purchase PurchaseID
	cut      bool // whether the description is JSON that ends early
}

// maxDetailsDepth limits the depth to which a description is searched.
const maxDetailsDepth = 32

// parseDetails parses the description of a transfer. It passes each text in it, at any depth, to text, if that is not nil. A
// description that is not a JSON object or array is a text itself. A number at which it is cut off is left out.
func parseDetails(description string, text func(string)) (d details) {
	var r jsonread.Reader
	r.Reset([]byte(description))
	p := detailsParser{r: &r, text: text}
	c := r.Peek()
	p.value("", 0)
	if r.End(); text != nil && (r.Err() != nil || c != '{' && c != '[') {
		text(description)
	}
	p.cut = errors.Is(r.Err(), jsonread.ErrShort) && (c == '{' || c == '[')
	if whole := strings.TrimRight(description, "0123456789"); p.cut && whole != description {
		return parseDetails(whole, text)
	}
	if p.objects > 1 {
		p.object = 0
	}
	return p.details
}

type detailsParser struct {
	details

	r       *jsonread.Reader
	text    func(string)
	objects int
}

// value reads a value. Name is that of the member whose value it is, if it is one of detailNames.
func (p *detailsParser) value(name string, depth int) {
	switch c := p.r.Peek(); {
	case depth > maxDetailsDepth:
		p.r.Skip()
	case c == '{':
		for p.r.Enter('{'); p.r.Next('}'); {
			name := detailNames[string(p.r.Key())]
			if name == "class" && depth > 0 {
				name = ""
			}
			p.value(name, depth+1)
		}
	case c == '[':
		for p.r.Enter('['); p.r.Next(']'); {
			p.value("", depth+1)
		}
	case c == '"':
		p.scalar(name, p.r.Text(), true)
	default:
		p.scalar(name, p.r.Raw(), false)
	}
}

// detailNames are the names of the members that are read.
var detailNames = map[string]string{"class": "class", "oid": "oid", "object": "object", "purchaseid": "purchaseid"}

func (p *detailsParser) scalar(name string, value []byte, isText bool) {
	id, _ := strconv.ParseInt(string(value), 10, 64)
	switch {
	case name == "class":
		p.class = TransferClass(id)
		return
	case name == "purchaseid":
		p.purchase = PurchaseID(id)
	case name == "object" && isText:
		p.name = string(value)
	case name == "oid" && id > 0 && ObjectID(id) != p.object:
		p.object, p.objects = ObjectID(id), p.objects+1
	}
	if isText && p.text != nil {
		p.text(string(value))
	}
}
