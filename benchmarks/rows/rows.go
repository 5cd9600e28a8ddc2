// Package rows holds types for the rows of the broker's lists, written by hand for encoding/json and similar libraries.
package rows

import "time"

//go:generate go tool easyjson -no_std_marshalers -output_filename easyjson_gen.go rows.go

// Vouchers is a response with a list of vouchers.
//
//easyjson:json
type Vouchers struct {
	Data []Voucher `json:"data"`
}

// Log is a response with entries of the voucher log.
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

// LogEntry is an entry of the voucher log.
type LogEntry struct {
	ID      int64     `json:"id"`
	Action  string    `json:"action"`
	Created time.Time `json:"ts_created"`
	Voucher
}
