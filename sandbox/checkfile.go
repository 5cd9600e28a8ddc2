package sandbox

import "github.com/vingd/vingd-api-go/sandbox/internal/broker"

// CheckFile is [Sandbox.Check] of a data file, whether a sandbox has it open or not. It does not change the file.
//
// On Linux, it returns [ErrConflict] in two cases:
//   - A sandbox has the file open under another path, such as before a rename. The newest content is there.
//   - A sandbox has another file open under the same path, which this file has replaced.
func CheckFile(path string) error { return named(broker.CheckFile(path)) }

// SaveFile copies the current content of a data file, whether a sandbox has it open or not, into a new file. A copy by other
// means lacks the content of the files beside the data file. It returns [ErrConflict] as [CheckFile] does.
func SaveFile(path, to string) error { return named(broker.SaveFile(path, to)) }

// RestoreFile replaces the content of the data file at path by that of a saved one, entirely or not at all. It creates the
// file if there is none. It returns [ErrConflict] if a sandbox has the file at path open, and for the saved one as [CheckFile] does.
func RestoreFile(path, from string) error { return named(broker.RestoreFile(path, from)) }
