package sandbox

import "github.com/vingd/vingd-api-go/sandbox/internal/broker"

// CheckFile is [Sandbox.Check] of a data file, whether a sandbox has it open or not. It changes nothing in the file.
func CheckFile(path string) error { return named(broker.CheckFile(path)) }

// SaveFile copies a data file as it is now, whether a sandbox has it open or not, into a new file. To copy the file by other
// means loses what is in the files beside it.
func SaveFile(path, to string) error { return named(broker.SaveFile(path, to)) }

// RestoreFile makes a data file what a saved one is, entirely or not at all. It creates the file if there is none, and
// refuses one that a sandbox has open.
func RestoreFile(path, from string) error { return named(broker.RestoreFile(path, from)) }
