package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// lineEvery is how often progress is a line where there is no terminal.
	lineEvery = 10 * time.Second
	// drawEvery is how often a bar is drawn, even while nothing gets done.
	drawEvery = time.Second
	// wholeBar is how many columns a bar with the rate and the time needs.
	wholeBar = 100
)

// A Progress shows how far a long command is: as a bar on a terminal, else as a line every ten seconds. The mutex of the App
// guards it.
type Progress struct {
	a   *App
	bar *progressbar.ProgressBar // nil without a terminal
	// columns is the width of the terminal. A bar that does not fit in a line would not be drawn over.
	columns int
	total   int
	first   int // how many were done before
	begun   time.Time
	done    int
	money   vingd.Cents
	stop    chan struct{}
	stopped chan struct{}
}

// NewProgress returns the progress of a command that has done some of its things already. End it.
func (a *App) NewProgress(total, done int) *Progress {
	p := &Progress{
		a: a, total: total, first: done, begun: time.Now(), done: done, stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	every := lineEvery
	if IsTerminal(a.Err) {
		every = drawEvery
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
		a.showBar(p.bar)
	}
	go p.show(every)
	return p
}

// show shows the progress now and then, until End.
func (p *Progress) show(every time.Duration) {
	defer close(p.stopped)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case now := <-ticker.C:
			p.a.mu.Lock()
			if p.bar != nil {
				_ = p.bar.RenderBlank() // as above
			} else {
				p.a.say(p.line(p.done, p.money, now.Sub(p.begun)))
			}
			p.a.mu.Unlock()
		}
	}
}

// Update sets how many things are done, and how much money that is.
func (p *Progress) Update(done int, money vingd.Cents) {
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	p.done, p.money = done, money
	if p.bar != nil {
		_ = p.bar.Set(done) // as above
		text := money.String()
		if p.columns >= wholeBar {
			text += " vingds"
		}
		p.bar.Describe(text)
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

// End clears the bar, and shows no more.
func (p *Progress) End() {
	close(p.stop)
	<-p.stopped
	if p.bar != nil {
		p.a.showBar(nil)
		_ = p.bar.Finish() // as above
	}
}

// showBar makes messages appear above a bar, or for nil below each other.
func (a *App) showBar(bar *progressbar.ProgressBar) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bar = bar
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
