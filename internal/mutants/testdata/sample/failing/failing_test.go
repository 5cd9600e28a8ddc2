// Package failing has tests that fail.
package failing

import "testing"

func TestFails(t *testing.T) { t.Error("it fails") }
