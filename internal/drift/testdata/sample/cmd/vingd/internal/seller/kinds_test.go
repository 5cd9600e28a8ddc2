package seller

import "testing"

var moods, calm = []string{"calm", "wild"}, []string{"calm", "wild", "wild"}

func TestContract_FieldNames(t *testing.T) {}
