package control

import (
	"net/http"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A holder is an account, and what it holds.
type holder struct {
	UID     vingd.UID   `json:"uid"`
	Name    string      `json:"name"`
	Balance vingd.Cents `json:"balance"`
}

func (k Knobs) deposit(r *http.Request) (any, error) {
	var in struct {
		UID    vingd.UID   `json:"uid"`
		Amount vingd.Cents `json:"amount"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Amount < 1 {
		return nil, invalid("amount %d: must be 1 or more", in.Amount)
	}
	if err := k.Broker.Deposit(in.UID, in.Amount); err != nil {
		return nil, err
	}
	return k.holder(in.UID)
}

// maxBuyers is how many people a list has at most.
const maxBuyers = 1000

func (k Knobs) buyers(*http.Request) (any, error) {
	people, err := k.Broker.ViewBuyers(maxBuyers)
	if err != nil {
		return nil, err
	}
	all := make([]holder, len(people))
	for i, p := range people {
		all[i] = holder{p.UID, p.Name, p.Balance}
	}
	return map[string]any{"buyers": all}, nil
}

func (k Knobs) addBuyer(r *http.Request) (any, error) {
	var in struct {
		Name    string      `json:"name"`
		Balance vingd.Cents `json:"balance"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	uid, err := k.Broker.AddBuyer(in.Name, in.Balance)
	if err != nil {
		return nil, err
	}
	return k.holder(uid)
}

func (k Knobs) buyer(r *http.Request) (any, error) {
	uid, err := k.person(r)
	if err != nil {
		return nil, err
	}
	return k.holder(uid)
}

func (k Knobs) pay(r *http.Request) (any, error) {
	var in struct {
		Order       vingd.OrderID `json:"order"`
		Anonymously bool          `json:"anonymously"`
	}
	uid, err := k.person(r)
	if err != nil {
		return nil, err
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	receipt, err := k.Broker.Pay(uid, in.Order, in.Anonymously)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		// Both strings, as a popup hands them to its opener.
		"oid": strconv.FormatInt(int64(receipt.Object), 10), "tid": string(receipt.Token),
		"context": receipt.Context, "return": receipt.Return().String(),
	}, nil
}

func (k Knobs) redeem(r *http.Request) (any, error) {
	var in struct {
		Code vingd.VoucherCode `json:"code"`
	}
	uid, err := k.person(r)
	if err != nil {
		return nil, err
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	amount, err := k.Broker.Redeem(uid, in.Code)
	if err != nil {
		return nil, err
	}
	return map[string]any{"amount": amount}, nil
}

// person returns the account in the path, if it is one of a person who cannot log in: a seller spends by the API.
func (k Knobs) person(r *http.Request) (vingd.UID, error) {
	uid, err := uid(r)
	if err != nil {
		return 0, err
	}
	profile, err := k.Broker.Profile(uid)
	if err != nil {
		return 0, err
	}
	if profile.Username != "" {
		return 0, &broker.Error{Kind: broker.ErrForbidden, Message: "the account " + strconv.FormatInt(int64(uid), 10) + " has a login, and is no buyer"}
	}
	return uid, nil
}

func (k Knobs) holder(uid vingd.UID) (any, error) {
	profile, err := k.Broker.Profile(uid)
	if err != nil {
		return nil, err
	}
	balance, err := k.Broker.Balance(uid)
	return holder{uid, profile.Name, balance}, err
}
