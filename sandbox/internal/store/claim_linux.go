package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// A claim is a lock on a data file itself. It keeps sandboxes away that know the file by another path, such as in another
// container or after a rename. A second lock tells readers by which path SQLite has the file open. A third one, on the directory,
// tells them that the log at this path is in use, whatever file is there. Two more locks on the file tell them which log it is.
type claim struct {
	file *os.File
	dir  *os.File // or nil
	name int64
	log  int64 // the byte of the file that stands for the log, or 0
}

// claims are the open claims of this process. To close a second descriptor of a file would cancel the locks that SQLite has on
// it in this process.
var claims struct {
	sync.Mutex

	open []*claim
}

const (
	// setLock is F_OFD_SETLK of fcntl. Such a lock belongs to the descriptor: SQLite, which opens and closes the file, does not
	// cancel it.
	setLock = 37
	// getLock is F_OFD_GETLK of fcntl.
	getLock = 36
	// lockedByte is a byte that SQLite never locks, so that other programs can read the file. The bytes after it stand for names.
	lockedByte = 1 << 62
	// loggedByte is locked while the byte of a log is.
	loggedByte = lockedByte - 1
)

// errOtherPath is returned to readers of a file whose log SQLite keeps beside another path.
var errOtherPath = fmt.Errorf("%w under another path, such as before a rename: SQLite keeps its newest content beside that path", ErrInUse)

// errReplaced is returned to readers of a file that has replaced the one that a sandbox has open.
var errReplaced = fmt.Errorf("%w, which opened another file here that was replaced or renamed since: stop that sandbox first", ErrInUse)

// errOtherLog is returned to readers of a file whose newest content is in a log that was deleted.
var errOtherLog = fmt.Errorf("%w, whose log beside the file was deleted or replaced: call that sandbox once, and try again", ErrInUse)

// claimFile locks the data file at path, or returns [ErrInUse]. On a file system without such locks, it locks nothing.
func claimFile(path string) (*claim, error) {
	claims.Lock()
	defer claims.Unlock()
	name, err := nameOf(path)
	if err != nil {
		return nil, err
	}
	if other, err := claimOf(path); other != nil || err != nil {
		return nil, errors.Join(err, ErrInUse)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the caller chooses the file
	if err != nil {
		return nil, err
	}
	err = lockByte(file, syscall.F_WRLCK, lockedByte)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return nil, errors.Join(ErrInUse, file.Close())
	}
	lockByte(file, syscall.F_WRLCK, name) //nolint:errcheck // as above
	dir, err := os.Open(filepath.Dir(path))
	if err == nil {
		lockByte(dir, syscall.F_RDLCK, name) //nolint:errcheck // as above
	}
	c := &claim{file, dir, name, 0}
	claims.open = append(claims.open, c)
	return c, nil
}

// checkPath returns an error if a sandbox has the data file at path open by another path. Its log is not beside path then, and
// a reader would miss what is in the log. checkPath also returns an error if a sandbox has another file open by this path: the log
// is not of the file at path then.
func checkPath(path string) error {
	claims.Lock()
	defer claims.Unlock()
	name, err := nameOf(path)
	if err != nil {
		return err
	}
	held, err := claimOf(path)
	if err != nil {
		return err
	}
	if held != nil {
		switch {
		case held.name != name:
			return errOtherPath
		case held.log != 0 && held.log != logByteOf(path):
			return errOtherLog
		}
		return nil
	}
	file, err := os.Open(path) //nolint:gosec // the caller chooses the file
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if !isLocked(file, lockedByte) {
		return checkLog(file, path, name)
	}
	switch {
	case !isLocked(file, name) && isLocked(file, lockedByte):
		return errOtherPath
	case hasOtherLog(file, path):
		return errOtherLog
	default:
		return nil // or the sandbox has closed the file since
	}
}

