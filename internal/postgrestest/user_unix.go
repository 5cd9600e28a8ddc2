//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"syscall"
)

// serverUser is the user that the server runs as if the tests run as root. The server refuses to run as root.
const serverUser = 65534

func give(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return os.Chown(dir, serverUser, serverUser)
}

func unprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: serverUser, Gid: serverUser}
	}
}
