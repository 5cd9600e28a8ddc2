package user

import (
	"io"
	"testing"
)

func TestFail(t *testing.T) {
	if Fail(io.EOF) != io.EOF {
		t.Error("Fail")
	}
}
