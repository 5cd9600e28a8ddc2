package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// writeReadyFile writes the file that says that the sandbox listens. The file appears with all its content.
func writeReadyFile(path string, content []byte) (fs.FileInfo, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
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

// removeStaleReadyFile removes the file of an earlier sandbox that was killed. It refuses anything else than a regular file.
func removeStaleReadyFile(path string) error {
	if path == "" {
		return nil
	}
	there, err := os.Lstat(path)
	if err != nil {
		return unlessGone(err)
	}
	if !there.Mode().IsRegular() {
		return cli.Misuse("--ready-file %q: must be a regular file, or a new one", path)
	}
	return unlessGone(os.Remove(path))
}

// unlessGone returns an error, unless it says that there is no file.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
