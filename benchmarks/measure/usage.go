// Package measure measures the wall time, CPU time and memory of work.
package measure

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Cost is the cost of some work to this process.
type Cost struct {
	Wall  time.Duration
	CPU   time.Duration // on all processors, with garbage collection
	Bytes float64       // allocated
}

// Of returns the cost of work. It collects earlier garbage first, so that work does not pay for it.
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

// processorTime returns the CPU time of this process so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// PeakMemory returns the peak memory of this process in bytes. It is Linux's VmHWM, because a process inherits the figure of
// getrusage from its parent.
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
