package boltfile

import (
	"bytes"
	"crypto/sha256"
)

// SealSize is how many bytes of a sealed value are its seal.
const SealSize = 8

// Seal returns a value after its seal, a checksum of the value and its key. The database checks no values.
func Seal(key, value []byte) []byte { return append(checksum(key, value), value...) }

// Unseal returns a value without its seal. It reports false if the value has no seal, or that of another value or key.
func Unseal(key, sealed []byte) (value []byte, ok bool) {
	if len(sealed) < SealSize || !bytes.Equal(sealed[:SealSize], checksum(key, sealed[SealSize:])) {
		return nil, false
	}
	return sealed[SealSize:], true
}

func checksum(key, value []byte) []byte {
	sum := sha256.New()
	sum.Write(key)
	sum.Write(value)
	return sum.Sum(nil)[:SealSize:SealSize]
}
