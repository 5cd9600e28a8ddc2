package sandbox

import "testing"

func TestFilter_Narrows(t *testing.T) {}
