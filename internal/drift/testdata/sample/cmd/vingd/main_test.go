package main

import "testing"

func TestContract_Surface(t *testing.T) {}
