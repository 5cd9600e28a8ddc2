package frontend

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// addSeller adds the seller of a form, and returns the address of its page.
func (p *pages) addSeller(form url.Values) (to string, err error) {
	balance, ok := readAmount(form.Get("deposit"))
	if !ok {
		return "", refuse("the deposit of a seller must be an amount of vingds like 1000.00")
	}
	uid, err := p.broker.AddSeller(broker.NewSeller{Username: strings.TrimSpace(form.Get("username")), Password: form.Get("password"), Balance: balance})
	return thingPath(broker.Accounts, uid), err
}

// addObject adds the object of a form, with an order if it has a price. It returns the address of its page.
func (p *pages) addObject(form url.Values) (to string, err error) {
	var orders []broker.FixedOrder
	if price := strings.TrimSpace(form.Get("price")); price != "" {
		amount, ok := readAmount(price)
		if !ok {
			return "", refuse("the price of an object must be an amount of vingds like 2.00, or be empty")
		}
		orders = append(orders, broker.FixedOrder{Price: amount})
	}
	d := broker.Description{Name: strings.TrimSpace(form.Get("object")), URL: strings.TrimSpace(form.Get("url"))}
	text, err := json.Marshal(map[string]string{"name": d.Name, "url": d.URL})
	if err != nil {
		return "", err
	}
	d.Text = string(text)
	made, err := p.broker.Add(broker.Fixtures{Objects: []broker.FixedObject{
		{Seller: strings.TrimSpace(form.Get("seller")), Description: d, Orders: orders},
	}})
	var refused *broker.Error
	if errors.As(err, &refused) {
		_, message, _ := strings.Cut(refused.Message, ": ") // without the place in the fixtures
		return "", &broker.Error{Kind: refused.Kind, Message: message}
	}
	if err != nil {
		return "", err
	}
	return thingPath(broker.Objects, made.Objects[0].ID), nil
}

// addFixtures adds fixtures in JSON.
func (p *pages) addFixtures(text string) error {
	if strings.TrimSpace(text) == "" {
		return refuse("fixtures must not be empty")
	}
	// The places in errors are those of the text that the page shows.
	fixtures, err := p.controls.ReadFixtures("fixtures", readable([]byte(text)))
	if err == nil {
		_, err = p.broker.Add(fixtures)
	}
	return err
}
