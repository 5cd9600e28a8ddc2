package api

import "testing"

func TestSpec(t *testing.T) {}
