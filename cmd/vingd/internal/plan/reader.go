package plan

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// newReader returns a reader of CSV that may begin with a byte order mark, as spreadsheets write it, and the names of its columns.
// It refuses a spreadsheet, UTF-16 and JSON: the first two have zero bytes.
func newReader(path string, r io.Reader) (*csv.Reader, []string, error) {
	buffered := bufio.NewReader(r)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	begin, _ := buffered.Peek(512)
	if begin = bytes.TrimSpace(begin); bytes.IndexByte(begin, 0) >= 0 || len(begin) > 0 && (begin[0] == '{' || begin[0] == '[') {
		return nil, nil, cli.Misuse("%s: must be CSV in UTF-8: save it as CSV", path)
	}
	lines := csv.NewReader(buffered)
	header, err := lines.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil, cli.Misuse("%s: the file is empty, must begin with the names of its columns", path)
	case err != nil:
		return nil, nil, cli.Misuse("%s: %s", path, err)
	}
	return lines, header, nil
}

// separated refuses the name of a column with a semicolon.
func separated(path, name string) error {
	if strings.Contains(name, ";") {
		return cli.Misuse("%s: column %q: columns must be separated by commas, not semicolons", path, name)
	}
	return nil
}
