package vingd

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// TransferService lists transfers of money.
type TransferService struct{ c *Client }

// Transfer is a transfer of money from one account to another.
type Transfer struct {
	ID     TransferID
	Amount Cents
	From   UID
	To     UID
	Proxy  UID // the broker's account
	Time   time.Time
	Class  TransferClass // from the description
	// Description is kept by the broker with the transfer: JSON with the class and more.
	Description string
}

// A TransferClass is the purpose of a transfer. The official PHP client has these classes. The broker may have others.
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

var transferClassNames = [...]string{
	TransferPurchase:         "purchase",
	TransferAdReward:         "ad reward",
	TransferSellerPayout:     "seller payout",
	TransferAdDeposit:        "ad deposit",
	TransferCurrencyExchange: "currency exchange",
	TransferDirect:           "direct transfer",
	TransferRefund:           "refund",
	TransferUnverifiedRefund: "unverified purchase refund",
	TransferVoucherAllocated: "voucher allocated",
	TransferVoucherDeposited: "voucher deposited",
}

// String returns the name of the class, such as "seller payout". For a class without a name it returns its number, as in
// "class 11", and "no class" for zero. The JSON form of a class is its number.
func (c TransferClass) String() string {
	switch {
	case c == 0:
		return "no class"
	case c < 0 || int(c) >= len(transferClassNames):
		return "class " + strconv.Itoa(int(c))
	}
	return transferClassNames[c]
}

// TransferFilter selects transfers. From or To is required, and one of them must be the caller's account.
type TransferFilter struct {
	From  UID  // from this account
	To    UID  // to this account
	First int  // at most this many of the oldest; mutually exclusive with Last
	Last  int  // at most this many of the newest; mutually exclusive with First
	Since Time // after this time
	Until Time // before this time
}

// List returns the transfers that the filter selects.
//
// API: GET /fort/transfers
func (s *TransferService) List(ctx context.Context, filter TransferFilter) ([]Transfer, error) {
	return list(ctx, s.c, opTransferList, s.request, filter, transferOf)
}

// All streams the transfers that the filter selects, in constant memory. Each use of the sequence makes a call.
//
// API: GET /fort/transfers
func (s *TransferService) All(ctx context.Context, filter TransferFilter) iter.Seq2[Transfer, error] {
	return stream(ctx, s.c, opTransferList, s.request, filter, transferOf)
}

func (s *TransferService) request(f TransferFilter) (rest.Request, error) {
	args := s.c.args(opTransferList)
	if f.From == 0 && f.To == 0 {
		args.fail("filter", "must have from or to")
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

// mayBe reports whether c is one of others or an unknown class.
func (c TransferClass) mayBe(others ...TransferClass) bool {
	return c < TransferPurchase || c > TransferVoucherDeposited || slices.Contains(others, c)
}

// query returns a look-up of transfers. Own puts the caller's account into the filter.
func (s *TransferService) query(own func(UID, *TransferFilter), judge func(*Transfer) verdict) lookUp[Transfer] {
	var uid UID
	return func(ctx context.Context, w window) (found sighting[Transfer], err error) {
		if uid, err = s.c.Users.accountID(ctx, uid); err != nil {
			return found, err
		}
		return query[Transfer]{
			rows: func(ctx context.Context, p page) iter.Seq2[Transfer, error] {
				filter := TransferFilter{Since: p.since, Until: p.until, First: p.first, Last: p.last}
				own(uid, &filter)
				return s.All(ctx, filter)
			},
			id:    func(t *Transfer) int64 { return int64(t.ID) },
			at:    func(t *Transfer) time.Time { return t.Time },
			judge: judge,
			oldest: func(ctx context.Context, n int) iter.Seq2[Transfer, error] {
				filter := TransferFilter{First: n}
				own(uid, &filter)
				return s.All(ctx, filter)
			},
			addUp: func(ctx context.Context, before time.Time) (bool, error) { return s.addUp(ctx, uid, before, nil) },
		}.look(ctx, w)
	}
}

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
