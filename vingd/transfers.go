package vingd

import (
	"context"
	"iter"
	"strconv"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
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
