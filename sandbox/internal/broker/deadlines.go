package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A deadline is the time at which the reservation of a purchase or of a voucher ends by itself.
type deadline struct {
	at       time.Time
	purchase vingd.PurchaseID
	voucher  vingd.VoucherID
}

const selectDeadline = `
	SELECT due AS at, id, id AS purchase, 0 AS voucher FROM purchases WHERE state = 'reserved' AND due <= $1 UNION ALL
	SELECT due, id, 0, id FROM vouchers WHERE state = 'open' AND due <= $1
	ORDER BY at, id LIMIT 1`

// settledAtOnce is the largest number of deadlines that one transaction settles. Other transactions run in between.
const settledAtOnce = 25

// settle refunds the purchases and expires the vouchers that are due now, each as of its deadline, the earliest first. A
// reservation is due from its deadline on. If there are more than most, settle returns the next deadline.
func (s *step) settle(most int) (next *time.Time, err error) {
	for n := 0; ; n++ {
		d, due, err := store.Find(s.Tx, scanDeadline, selectDeadline, s.now.UnixMicro())
		if err != nil || !due {
			return nil, err
		}
		if n == most {
			return &d.at, nil
		}
		if err := s.meet(d); err != nil {
			return nil, err
		}
		s.settled = true
	}
}

// meet refunds the purchase or expires the voucher of a deadline.
func (s *step) meet(d deadline) error {
	if d.purchase != 0 {
		p, _, err := store.Find(s.Tx, scanPurchase, selectPurchase, d.purchase)
		if err != nil {
			return err
		}
		return s.refund(p, d.at)
	}
	v, _, err := store.Find(s.Tx, scanVoucher, selectVoucher, d.voucher)
	if err != nil {
		return err
	}
	_, err = s.giveBack(v, Expired, d.at)
	return err
}

// notPassed returns at, or the time of the step if at has passed: time must not run back in the books.
func (s *step) notPassed(at time.Time) time.Time {
	if at.Before(s.now) {
		return s.now
	}
	return at
}

func scanDeadline(row store.Row) (d deadline, err error) {
	var id int64
	err = row.Scan(store.Time(&d.at), &id, &d.purchase, &d.voucher)
	return d, err
}
