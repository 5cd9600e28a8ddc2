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
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// header is the first line of a list. Amounts are in cents.
var header = []string{"huid", "amount", "reference"}

// readList reads a list. The job refuses rewards that cannot be paid.
func readList(path string) ([]batch.Reward, error) {
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
	var rewards []batch.Reward
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rewards, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		amount, err := strconv.ParseInt(line[1], 10, 64)
		if err != nil {
			number, _ := lines.FieldPos(1)
			return nil, fmt.Errorf("%s:%d: amount %q: must be in cents", path, number, line[1])
		}
		rewards = append(rewards, batch.Reward{User: vingd.HUID(line[0]), Amount: vingd.Cents(amount), Reference: line[2]})
	}
}

// writeList writes a list, all of it or nothing.
func writeList(path string, rewards []batch.Reward) error {
	file, err := os.Create(path + ".new") //nolint:gosec // the caller's own choice of a file
	if err != nil {
		return err
	}
	lines := csv.NewWriter(file)
	_ = lines.Write(header) // Flush keeps the error
	for _, r := range rewards {
		_ = lines.Write([]string{string(r.User), strconv.FormatInt(int64(r.Amount), 10), r.Reference})
	}
	lines.Flush()
	if err := errors.Join(lines.Error(), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
