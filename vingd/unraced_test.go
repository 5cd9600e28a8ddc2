//go:build !race

package vingd_test

const raceDetector = false
