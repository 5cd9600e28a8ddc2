//go:build unix

package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// lockedFile is an environment variable. With it, this program prints whether another process has SQLite's lock on the file.
const lockedFile = "VINGD_SANDBOX_LOCKED_FILE"

// The bytes of a file that SQLite locks while a process has it open.
const sharedFirst, sharedSize = 0x40000002, 510

func printLocked(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: sharedFirst, Len: sharedSize}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock)
	_, printed := fmt.Printf("locked: %t\n", lock.Type != syscall.F_UNLCK)
	return errors.Join(err, printed, f.Close())
}

// CheckFile in the process of a sandbox keeps the sandbox's locks. If they were lost, an older SQLite tool that closes the file
// would delete its log, and with it acknowledged changes.
func TestCheckFile_LocksInSameProcess(t *testing.T) {
	if path := os.Getenv(lockedFile); path != "" {
		if err := printLocked(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	data := filepath.Join(t.TempDir(), "data")
	s, err := sandbox.New(sandbox.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSandbox(t, s)
	for _, when := range []string{"before", "after"} {
		other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		other.Env = append(os.Environ(), lockedFile+"="+data)
		out, err := other.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "locked: true") {
			t.Errorf("%s CheckFile the sandbox does not hold its lock: %v\n%s", when, err, out)
		}
		if err := sandbox.CheckFile(data); err != nil {
			t.Fatal(err)
		}
	}
}
