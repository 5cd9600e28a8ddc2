package seller

import (
	"os"

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

// notInto refuses to write to a file that is read, or to its journal if it is a plan.
func notInto(path, flag, out string) error {
	to, err := os.Stat(out)
	if err != nil {
		return nil //nolint:nilerr // there is no such file yet
	}
	for _, mine := range []string{path, plan.Journal(path)} {
		if info, err := os.Stat(mine); err == nil && os.SameFile(to, info) {
			return cli.Misuse("--%s %s: must not be %s or its journal", flag, out, path)
		}
	}
	return nil
}
