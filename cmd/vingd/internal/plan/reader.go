package plan

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// Open opens a file that the user chose. If it is missing, the exit code is that of a thing that was not found.
func Open(path string) (*os.File, error) {
	file, err := os.Open(path) //nolint:gosec // the user's own choice of a file
	if errors.Is(err, fs.ErrNotExist) {
		err = cli.WithCode(cli.NotFound, err)
	}
	return file, err
}

// inUTF8 refuses a row with letters of another encoding.
func inUTF8(path string, line int, header, cells []string) error {
	for i, name := range header {
		if !utf8.ValidString(cells[i]) {
			return cli.Misuse("%s:%d: column %q: must be UTF-8", path, line, name)
		}
	}
	return nil
}

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
	for _, name := range header {
		if !utf8.ValidString(name) {
			return nil, nil, cli.Misuse("%s: column %q: must be UTF-8", path, name)
		}
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