// checkLog returns an error if a sandbox has a file open by this path, and not the given file, which is there now.
func checkLog(file *os.File, path string, name int64) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // only a directory that can be read has such a lock
	}
	defer dir.Close() //nolint:errcheck // nothing was written
	// A sandbox locks the file before the directory. It unlocks the file after the directory.
	if isLocked(dir, name) && !isLocked(file, lockedByte) && isLocked(dir, name) {
		return errReplaced
	}
	return nil
}

// claimOf returns the claim of this process on the file at path, or nil. Its caller holds claims.
func claimOf(path string) (*claim, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	for _, c := range claims.open {
		if held, err := c.file.Stat(); err == nil && os.SameFile(held, info) {
			return c, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// lockByte locks a byte of a file.
func lockByte(file *os.File, kind int16, at int64) error {
	return syscall.FcntlFlock(file.Fd(), setLock, &syscall.Flock_t{Type: kind, Start: at, Len: 1})
}

// unlock ends the locks on a file. Closing it does not: a process that this one is starting has the file open until its program
// runs.
func unlock(file *os.File) {
	_ = syscall.FcntlFlock(file.Fd(), setLock, &syscall.Flock_t{Type: syscall.F_UNLCK}) // the file system may have no such locks
}

// isLocked reports whether another descriptor has locked a byte of a file. On a file system without such locks, it reports false.
func isLocked(file *os.File, at int64) bool {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: at, Len: 1}
	err := syscall.FcntlFlock(file.Fd(), getLock, &lock)
	return err == nil && lock.Type != syscall.F_UNLCK
}

// follow locks the byte that stands for the log of the data file at path, instead of that of another log.
func (c *claim) follow(path string) {
	claims.Lock()
	defer claims.Unlock()
	before := c.log
	c.log = logByteOf(path)
	lockByte(c.file, syscall.F_WRLCK, c.log)      //nolint:errcheck // as in claimFile
	lockByte(c.file, syscall.F_WRLCK, loggedByte) //nolint:errcheck // as in claimFile
	if before != 0 && before != c.log {
		lockByte(c.file, syscall.F_UNLCK, before) //nolint:errcheck // as in claimFile
	}
}

// forget unlocks the byte of the log.
func (c *claim) forget() {
	if c == nil {
		return
	}
	claims.Lock()
	defer claims.Unlock()
	lockByte(c.file, syscall.F_UNLCK, loggedByte) //nolint:errcheck // as in claimFile
	lockByte(c.file, syscall.F_UNLCK, c.log)      //nolint:errcheck // as in claimFile
	c.log = 0
}

// logByteOf returns the byte that stands for the files of the log that is beside path now.
func logByteOf(path string) int64 {
	hash := fnv.New64a()
	for _, path := range logsOf(path) {
		if info, err := os.Stat(path); err == nil {
			hash.Write(identityOf(info))
		}
	}
	return byteOf(hash)
}

// identityOf returns the numbers of a file and of its device, or nothing if the file system has none.
func identityOf(info os.FileInfo) []byte {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, uint64(stat.Dev)), stat.Ino) //nolint:unconvert // Dev has 32 bits elsewhere
}

// byteOf returns the byte that stands for what was hashed.
func byteOf(hash hash.Hash64) int64 { return lockedByte + 1 + int64(hash.Sum64()>>3) }

// nameOf returns the byte that stands for the name of a file in its directory. Another container may have another path to the
// directory.
func nameOf(path string) (int64, error) {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	identity := identityOf(info)
	if identity == nil {
		return 0, errors.New("the file system has no inodes")
	}
	hash := fnv.New64a()
	hash.Write(identity)
	hash.Write([]byte(filepath.Base(path)))
	return byteOf(hash), nil
}

// release ends the locks. SQLite must have closed the file before.
func (c *claim) release() error {
	claims.Lock()
	defer claims.Unlock()
	claims.open = slices.DeleteFunc(claims.open, func(other *claim) bool { return other == c })
	var err error
	if c.dir != nil {
		unlock(c.dir)
		err = c.dir.Close()
	}
	unlock(c.file)
	return errors.Join(err, c.file.Close())
}
