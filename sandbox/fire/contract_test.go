package fire_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/vingd"
)

// omitted are the operations that change something and have no row in operations.
var omitted = map[string]string{
	"revokeVoucher": "the client calls it for a filter with a code alone, and reads the result as that of revokeVouchers",
}

// unreconciled are the calls that are not retried and have no Reconcile.
var unreconciled = map[string]string{
	"createUser":              "a second call makes a user without money",
	"request: POST rewards":   "the client does not know what the request is for",
	"request: GET of a token": "the client does not know what the request is for",
}

func TestContract_OperationsAreTried(t *testing.T) {
	t.Parallel()
	rows := make(map[string]*operation)
	for i := range operations {
		o := &operations[i]
		rows[o.name] = o
		if isLeft := unreconciled[o.name] != ""; !o.safe && !o.idempotent && o.name != "verifyPurchase" && o.reconciles == isLeft {
			t.Errorf("the row of %s: set reconciles, and write its reconcile; or list it in unreconciled", o.name)
		}
	}
	for _, path := range must(openapi3.NewLoader().LoadFromData(api.Spec)).Paths.Map() {
		for method, o := range path.Operations() {
			if isLeft := omitted[o.OperationID] != ""; method != http.MethodGet && (rows[o.OperationID] == nil) != isLeft {
				t.Errorf("%s: add a row to operations, or list it in omitted", o.OperationID)
			}
		}
	}
}

// The broker never gets a request, or its response is lost. Then Reconcile tells which, for each call that has one.
func TestContract_Reconcile(t *testing.T) {
	t.Parallel()
	for i := range operations {
		o := &operations[i]
		if !o.reconciles {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			for want, lost := range []string{"request closed", "response closed"} { // want is how often the call is done
				f := newFixture(t)
				r := f.play(t.Context(), &plannedCall{
					operation: o, wire: http1, transport: &transports[1], fault: faultNamed(lost), fresh: true, keeping: &keepings[0],
				})
				switch j, why := r.judge(); {
				case j != right:
					t.Errorf("%s: %v: %s: %v, %v", lost, j, why, r.err, r.reconciled)
				case r.done != want || !r.reconciles:
					t.Errorf("%s: the ledger has it %d times, the error is %v; the fault must strike", lost, r.done, r.err)
				case want == 1 && r.reconciled != nil, want == 0 && !errors.Is(r.reconciled, vingd.ErrNotDone):
					t.Errorf("%s: Reconcile returned %v, and the ledger has it %d times", lost, r.reconciled, r.done)
				}
				f.close(t)
			}
		})
	}
}
