package sandbox

import "testing"

func TestFilter_Narrows(t *testing.T) {}

func TestFilter_NarrowsReconcileRevoke(t *testing.T) {}
