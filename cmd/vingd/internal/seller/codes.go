package seller

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
)

// writeCodes writes codes to a file, or to stdout for -, and says how many and where.
func writeCodes(a *cli.App, path string, content []byte, vouchers int, advice string) error {
	if path == "-" {
		_, err := a.Out.Write(content)
		return err
	}
	if err := private.Write(path, content); err != nil {
		return err
	}
	are := "are"
	if vouchers == 1 {
		are = "is"
	}
	a.Say("%s %s in %s.%s", number(vouchers, "voucher"), are, path, advice)
	return nil
}

// notInto refuses to write to a file that is read, and to the journal of any plan.
func notInto(path, flag, out string) error {
	if to, err := os.Stat(out); err == nil {
		for _, mine := range []string{path, plan.Journal(path)} {
			if info, err := os.Stat(mine); err == nil && os.SameFile(to, info) {
				return cli.Misuse("--%s %s: must not be %s or its journal", flag, out, path)
			}
		}
	}
	target, err := filepath.EvalSymlinks(out)
	if err != nil {
		target = out // there is no such file yet
	}
	if strings.HasSuffix(target, plan.Journal("")) {
		return cli.Misuse("--%s %s: must not be the journal of a plan", flag, out)
	}
	return nil
}
