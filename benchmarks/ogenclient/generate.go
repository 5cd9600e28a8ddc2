// Package ogenclient is the client that ogen generates from the specification.
package ogenclient

//go:generate go tool ogen --config ogen.yml --target . --package ogenclient --clean ../../api/vingd.yaml
