// Package private writes files that their owner alone can read: logins, and codes that are money.
package private

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// temporary ends the name of a file that is written beside the one that it replaces.
const temporary = ".tmp"

// Write writes a file with mode 0600. A crash leaves the old file or the new. A device or a pipe is written to, and not
// replaced; so is the target of a symbolic link.
func Write(path string, content []byte) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeTo(path, content)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*"+temporary) // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// RemoveLeftovers removes the files of processes that were killed while they wrote a file. The caller holds a lock, so that no
// other process writes it now.
func RemoveLeftovers(path string) {
	files, _ := os.ReadDir(filepath.Dir(path)) // the next caller tries again
	for _, file := range files {
		if name := file.Name(); strings.HasPrefix(name, filepath.Base(path)+"-") && strings.HasSuffix(name, temporary) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), name))
		}
	}
}

func writeTo(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // the user's own choice of a file
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
