package fire

import "testing"

func TestContract_Reconcile(t *testing.T) {}
