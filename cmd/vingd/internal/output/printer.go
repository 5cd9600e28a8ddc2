package output

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Formats are the formats that -o takes.
var Formats = []string{"table", "json", "jsonl", "csv", "id"}

// Options say how records are printed.
type Options struct {
	Format   string   // one of Formats; empty is table
	Columns  []string // the fields to print; nil is the kind's own choice
	NoHeader bool     // leaves out the first line of a table or of CSV
	JQ       string   // a jq expression that JSON goes through
	Bold     bool     // the first line of a table is bold
	Single   bool     // one record, and not a list of them
}

// JSON reports whether a program reads what is printed.
func (o *Options) JSON() bool { return o.Format == "json" || o.Format == "jsonl" }

// A Printer prints records of one kind. Call Close after the last.
type Printer struct {
	w      *bufio.Writer
	opts   Options
	kind   Kind
	places []int // of the fields that are printed
	names  []string
	id     int
	filter *filter

	count int
	table table
	csv   *csv.Writer
	kept  []any // for a filter of the whole list
}

// New returns a printer. It returns an error if the options do not fit the kind.
func New(w io.Writer, kind Kind, o Options) (*Printer, error) {
	p := &Printer{w: bufio.NewWriter(w), opts: o, kind: kind}
	if p.opts.Format == "" {
		p.opts.Format = "table"
		if o.JQ != "" {
			p.opts.Format = "json"
		}
	}
	columns := o.Columns
	switch {
	case !slices.Contains(Formats, p.opts.Format):
		return nil, fmt.Errorf("-o %q: must be %s", p.opts.Format, strings.Join(Formats, ", "))
	case o.JQ != "" && !p.opts.JSON():
		return nil, fmt.Errorf("--jq: must be with -o json or -o jsonl")
	case p.opts.Format == "id" && columns != nil:
		return nil, fmt.Errorf("--columns: must not be with -o id")
	case p.opts.Format == "id" && kind.ID == "":
		return nil, fmt.Errorf("-o id: %s have no id", kind.Name)
	case columns == nil && p.opts.Format == "table" && !o.Single:
		columns = kind.Columns
	case columns == nil:
		columns = kind.Fields
	}
	var err error
	if p.places, err = pick(kind, columns); err != nil {
		return nil, err
	}
	p.names, p.id = columns, slices.Index(kind.Fields, kind.ID)
	if o.JQ != "" {
		if p.filter, err = newFilter(o.JQ); err != nil {
			return nil, err
		}
	}
	p.table = table{w: p.w, bold: o.Bold}
	p.csv = csv.NewWriter(p.w)
	return p, nil
}

// Print prints a record, now or later.
func (p *Printer) Print(r Record) error {
	p.count++
	switch p.opts.Format {
	case "table":
		if p.opts.Single {
			return p.fields(r)
		}
		if p.count == 1 && !p.opts.NoHeader {
			if err := p.table.head(p.names); err != nil {
				return err
			}
		}
		return p.table.row(p.texts(r, Clean))
	case "csv":
		if p.count == 1 && !p.opts.NoHeader {
			if err := p.csv.Write(p.names); err != nil {
				return err
			}
		}
		return p.csv.Write(p.texts(r, nil))
	case "id":
		_, err := fmt.Fprintln(p.w, Clean(textOf(r[p.id])))
		return err
	}
	return p.json(r)
}

// texts returns the cells of a record. Foreign text goes through a function, or else is made safe for a spreadsheet.
func (p *Printer) texts(r Record, clean func(string) string) []string {
	cells := make([]string, len(p.places))
	for i, at := range p.places {
		cells[i] = textOf(r[at])
		_, isString := r[at].(string)
		_, isRaw := r[at].(json.RawMessage)
		switch {
		case clean != nil:
			cells[i] = clean(cells[i])
		case isString || isRaw:
			cells[i] = Cell(cells[i])
		}
	}
	return cells
}

// fields prints a single record, a line for each field that has a value.
func (p *Printer) fields(r Record) error {
	width := 0
	for _, name := range p.names {
		width = max(width, len(name))
	}
	for i, cell := range p.texts(r, Clean) {
		if cell == "" && p.opts.Columns == nil {
			continue
		}
		line := fmt.Sprintf("%-*s  %s", width, p.names[i], cell)
		if p.opts.NoHeader {
			line = cell
		}
		if _, err := fmt.Fprintln(p.w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

func (p *Printer) json(r Record) error {
	picked := make(Record, len(p.places))
	for i, at := range p.places {
		picked[i] = r[at]
	}
	text, err := object(p.names, picked)
	if err != nil {
		return err
	}
	switch {
	case p.filter != nil && (p.opts.Single || p.opts.Format == "jsonl"):
		value, err := decode(text)
		if err != nil {
			return err
		}
		return p.filter.print(p.w, value)
	case p.filter != nil:
		value, err := decode(text)
		p.kept = append(p.kept, value)
		return err
	case p.opts.Format == "jsonl":
		_, err = p.w.Write(append(text, '\n'))
		return err
	case p.opts.Single:
		var b bytes.Buffer
		if err := json.Indent(&b, text, "", "  "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err = p.w.Write(b.Bytes())
		return err
	}
	before := ",\n  "
	if p.count == 1 {
		before = "[\n  "
	}
	_, err = p.w.Write(append([]byte(before), text...))
	return err
}

// Flush prints what was kept back for the widths of a table's columns.
func (p *Printer) Flush() error {
	if err := p.table.flush(); err != nil {
		return err
	}
	if p.csv.Flush(); p.csv.Error() != nil {
		return p.csv.Error()
	}
	return p.w.Flush()
}

// Close prints the rest, and the end of a list.
func (p *Printer) Close() error {
	if err := p.Flush(); err != nil {
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	return p.Flush()
}

func (p *Printer) end() error {
	switch {
	case p.opts.Single, p.opts.Format != "json":
		if p.count == 0 && p.opts.Format == "csv" && !p.opts.NoHeader {
			return p.csv.Write(p.names)
		}
		return nil
	case p.filter != nil:
		if p.kept == nil {
			p.kept = []any{}
		}
		return p.filter.print(p.w, p.kept)
	}
	end := "\n]\n"
	if p.count == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(p.w, end)
	return err
}
