package seller

import "testing"

func TestContract_FieldNames(t *testing.T) {}
