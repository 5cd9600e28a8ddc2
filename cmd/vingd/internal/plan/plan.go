// Package plan reads the files of campaigns and payrolls.
package plan

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// passPrefix begins the header of a column that goes through to the output.
const passPrefix = "pass:"

// A Row is a row of a plan. A campaign has no user and no reference.
type Row struct {
	Line      int // in the file
	User      vingd.HUID
	Reference string
	Amount    vingd.Cents
	Message   string
	Group     string
	Expires   string // as in the file
	To        string // the recipient
	Pass      []string
}

// A Plan is a file.
type Plan struct {
	Path string
	Rows []Row
	Pass []string // the names of the columns that go through

	sum     vingd.Cents
	unsaved []byte // the file, if it is still to be written
}

// Journal returns the file of the journal of a plan in a file.
func Journal(path string) string { return path + ".journal" }

// The columns of each kind of plan.
var (
	campaignColumns = []string{"amount", "message", "group", "expires", "to"}
	campaignNeeds   = []string{"amount"}
	payrollColumns  = []string{"huid", "amount", "reference"}
)

// ReadCampaign reads the plan of a campaign.
func ReadCampaign(path string) (*Plan, error) { return read(path, campaignColumns, campaignNeeds) }

// ReadPayroll reads a payroll.
func ReadPayroll(path string) (*Plan, error) { return read(path, payrollColumns, payrollColumns) }

func read(path string, columns, needs []string) (*Plan, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was read
	return parse(path, file, columns, needs)
}

func parse(path string, text io.Reader, columns, needs []string) (*Plan, error) {
	lines, header, err := newReader(path, text)
	if err != nil {
		return nil, err
	}
	p := &Plan{Path: path}
	if err := p.columns(header, columns, needs); err != nil {
		return nil, err
	}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, cli.Misuse("%s: %s", path, err)
		}
		line, _ := lines.FieldPos(0)
		if err := p.row(line, header, cells); err != nil {
			return nil, err
		}
	}
	if len(p.Rows) == 0 {
		return nil, cli.Misuse("%s: has no rows", path)
	}
	return p, nil
}

// columns checks the names of the columns.
func (p *Plan) columns(header, columns, needs []string) error {
	known := strings.Join(columns, ", ")
	for i, name := range header {
		passed, passes := strings.CutPrefix(name, passPrefix)
		switch {
		case slices.Contains(header[:i], name):
			return cli.Misuse("%s: column %q: is there twice", p.Path, name)
		case passes && (passed == "" || slices.Contains(exportColumns, passed)):
			return cli.Misuse("%s: column %q: must be pass: and a name other than %s", p.Path, name, strings.Join(exportColumns, ", "))
		case passes:
			p.Pass = append(p.Pass, passed)
		case !slices.Contains(columns, name):
			if err := separated(p.Path, name); err != nil {
				return err
			}
			return cli.Misuse("%s: column %q: must be one of %s, or begin with pass:", p.Path, name, known)
		}
	}
	for _, name := range needs {
		if !slices.Contains(header, name) {
			return cli.Misuse("%s: column %q: is missing", p.Path, name)
		}
	}
	return nil
}

func (p *Plan) row(line int, header, cells []string) (err error) {
	r := Row{Line: line}
	if err := inUTF8(p.Path, line, header, cells); err != nil {
		return err
	}
	for i, name := range header {
		switch cell := cells[i]; name {
		case "huid":
			r.User = vingd.HUID(cell)
		case "reference":
			r.Reference = cell
		case "amount":
			if r.Amount, err = cli.Amount(fmt.Sprintf("%s:%d: amount", p.Path, line), cell); err != nil {
				return err
			}
			if p.sum > math.MaxInt64-r.Amount {
				return cli.Misuse("%s:%d: amount %q: the sum of the rows is too large", p.Path, line, cell)
			}
			p.sum += r.Amount
		case "message":
			r.Message = cell
		case "group":
			r.Group = cell
		case "expires":
			r.Expires = cell
			if _, err := cli.Future(fmt.Sprintf("%s:%d: expires", p.Path, line), cell); err != nil {
				return err
			}
		case "to":
			r.To = cell
		default:
			r.Pass = append(r.Pass, cell)
		}
	}
	p.Rows = append(p.Rows, r)
	return nil
}

// Startable returns an error if a row would expire at once.
func (p *Plan) Startable() error {
	for i := range p.Rows {
		if err := p.Ahead(i); err != nil {
			return err
		}
	}
	return nil
}

// Ahead returns an error if a row has expired. Rows count from 0 here.
func (p *Plan) Ahead(i int) error {
	return cli.Ahead(fmt.Sprintf("%s:%d: expires", p.Path, p.Rows[i].Line), p.Rows[i].Expires)
}

// Zoneless reports whether a row expires at a time without a zone. Such a plan is another one in another time zone.
func (p *Plan) Zoneless() bool {
	return slices.ContainsFunc(p.Rows, func(r Row) bool { return cli.IsZoneless(r.Expires) })
}

// Vouchers returns the rows of a campaign.
func (p *Plan) Vouchers() []batch.Voucher {
	vouchers := make([]batch.Voucher, len(p.Rows))
	for i := range p.Rows {
		r := &p.Rows[i]
		expires, _ := cli.Future("", r.Expires) // it was read before
		vouchers[i] = batch.Voucher{
			Amount: r.Amount, Message: r.Message, Group: vingd.GroupID(r.Group), Expires: expires, Note: fmt.Sprintf("%q %q %q", r.To, p.Pass, r.Pass),
		}
	}
	return vouchers
}

// Rewards returns the rows of a payroll.
func (p *Plan) Rewards() []batch.Reward {
	rewards := make([]batch.Reward, len(p.Rows))
	for i := range p.Rows {
		r := &p.Rows[i]
		rewards[i] = batch.Reward{User: r.User, Amount: r.Amount, Reference: r.Reference}
	}
	return rewards
}

// Duplicates returns the lines of rows that go to the recipient of an earlier row.
func (p *Plan) Duplicates() (lines []int) {
	seen := map[string]bool{}
	for i := range p.Rows {
		r := &p.Rows[i]
		key := r.To + string(r.User)
		if key != "" && seen[key] {
			lines = append(lines, r.Line)
		}
		seen[key] = true
	}
	return lines
}

// Unnumbered returns the lines of rows whose reference has no number.
func (p *Plan) Unnumbered() (lines []int) {
	for i := range p.Rows {
		if r := &p.Rows[i]; r.Reference != "" && !strings.ContainsAny(r.Reference, "0123456789") {
			lines = append(lines, r.Line)
		}
	}
	return lines
}
