package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/vingd/vingd-api-go/vingd"
)

// A reward is a line of the list.
type reward struct {
	user      vingd.HUID
	amount    vingd.Cents
	reference string // unlike that of any other reward ever
}

// header is the first line of a list. Amounts are in cents.
var header = []string{"huid", "amount", "reference"}

// readList reads a list, and refuses one that has a line that cannot be paid, or a reference twice.
func readList(path string) ([]reward, error) {
	file, err := os.Open(path) //nolint:gosec // the caller's own choice of a file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	lines := csv.NewReader(file)
	lines.FieldsPerRecord = len(header)
	if first, err := lines.Read(); err != nil || !slices.Equal(first, header) {
		return nil, fmt.Errorf("%s: the first line is %q, must be %q", path, first, header)
	}
	var rewards []reward
	seen := map[string]bool{}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rewards, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		number, _ := lines.FieldPos(0)
		amount, err := strconv.ParseInt(line[1], 10, 64)
		r := reward{vingd.HUID(line[0]), vingd.Cents(amount), line[2]}
		switch {
		case err != nil || amount <= 0:
			return nil, fmt.Errorf("%s:%d: amount is %q, must be in cents, above zero", path, number, line[1])
		case r.reference == "" || seen[r.reference]:
			return nil, fmt.Errorf("%s:%d: reference is %q, must be unlike any other", path, number, r.reference)
		}
		seen[r.reference] = true
		rewards = append(rewards, r)
	}
}

// writeList writes a list, all of it or nothing.
func writeList(path string, rewards []reward) error {
	file, err := os.Create(path + ".new") //nolint:gosec // the caller's own choice of a file
	if err != nil {
		return err
	}
	lines := csv.NewWriter(file)
	_ = lines.Write(header) // Flush keeps the error
	for _, r := range rewards {
		_ = lines.Write([]string{string(r.user), strconv.FormatInt(int64(r.amount), 10), r.reference})
	}
	lines.Flush()
	if err := errors.Join(lines.Error(), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
