// Package vingd is a client.
//
//	Things.Create Things.Reconcile
package vingd
