package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
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
var exportColumns = []string{"row", "code", "url", "amount", "valid_until", "message", "group", "to", "state"}

// An Issued is a voucher of a campaign.
type Issued struct {
	Row   *Row
	Place int // in the plan, from 1
	Code  vingd.VoucherCode
	URL   string
	Until time.Time // when it expires; zero if that is not known
	Ended string    // redeemed, revoked or expired; empty for an open voucher
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
		state := v.Ended
		if state == "" {
			state = stateOpen
		}
		for _, foreign := range append([]string{untilCell(v.Until), r.Message, r.Group, r.To, state}, r.Pass...) {
			cells = append(cells, output.Cell(foreign))
		}
		_ = lines.Write(cells)
	}
	lines.Flush()
	return lines.Error()
}
