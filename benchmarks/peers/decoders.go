package peers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/bytedance/sonic"
	jsonx "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	goccy "github.com/goccy/go-json"
	"github.com/mailru/easyjson"

	"github.com/vingd/vingd-api-go/benchmarks/rows"
)

// Decoders returns the client, which has a decoder of its own, and the hand-written client on each library. The first is on
// encoding/json. Walk reads row by row if the library can.
func Decoders(endpoint string, transport http.RoundTripper) ([]*Peer, error) {
	own, err := New("vingd", endpoint, transport)
	if err != nil {
		return nil, err
	}
	on := func(name string, unmarshal func([]byte, any) error, walk func(io.Reader, func()) error) *Peer {
		peer := newPlain(endpoint, transport, unmarshal)
		peer.Name = name
		if walk != nil {
			p := &plain{endpoint: endpoint, http: &http.Client{Transport: transport}}
			peer.Walk = func(ctx context.Context, row func()) error { return p.walk(ctx, row, walk) }
		}
		return peer
	}
	return []*Peer{
		on("encoding/json", json.Unmarshal, func(source io.Reader, row func()) error {
			return walkTokens(json.NewDecoder(source), row)
		}),
		own,
		on("go-json-experiment", func(text []byte, value any) error { return jsonx.Unmarshal(text, value) }, walkJSONText),
		on("goccy", func(text []byte, value any) error { return goccy.Unmarshal(text, value) }, nil),
		on("sonic", sonic.Unmarshal, nil),
		on("easyjson", easyUnmarshal, nil),
	}, nil
}

// easyUnmarshal uses the code that easyjson generated for the lists.
func easyUnmarshal(text []byte, value any) error {
	if generated, ok := value.(easyjson.Unmarshaler); ok {
		return easyjson.Unmarshal(text, generated)
	}
	return json.Unmarshal(text, value)
}

// walk calls row for each voucher as it arrives.
func (p *plain) walk(ctx context.Context, row func(), read func(io.Reader, func()) error) error {
	resp, err := p.send(ctx, http.MethodGet, "/vouchers", nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return read(resp.Body, row)
}

var errNoList = errors.New("the response is not a list")

func walkTokens(d *json.Decoder, row func()) error {
	for _, want := range []json.Token{json.Delim('{'), "data", json.Delim('[')} {
		token, err := d.Token()
		if err != nil {
			return err
		}
		if token != want {
			return errNoList
		}
	}
	for d.More() {
		var voucher rows.Voucher
		if err := d.Decode(&voucher); err != nil {
			return err
		}
		row()
	}
	_, err := d.Token()
	return err
}

func walkJSONText(source io.Reader, row func()) error {
	d := jsontext.NewDecoder(source)
	for _, want := range []string{"{", "data", "["} {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		if token.String() != want {
			return errNoList
		}
	}
	for d.PeekKind() != ']' {
		var voucher rows.Voucher
		if err := jsonx.UnmarshalDecode(d, &voucher); err != nil {
			return err
		}
		row()
	}
	_, err := d.ReadToken()
	return err
}
