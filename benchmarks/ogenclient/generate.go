// Package ogenclient is what ogen makes of the specification.
package ogenclient

//go:generate go tool ogen --config ogen.yml --target . --package ogenclient --clean ../../api/vingd.yaml
