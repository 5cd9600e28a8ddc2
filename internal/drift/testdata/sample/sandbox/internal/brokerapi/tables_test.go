package brokerapi

import "testing"

func TestTables(t *testing.T) {}
