package control

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// maxBuyers is how many people a list has at most.
const maxBuyers = 1000

// Deposit serves POST /-/deposits.
func (s server) Deposit(w http.ResponseWriter, r *http.Request) {
	var in sandboxserver.Deposit
	err := read(r, &in)
	if err == nil && in.Amount < 1 {
		err = invalid("amount %d: must be 1 or more", in.Amount)
	}
	if err == nil {
		err = s.Broker.Deposit(vingd.UID(in.UID), vingd.Cents(in.Amount))
	}
	s.writeHolder(w, r, vingd.UID(in.UID), err)
}

// ListBuyers serves GET /-/buyers.
func (s server) ListBuyers(w http.ResponseWriter, r *http.Request) {
	people, err := s.Broker.ViewBuyers(broker.Look{Limit: maxBuyers})
	list := sandboxserver.BuyerList{Buyers: []sandboxserver.Buyer{}}
	for _, p := range people.Rows {
		list.Buyers = append(list.Buyers, sandboxserver.Buyer{UID: int64(p.UID), Name: p.Name, Balance: int64(p.Balance)})
	}
	write(w, r, list, err)
}

// AddBuyer serves POST /-/buyers.
func (s server) AddBuyer(w http.ResponseWriter, r *http.Request) {
	var in sandboxserver.NewBuyer
	var uid vingd.UID
	err := read(r, &in)
	if err == nil && strings.TrimSpace(in.Name) == "" {
		err = invalid("name: must not be empty")
	}
	if err == nil {
		uid, err = s.Broker.AddBuyer(in.Name, vingd.Cents(in.Balance))
	}
	s.writeHolder(w, r, uid, err)
}

// GetBuyer serves GET /-/buyers/{uid}.
func (s server) GetBuyer(w http.ResponseWriter, r *http.Request, uid sandboxserver.UID) {
	s.writeHolder(w, r, vingd.UID(uid), s.isBuyer(vingd.UID(uid)))
}

// Pay serves POST /-/buyers/{uid}/pay.
func (s server) Pay(w http.ResponseWriter, r *http.Request, uid sandboxserver.UID) {
	var in sandboxserver.Payment
	var receipt broker.Receipt
	err := s.readOf(uid, r, &in)
	if err == nil {
		receipt, err = s.Broker.Pay(vingd.UID(uid), vingd.OrderID(in.Order), in.Anonymously)
	}
	if err != nil {
		write(w, r, nil, err)
		return
	}
	// Both are texts, as a popup hands them to its opener.
	write(w, r, sandboxserver.Paid{
		OID: strconv.FormatInt(int64(receipt.Object), 10), TID: string(receipt.Token), Context: receipt.Context, Return: receipt.Return().String(),
	}, nil)
}

// Redeem serves POST /-/buyers/{uid}/redeem.
func (s server) Redeem(w http.ResponseWriter, r *http.Request, uid sandboxserver.UID) {
	var in sandboxserver.Redemption
	var amount vingd.Cents
	err := s.readOf(uid, r, &in)
	if err == nil {
		amount, err = s.Broker.Redeem(vingd.UID(uid), vingd.VoucherCode(in.Code))
	}
	write(w, r, sandboxserver.Redeemed{Amount: int64(amount)}, err)
}

// readOf reads the body of a request of a buyer.
func (s server) readOf(uid sandboxserver.UID, r *http.Request, into any) error {
	if err := s.isBuyer(vingd.UID(uid)); err != nil {
		return err
	}
	return read(r, into)
}

// isBuyer refuses an account with a login: a seller spends by the API.
func (s server) isBuyer(uid vingd.UID) error {
	if uid < 1 {
		return invalid("uid: must be a number of 1 or more")
	}
	profile, err := s.Broker.Profile(uid)
	if err == nil && profile.Username != "" {
		err = &broker.Error{Kind: broker.ErrForbidden, Message: "the account " + strconv.FormatInt(int64(uid), 10) + " has a login, and is no buyer"}
	}
	return err
}

// writeHolder writes an account, and what it holds.
func (s server) writeHolder(w http.ResponseWriter, r *http.Request, uid vingd.UID, err error) {
	var profile broker.Profile
	var balance vingd.Cents
	if err == nil {
		profile, err = s.Broker.Profile(uid)
	}
	if err == nil {
		balance, err = s.Broker.Balance(uid)
	}
	write(w, r, sandboxserver.Buyer{UID: int64(uid), Name: profile.Name, Balance: int64(balance)}, err)
}
