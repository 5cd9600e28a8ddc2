// Package measure takes the time, the processor time and the memory that work costs.
package measure

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Cost is what some work cost this process.
type Cost struct {
	Wall  time.Duration
	CPU   time.Duration // on all processors, garbage collection included
	Bytes float64       // allocated
}

// Of returns what work costs. The garbage that was there before is taken away first, so that it does not pay for it.
func Of(work func() error) (Cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu, start := processorTime(), time.Now()
	err := work()
	wall, cpu := time.Since(start), processorTime()-cpu
	runtime.ReadMemStats(&after)
	return Cost{wall, cpu, float64(after.TotalAlloc - before.TotalAlloc)}, err
}

// processorTime returns the processor time that this process took so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// PeakMemory returns the most memory that this process had at a time, in bytes. It is Linux's VmHWM and not
// getrusage's figure, which a process inherits from the one that started it.
func PeakMemory() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		var kib float64
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); n == 1 {
			return kib * 1024, nil
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmHWM")
}
