package seller

import (
	"bytes"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/sheet"
	"github.com/vingd/vingd-api-go/vingd"
)

func newVoucherQR(a *cli.App) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "qr CODE",
		Short: "Draw a voucher's QR code",
		Long: `Draws a QR code of the URL where a user redeems the voucher. The command asks the broker
for the voucher first, so that no code is printed of a mistyped or used one.`,
		Example: `  vingd vouchers qr LXKG-TBR-HQV                 on the terminal
  vingd vouchers qr LXKG-TBR-HQV --out code.png
  vingd vouchers qr LXKG-TBR-HQV --out code.svg`,
		Args:              cli.Arguments("CODE"),
		ValidArgsFunction: completeVouchers(a),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.Client()
			if err != nil {
				return err
			}
			voucher, err := client.Vouchers.Get(c.Context(), vingd.VoucherCode(args[0]))
			if err != nil {
				return err
			}
			if voucher.Allocated == 0 {
				return cli.WithCode(cli.Failed, errors.New("voucher "+string(voucher.Code)+": was redeemed, revoked or expired"))
			}
			url := client.Vouchers.URLs(voucher.Code).Redirect
			if out == "" {
				return printQR(a, url)
			}
			var picture bytes.Buffer
			switch filepath.Ext(out) {
			case ".png":
				err = sheet.PNG(&picture, url)
			case ".svg":
				var svg string
				svg, err = sheet.SVG(url)
				picture.WriteString(svg)
			default:
				return cli.Misuse("--out %q: must end in .png or .svg", out)
			}
			if err != nil {
				return err
			}
			return private.Write(out, picture.Bytes())
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `FILE`, in PNG or SVG, in the place of the terminal")
	return c
}

func printQR(a *cli.App, url string) error {
	return sheet.Terminal(a.Out, url, a.Colored())
}
