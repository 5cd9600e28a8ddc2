package vingd

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// TransferService lists the movements of money.
type TransferService struct{ c *Client }

// Transfer is a movement of money from one account to another.
type Transfer struct {
	ID     TransferID
	Amount Cents
	From   UID
	To     UID
	Proxy  UID // the broker's account
	Time   time.Time
	Class  TransferClass // read from the description
	// Description is what the broker keeps with the transfer: a JSON text, with the class and more.
	Description string
}

// A TransferClass is what a transfer is for. The classes are those that the PHP client names.
type TransferClass int

// The classes of transfers.
const (
	TransferPurchase         TransferClass = 1
	TransferAdReward         TransferClass = 2
	TransferSellerPayout     TransferClass = 3
	TransferAdDeposit        TransferClass = 4
	TransferCurrencyExchange TransferClass = 5
	TransferDirect           TransferClass = 6
	TransferRefund           TransferClass = 7
	TransferUnverifiedRefund TransferClass = 8
	TransferVoucherAllocated TransferClass = 9
	TransferVoucherDeposited TransferClass = 10
)

// TransferFilter chooses transfers. From or To, or both, must be given, and one of them must be the caller's own account.
type TransferFilter struct {
	From  UID  // from this account
	To    UID  // to this account
	First int  // so many at most, the oldest; not together with Last
	Last  int  // so many at most, the newest; not together with First
	Since Time // newer than this
	Until Time // older than this
}

// List returns the transfers that the filter chooses.
//
// API: GET /fort/transfers
func (s *TransferService) List(ctx context.Context, filter TransferFilter) ([]Transfer, error) {
	return list(ctx, s.c, opTransferList, s.request, filter, transferOf)
}

// All streams the transfers that the filter chooses, in constant memory. Each use of the sequence makes a call.
//
// API: GET /fort/transfers
func (s *TransferService) All(ctx context.Context, filter TransferFilter) iter.Seq2[Transfer, error] {
	return stream(ctx, s.c, opTransferList, s.request, filter, transferOf)
}

func (s *TransferService) request(f TransferFilter) (rest.Request, error) {
	args := s.c.args(opTransferList)
	if f.From == 0 && f.To == 0 {
		args.fail("filter", "must give from or to")
	}
	filter := wire.ListTransfersFilter{
		From:  filterID(args, "from", f.From),
		To:    filterID(args, "to", f.To),
		Since: args.filterTime("since", f.Since),
		Until: args.filterTime("until", f.Until),
	}
	filter.First, filter.Last = args.pageLimits(f.First, f.Last)
	return args.request(wire.ListTransfers(filter))
}

func transferOf(t *wire.Transfer) Transfer {
	return Transfer{
		ID:          TransferID(t.ID),
		Amount:      Cents(t.Amount),
		From:        UID(t.UIDFrom),
		To:          UID(t.UIDTo),
		Proxy:       UID(t.UIDProxy),
		Time:        t.Timestamp,
		Class:       parseDetails(t.Description, nil).class,
		Description: t.Description,
	}
}

// mayBe reports whether a transfer of this class may be of one of others: it is one, or a class that is not known.
func (c TransferClass) mayBe(others ...TransferClass) bool {
	return c < TransferPurchase || c > TransferVoucherDeposited || slices.Contains(others, c)
}

// query returns the look-up of a transfer to or from the caller's account.
func (s *TransferService) query(own func(UID, *TransferFilter), judge func(*Transfer) verdict) lookUp[Transfer] {
	var uid UID
	return func(ctx context.Context, w window) (found sighting[Transfer], err error) {
		if uid, err = s.c.Users.accountID(ctx, uid); err != nil {
			return found, err
		}
		return query[Transfer]{
			rows: func(ctx context.Context, p page) iter.Seq2[Transfer, error] {
				filter := TransferFilter{Since: p.since, First: p.first, Last: p.last}
				own(uid, &filter)
				return s.All(ctx, filter)
			},
			id:    func(t *Transfer) int64 { return int64(t.ID) },
			judge: judge,
		}.look(ctx, w)
	}
}

// details are what the description of a transfer tells. No document names more than the class; the sandbox writes the
// others by these names.
type details struct {
	class    TransferClass
	object   ObjectID // zero if there is none, or more than one
	name     string   // of the object
	purchase PurchaseID
}

// maxDetailsDepth bounds how deep a description is searched.
const maxDetailsDepth = 32

// parseDetails reads the description of a transfer. Each text in it, at any depth, goes to text, if that is not nil. A
// description that is no JSON object or array is a text itself.
func parseDetails(description string, text func(string)) (d details) {
	var r jsonread.Reader
	r.Reset([]byte(description))
	p := detailsParser{r: &r, text: text}
	c := r.Peek()
	p.value("", 0)
	if r.End(); text != nil && (r.Err() != nil || c != '{' && c != '[') {
		text(description)
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

// value reads one value, which is a member of this name, or of no name.
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

// detailNames are the names of what is read.
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
