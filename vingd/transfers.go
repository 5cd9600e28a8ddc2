package vingd

import (
	"context"
	"iter"
	"net/http"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
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
	request, err := s.request(filter)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.c, opTransferList, request, readTransfer)
}

// All streams the transfers that the filter chooses, in constant memory. Each use of the sequence makes a call.
//
// API: GET /fort/transfers
func (s *TransferService) All(ctx context.Context, filter TransferFilter) iter.Seq2[Transfer, error] {
	return stream(ctx, s.c, opTransferList, s.request, filter, readTransfer)
}

func (s *TransferService) request(f TransferFilter) (newRequest, error) {
	ch := s.c.checks(opTransferList)
	if f.From == 0 && f.To == 0 {
		ch.add("filter", "must give from or to")
	}
	params := wire.ListTransfersParams{
		From:  filterID(ch, "from", f.From),
		To:    filterID(ch, "to", f.To),
		Since: ch.filterTime("since", f.Since),
		Until: ch.filterTime("until", f.Until),
	}
	params.First, params.Last = ch.counts(f.First, f.Last)
	return func() (*http.Request, error) { return wire.NewListTransfersRequest("", &params) }, ch.err
}

func readTransfer(r *jsonread.Reader, t *Transfer) {
	*t = Transfer{}
	for r.Enter('{'); r.Next('}'); {
		switch string(r.Key()) {
		case "id":
			t.ID = TransferID(r.Int())
		case "amount":
			t.Amount = Cents(r.Int())
		case "uid_from":
			t.From = UID(optionalInt(r))
		case "uid_to":
			t.To = UID(optionalInt(r))
		case "uid_proxy":
			t.Proxy = UID(optionalInt(r))
		case "timestamp":
			t.Time = optionalTime(r)
		case "description":
			t.Description = optionalString(r)
			t.Class = readClass(t.Description)
		default:
			r.Skip()
		}
	}
	if t.ID < 1 {
		r.Fail("a transfer with its id")
	}
}

// readClass reads the class out of a transfer's description, 0 where it tells none.
func readClass(description string) (class TransferClass) {
	var r jsonread.Reader
	r.Reset([]byte(description))
	for r.Enter('{'); r.Next('}'); {
		if string(r.Key()) == "class" {
			class = TransferClass(optionalInt(&r))
		} else {
			r.Skip()
		}
	}
	return class
}
