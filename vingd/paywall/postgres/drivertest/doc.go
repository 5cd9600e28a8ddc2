// Package drivertest tests package postgres with the driver pgx. It is a module of its own: the importers of the paywall
// do not see pgx.
package drivertest
