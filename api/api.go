// Package api holds the contract of the Vingd Broker API.
package api

import _ "embed"

// Spec is the OpenAPI description of the broker, vingd.yaml.
//
//go:embed vingd.yaml
var Spec []byte

// SandboxSpec is the OpenAPI description of what a sandbox has besides the broker, sandbox.yaml.
//
//go:embed sandbox.yaml
var SandboxSpec []byte
