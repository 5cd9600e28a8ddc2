package faults

import "github.com/vingd/vingd-api-go/generated/server"

// hasBatchErrors reports whether the responses of an operation list errors.
func hasBatchErrors(operation string) bool {
	return operation == "createObject" || operation == "updateObject" || operation == "createOrder"
}

// batchAnswer returns the response of such an operation that did nothing, with desc as its error.
func batchAnswer(operation, desc string) (any, error) {
	failed := []server.BatchError{{Code: "409", Desc: desc}}
	switch operation {
	case "createOrder":
		var answer server.CreateOrder206JSONResponse
		err := answer.Data.FromBatchOrders(server.BatchOrders{Ids: []int64{}, Errors: failed})
		return answer, err
	case "updateObject":
		var answer server.UpdateObject206JSONResponse
		err := answer.Data.FromBatchObjects(server.BatchObjects{Oids: []int64{}, Errors: failed})
		return answer, err
	default:
		var answer server.CreateObject206JSONResponse
		err := answer.Data.FromBatchObjects(server.BatchObjects{Oids: []int64{}, Errors: failed})
		return answer, err
	}
}
