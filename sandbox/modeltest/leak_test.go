package modeltest_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the sandbox instead of the tests in the process that startBroker starts.
func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		os.Exit(serve(file))
	}
	goleak.VerifyTestMain(m)
}
