package modeltest_test

import "testing"

func TestModel_OneAtATime(t *testing.T) {}
