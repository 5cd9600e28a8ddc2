package sample

import "testing"

func TestClamp(t *testing.T) {
	if Clamp(1, 2) != 1 || Clamp(3, 2) != 2 {
		t.Error("Clamp")
	}
}

func TestJoin(t *testing.T) {
	if Join("a", "b") != "ab" {
		t.Error("Join")
	}
}

func TestSpin(t *testing.T) {
	if Spin(3) != 3 {
		t.Error("Spin")
	}
}
