package command

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// writeReadyFile writes the file that says that the sandbox listens. The file appears with all its content. Only the user may read
// it: it has the login.
func writeReadyFile(path string, content []byte) (fs.FileInfo, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return os.Lstat(path)
}

// removeReadyFile removes the file that writeReadyFile wrote, but not one that another sandbox has put in its place. A number
// of a file can be used again, so the time of its writing counts, too.
func removeReadyFile(path string, written fs.FileInfo) error {
	there, err := os.Lstat(path)
	if err == nil && os.SameFile(there, written) && there.ModTime().Equal(written.ModTime()) {
		err = os.Remove(path)
	}
	return unlessGone(err)
}

// checkReadyFile refuses a path with anything else than an empty file or what an earlier sandbox wrote. It also refuses the path of
// another file of this sandbox.
func (s *settings) checkReadyFile() error {
	if s.readyFile == "" {
		return nil
	}
	for _, other := range [][2]string{{"data", s.data}, {"fixtures", s.fixtures}, {"cert", s.cert}, {"key", s.key}} {
		if other[1] != "" && samePath(s.readyFile, other[1]) {
			return cli.Misuse("--ready-file %q: must not be the file of --%s", s.readyFile, other[0])
		}
	}
	there, err := os.Lstat(s.readyFile)
	if err != nil {
		return unlessGone(err)
	}
	if !there.Mode().IsRegular() || there.Size() > 0 && !isReady(s.readyFile) {
		return cli.Misuse("--ready-file %q: must be a new file, an empty one, or one that a sandbox wrote", s.readyFile)
	}
	return nil
}

// removeStaleReadyFile removes the file of an earlier sandbox that was killed.
func (s *settings) removeStaleReadyFile() error {
	if s.readyFile == "" {
		return nil
	}
	if err := s.checkReadyFile(); err != nil {
		return err
	}
	return unlessGone(os.Remove(s.readyFile))
}

// isReady reports whether a file is one that a sandbox wrote.
func isReady(path string) bool {
	content, err := os.ReadFile(path) //nolint:gosec // the user chooses the file
	var said struct{ API, Frontend, Controls string }
	return err == nil && json.Unmarshal(content, &said) == nil && said.API != "" && said.Frontend != "" && said.Controls != ""
}

// samePath reports whether two paths lead to one file, or would if it were there.
func samePath(one, other string) bool {
	first, err := os.Stat(one)
	if err == nil {
		second, err := os.Stat(other)
		return err == nil && os.SameFile(first, second)
	}
	return within(one) == within(other)
}

// within returns the absolute path of a file, in the directory to which symbolic links lead.
func within(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	dir := filepath.Dir(path)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return filepath.Join(dir, filepath.Base(path))
}

// unlessGone returns an error, unless it says that there is no file.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
