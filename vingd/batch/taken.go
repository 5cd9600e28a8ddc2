package batch

import "time"

// A takenItem is a row whose reference the broker has for another amount.
type takenItem struct {
	item

	problem string
}

func (t *takenItem) refusal(time.Time) string { return t.problem }

// IsTaken reports whether this run or an earlier one refused a row because the broker already has its reference for another
// amount. No run of this plan sends the row. The number is that of [Row].
func (j *Job) IsTaken(number int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rows[number-1].taken
}
