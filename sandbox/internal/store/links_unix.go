//go:build unix

package store

import (
	"io/fs"
	"syscall"
)

// links returns the number of names that a file has.
func links(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Nlink)
	}
	return 1
}
