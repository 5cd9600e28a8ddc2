package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/vingd/vingd-api-go/vingd"
)

// lineEvery is how often progress is a line where there is no terminal.
const lineEvery = 10 * time.Second

// wholeBar is how many columns a bar with the rate and the time needs.
const wholeBar = 100

// A Progress shows how far a long command is: as a bar on a terminal, else as a line now and then.
type Progress struct {
	a   *App
	bar *progressbar.ProgressBar // nil without a terminal
	// columns is the width of the terminal. A bar that does not fit in a line would not be drawn over.
	columns int
	total   int
	first   int // how many were done before
	begun   time.Time
	said    time.Time
}

// NewProgress returns the progress of a command that has done some of its things already.
func (a *App) NewProgress(total, done int) *Progress {
	now := time.Now()
	p := &Progress{a: a, total: total, first: done, begun: now, said: now}
	if IsTerminal(a.Err) {
		options := []progressbar.Option{
			progressbar.OptionSetWriter(a.Err), progressbar.OptionShowCount(), progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionClearOnFinish(),
		}
		if p.columns = a.columns(); p.columns < wholeBar {
			options = append(options, progressbar.OptionSetWidth(5), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
		} else {
			options = append(options, progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(true),
				progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"))
		}
		p.bar = progressbar.NewOptions(total, options...)
		_ = p.bar.Set(done) // stderr is gone, and there is no other place
	}
	return p
}

// Update shows how many things are done, and how much money that is.
func (p *Progress) Update(done int, money vingd.Cents) {
	if p.bar != nil {
		_ = p.bar.Set(done) // as above
		text := money.String()
		if p.columns >= wholeBar {
			text += " vingds"
		}
		p.bar.Describe(text)
		return
	}
	if now := time.Now(); now.Sub(p.said) >= lineEvery {
		p.said = now
		p.a.Say("%s", p.line(done, money, now.Sub(p.begun)))
	}
}

func (p *Progress) line(done int, money vingd.Cents, taken time.Duration) string {
	text := fmt.Sprintf("%d of %d done, %v vingds", done, p.total, money)
	if fresh := done - p.first; fresh > 0 && taken > 0 {
		rate := float64(fresh) / taken.Seconds()
		left := time.Duration(float64(p.total-done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %.0f a second, %v left", rate, left.Round(time.Second))
	}
	return text
}

// End clears the bar.
func (p *Progress) End() {
	if p.bar != nil {
		_ = p.bar.Finish() // as above
	}
}

// columns returns the width of the terminal that stderr is.
func (a *App) columns() int {
	if file, ok := a.Err.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return wholeBar
}
