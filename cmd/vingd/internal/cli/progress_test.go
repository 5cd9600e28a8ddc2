package cli_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// Without a terminal there is a line every ten seconds, also while nothing gets done, and none after the end.
func TestProgress_LineEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr strings.Builder
		p := (&cli.App{Err: &stderr}).NewProgress(20, 0)
		p.Update(5, 5_00)
		<-time.After(35 * time.Second)
		p.End()
		<-time.After(time.Minute)
		got := stderr.String()
		if strings.Count(got, "\n") != 3 || strings.Count(got, "5 of 20 done, 5.00 vingds, ") != 3 {
			t.Errorf("got %q, want 3 lines in 35 seconds", got)
		}
	})
}
