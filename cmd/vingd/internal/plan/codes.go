package plan

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/vingd"
)

// The states of a voucher in an export.
const (
	stateOpen    = "open"
	stateExpired = "expired"
)

var states = []string{stateOpen, "redeemed", "revoked", stateExpired}

var validCode = regexp.MustCompile(client.VoucherCodePattern)

// codeColumns are the columns that [ReadCodes] reads.
var codeColumns = []string{
	"code", "vid_encoded", "url", "state", "amount_allocated", "message", "to", "amount", "amount_vouched", "valid_until", "ts_valid_until", "expires",
}

// places returns the places of columns by their names, in lower case and with underscores. A column of exactly such a name is
// preferred to others: a plan's own columns follow those of an export.
func places(path string, header []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range header {
		key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
		before, taken := at[key]
		if taken && (name == header[before] || header[before] != key && name != key && slices.Contains(codeColumns, key)) {
			return nil, cli.Misuse("%s: column %q: is there twice", path, name)
		}
		if !taken || name == key {
			at[key] = i
		}
	}
	return at, nil
}

// ReadCodes reads the vouchers of an export, or of any CSV with a column code or vid_encoded. A voucher has ended if its state is
// not open, its amount_allocated is empty, or its expiry has passed. Names of columns are compared without case, and with spaces
// as underscores. A voucher has the URL of the file, if that has a column url. It also returns the columns that it does not read, without those of an export and the known ones.
func ReadCodes(r io.Reader, path string, known []string) (codes []Issued, unread []string, err error) {
	lines, header, err := newReader(path, r)
	if err != nil {
		return nil, nil, err
	}
	at, err := places(path, header)
	if err != nil {
		return nil, nil, err
	}
	code, ok := at["code"]
	if !ok {
		code, ok = at["vid_encoded"]
	}
	if !ok {
		if err := separated(path, header[0]); err != nil {
			return nil, nil, err
		}
		return nil, nil, cli.Misuse("%s: column %q: is missing", path, "code")
	}
	for key, i := range at {
		if !slices.Contains(slices.Concat(codeColumns, exportColumns, known), key) {
			unread = append(unread, header[i])
		}
	}
	slices.Sort(unread)
	rows := map[string]int{}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return codes, unread, nil
		}
		if err != nil {
			return nil, nil, cli.Misuse("%s: %s", path, err)
		}
		line, _ := lines.FieldPos(0)
		if err := inUTF8(path, line, header, cells); err != nil {
			return nil, nil, err
		}
		if !validCode.MatchString(cells[code]) {
			return nil, nil, cli.Misuse("%s:%d: code %q: must be the code of a voucher", path, line, cells[code])
		}
		key := strings.ToUpper(strings.ReplaceAll(cells[code], "-", "")) // the same in each spelling
		if first, taken := rows[key]; taken {
			return nil, nil, cli.Misuse("%s:%d: code %q: is in row %d, too", path, line, cells[code], first)
		}
		rows[key] = line
		v := Issued{Row: &Row{Line: line}, Place: len(codes) + 1, Code: vingd.VoucherCode(cells[code])}
		err = v.read(path, func(names ...string) (text, column string) {
			for _, name := range names {
				if i, ok := at[name]; ok {
					return output.Uncell(cells[i]), header[i]
				}
			}
			return "", ""
		})
		if err != nil {
			return nil, nil, err
		}
		codes = append(codes, v)
	}
}

// read reads what is known of a voucher besides its code. Cell returns the text in the first of some columns that the file has,
// and the column's name in the file.
func (v *Issued) read(path string, cell func(names ...string) (text, column string)) (err error) {
	v.Row.Message, _ = cell("message")
	v.Row.To, _ = cell("to")
	link, column := cell("url")
	if u, err := url.Parse(link); column != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return cli.Misuse("%s:%d: %s %q: must be a URL that begins with http:// or https://", path, v.Row.Line, column, link)
	}
	v.URL = link
	if text, _ := cell("amount", "amount_vouched"); text != "" {
		if v.Row.Amount, err = cli.Amount(fmt.Sprintf("%s:%d: amount", path, v.Row.Line), text); err != nil {
			return err
		}
	}
	expiry, column := cell("valid_until", "ts_valid_until", "expires")
	until, ok := cli.ParseInstant(expiry)
	if !ok && expiry != "" {
		return cli.Misuse("%s:%d: %s %q: must be a time such as 2026-12-31T00:00:00Z, or empty", path, v.Row.Line, column, expiry)
	}
	v.Until = until
	state, column := cell("state")
	if state != "" && !slices.Contains(states, state) {
		return cli.Misuse("%s:%d: %s %q: must be open, redeemed, revoked or expired", path, v.Row.Line, column, state)
	}
	reserved, list := cell("amount_allocated")
	switch {
	case state != "" && state != stateOpen:
		v.Ended = state
	case list != "" && reserved == "", !until.IsZero() && until.Before(time.Now()):
		v.Ended = stateExpired // or redeemed or revoked before
	}
	return nil
}
