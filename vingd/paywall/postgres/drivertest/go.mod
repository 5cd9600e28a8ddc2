module github.com/vingd/vingd-api-go/vingd/paywall/postgres/drivertest

go 1.26.0

replace github.com/vingd/vingd-api-go => ../../../..

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/vingd/vingd-api-go v0.0.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	go.etcd.io/bbolt v1.5.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
