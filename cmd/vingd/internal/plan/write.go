package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/vingd"
)

// Generate returns a plan of equal vouchers. [Plan.Save] writes it, unless the file has it already. Its column pass:campaign
// holds the file's name, so that an equal plan in a file of another name is another campaign.
func Generate(path string, count int, amount vingd.Cents) (*Plan, error) {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	var b bytes.Buffer
	lines := csv.NewWriter(&b)
	_ = lines.Write([]string{"amount", passPrefix + "campaign"}) // Flush keeps the error
	for range count {
		_ = lines.Write([]string{amount.String(), name})
	}
	lines.Flush()
	if err := lines.Error(); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(path) //nolint:gosec // the user's own choice of a file
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil && !bytes.Equal(old, b.Bytes()):
		return nil, cli.Misuse("%s: exists, and is not a plan of %d vouchers of %v", path, count, amount)
	case err != nil && !missing:
		return nil, err
	}
	p, err := parse(path, bytes.NewReader(b.Bytes()), campaignColumns, campaignNeeds)
	if err == nil && missing {
		p.unsaved = b.Bytes()
	}
	return p, err
}

// Save writes a plan that was generated, and whose file is missing.
func (p *Plan) Save() error {
	if p.unsaved == nil {
		return nil
	}
	return private.Write(p.Path, p.unsaved)
}

// exportColumns are the columns that an export begins with.
var exportColumns = []string{"row", "code", "url", "amount", "valid_until", "message", "group", "to"}

// An Issued is a voucher of a campaign.
type Issued struct {
	Row   *Row
	Place int // in the plan, from 1
	Code  vingd.VoucherCode
	URL   string
	Until time.Time // when it expires; zero if that is not known
	Ended string    // how it ended; empty for an open voucher
}

// untilCell returns an expiry as a cell, which [ReadCodes] reads.
func untilCell(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.Local().Format(time.RFC3339)
}

// Export writes vouchers as CSV.
func (p *Plan) Export(w io.Writer, issued []Issued) error {
	lines := csv.NewWriter(w)
	_ = lines.Write(append(append([]string(nil), exportColumns...), p.Pass...)) // Flush keeps the error
	for _, v := range issued {
		r := v.Row
		cells := []string{strconv.Itoa(v.Place), string(v.Code), v.URL, r.Amount.String()}
		for _, foreign := range append([]string{untilCell(v.Until), r.Message, r.Group, r.To}, r.Pass...) {
			cells = append(cells, output.Cell(foreign))
		}
		_ = lines.Write(cells)
	}
	lines.Flush()
	return lines.Error()
}

var validCode = regexp.MustCompile(client.VoucherCodePattern)

// places returns the places of columns by their names, in lower case and with underscores. A column of exactly such a name is
// preferred to others: a plan's own columns follow those of an export.
func places(header []string) map[string]int {
	at := map[string]int{}
	for i, name := range header {
		key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
		if _, taken := at[key]; !taken || name == key {
			at[key] = i
		}
	}
	return at
}

// ReadCodes reads the vouchers of an export, or of any CSV with a column code or vid_encoded. It leaves out vouchers whose
// column amount_allocated is empty. Names of columns are compared without case, and with spaces as underscores.
func ReadCodes(r io.Reader, path string) (codes []Issued, err error) {
	lines := newReader(r)
	header, err := lines.Read()
	if err != nil {
		return nil, cli.Misuse("%s: %s", path, err)
	}
	at := places(header)
	code, ok := at["code"]
	if !ok {
		if code, ok = at["vid_encoded"]; !ok {
			return nil, cli.Misuse("%s: column %q: is missing", path, "code")
		}
	}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return codes, nil
		}
		if err != nil {
			return nil, cli.Misuse("%s: %s", path, err)
		}
		cell := func(names ...string) (text, column string) {
			for _, name := range names {
				if i, ok := at[name]; ok {
					return output.Uncell(cells[i]), header[i]
				}
			}
			return "", ""
		}
		line, _ := lines.FieldPos(0)
		if !validCode.MatchString(cells[code]) {
			return nil, cli.Misuse("%s:%d: code %q: must be the code of a voucher", path, line, cells[code])
		}
		if i, ok := at["amount_allocated"]; ok && cells[i] == "" {
			continue // it was redeemed, revoked or expired
		}
		row := &Row{Line: line}
		row.Message, _ = cell("message")
		row.To, _ = cell("to")
		if text, _ := cell("amount", "amount_vouched"); text != "" {
			if row.Amount, err = cli.Amount(fmt.Sprintf("%s:%d: amount", path, line), text); err != nil {
				return nil, err
			}
		}
		expiry, column := cell("valid_until", "ts_valid_until", "expires")
		until, ok := cli.ParseInstant(expiry)
		if !ok && expiry != "" {
			return nil, cli.Misuse("%s:%d: %s %q: must be a time such as 2026-12-31T00:00:00Z, or empty", path, line, column, expiry)
		}
		codes = append(codes, Issued{Row: row, Place: len(codes) + 1, Code: vingd.VoucherCode(cells[code]), Until: until})
	}
}
