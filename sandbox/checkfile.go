package sandbox

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// CheckFile is [Sandbox.Check] of a data file, whether a sandbox has it open or not. It leaves the file as it is, but for
// bringing one of an older version up to date: what has come due since stays due.
func CheckFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return named(err)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return named(fmt.Errorf("%s: is not a file with something in it, must be a data file of a sandbox", path))
	}
	core, err := broker.New(beforeEverything, path)
	if err != nil {
		return named(err)
	}
	return named(errors.Join(core.Check(), core.Close()))
}

// beforeEverything is a clock by which nothing is due.
func beforeEverything() time.Time { return time.Time{} }
