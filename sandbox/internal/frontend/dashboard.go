package frontend

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
)

// rowLimit bounds each list of the dashboard.
const rowLimit = 50

// A dashboardPage shows what there is, newest first.
type dashboardPage struct {
	broker.Overview

	Purchases []purchaseRow
	Transfers []transferRow
	Calls     []calls.Call
	Controls  *controlForm // or nil
}

// A purchaseRow is a purchase, and where its money is.
type purchaseRow struct {
	broker.PurchaseView

	State string
}

// A transferRow is a movement of money, and what for.
type transferRow struct {
	broker.TransferView

	Why  string
	Note string
}

func (p *pages) dashboard(w http.ResponseWriter, r *http.Request) {
	p.showDashboard(w, r, http.StatusOK, "")
}

func (p *pages) showDashboard(w http.ResponseWriter, r *http.Request, status int, problemText string) {
	overview, err := p.broker.ViewOverview(rowLimit)
	if err != nil {
		p.fail(w, problem{}.refusal(err))
		return
	}
	page := dashboardPage{Overview: overview, Calls: p.lastCalls(callLimit), Controls: p.controlForm(w, r, problemText)}
	for _, bought := range page.Overview.Purchases {
		page.Purchases = append(page.Purchases, purchaseRow{bought, purchaseState(bought)})
	}
	for _, moved := range page.Overview.Transfers {
		note, err := json.Marshal(moved.Note)
		if err != nil {
			note = nil // it is for looking at only
		}
		page.Transfers = append(page.Transfers, transferRow{moved, reason(moved.Note), string(note)})
	}
	p.render(w, status, "dashboard", page)
}

func purchaseState(p broker.PurchaseView) string {
	switch {
	case p.State == broker.Committed:
		return "committed"
	case p.State == broker.Refunded:
		return "refunded"
	case p.Verified:
		return "verified"
	default:
		return "reserved"
	}
}

// reason says why money moved.
func reason(n ledger.Note) string {
	switch n.Class {
	case ledger.Purchase:
		return "purchase " + strconv.FormatInt(int64(n.Purchase), 10)
	case ledger.CurrencyExchange:
		return "deposit"
	case ledger.DirectTransfer:
		return "reward"
	case ledger.Refund, ledger.UnverifiedRefund:
		if n.Purchase != 0 {
			return "refund of purchase " + strconv.FormatInt(int64(n.Purchase), 10)
		}
		return "refund of a voucher"
	case ledger.VoucherAllocated:
		return "voucher made"
	case ledger.VoucherDeposited:
		return "voucher redeemed"
	default:
		return "class " + strconv.Itoa(int(n.Class))
	}
}
