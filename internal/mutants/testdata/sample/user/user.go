// Package user uses package sample.
package user

import "sample"

// Fail returns err.
func Fail(err error) error { return sample.Fail(err) }
