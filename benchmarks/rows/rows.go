// Package rows is the rows of the broker's lists as one writes them by hand for encoding/json and its kin.
package rows

import "time"

//go:generate go tool easyjson -no_std_marshalers -output_filename easyjson_gen.go rows.go

// Vouchers is the answer to a list of vouchers.
//
//easyjson:json
type Vouchers struct {
	Data []Voucher `json:"data"`
}

// Log is the answer to a list of what happened to vouchers.
//
//easyjson:json
type Log struct {
	Data []LogEntry `json:"data"`
}

// Voucher is money behind a code.
type Voucher struct {
	VID             int64     `json:"vid"`
	VIDEncoded      string    `json:"vid_encoded"`
	AmountAllocated *int64    `json:"amount_allocated"`
	AmountVouched   int64     `json:"amount_vouched"`
	IDFortTransfer  *int64    `json:"id_fort_transfer"`
	Fee             int64     `json:"fee"`
	UIDFrom         int64     `json:"uid_from"`
	UIDProxy        int64     `json:"uid_proxy"`
	UIDTo           *int64    `json:"uid_to"`
	GID             *string   `json:"gid"`
	ValidUntil      time.Time `json:"ts_valid_until"`
	Description     *string   `json:"description"`
	Message         *string   `json:"message"`
}

// LogEntry is something that happened to a voucher.
type LogEntry struct {
	ID      int64     `json:"id"`
	Action  string    `json:"action"`
	Created time.Time `json:"ts_created"`
	Voucher
}
