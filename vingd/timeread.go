package vingd

import "time"

// parseTime reads a time of an answer, in UTC. It takes every form that a broker may send: ISO 8601 basic or extended,
// T or a space between date and time, any fraction, and Z or any numeric offset.
func parseTime(s []byte) (t time.Time, ok bool) {
	p := timeParser{rest: s, ok: true}
	year := p.digits(4)
	dashed := p.take('-')
	month := p.digits(2)
	if dashed && !p.take('-') {
		return time.Time{}, false
	}
	day := p.digits(2)
	if !p.take('T') && !p.take(' ') {
		return time.Time{}, false
	}
	hour := p.digits(2)
	coloned := p.take(':')
	minute := p.digits(2)
	if coloned && !p.take(':') {
		return time.Time{}, false
	}
	second := p.digits(2)
	nanosecond := p.fraction()
	offset := p.offset()
	if !p.ok || len(p.rest) > 0 || year < 1 || month < 1 || month > 12 || day < 1 ||
		hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
	if t.Day() != day { // such as the 30th of February
		return time.Time{}, false
	}
	return t.Add(-offset), true
}

// timeParser takes a time apart from the left. When something is not as it must be, ok ends false.
type timeParser struct {
	rest []byte
	ok   bool
}

// take takes the byte c, if it is next.
func (p *timeParser) take(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// digit takes one digit, if one is next.
func (p *timeParser) digit() (n int, ok bool) {
	if len(p.rest) == 0 || p.rest[0] < '0' || p.rest[0] > '9' {
		return 0, false
	}
	n = int(p.rest[0] - '0')
	p.rest = p.rest[1:]
	return n, true
}

// digits takes a number of exactly so many digits.
func (p *timeParser) digits(count int) (n int) {
	for range count {
		d, ok := p.digit()
		if !ok {
			p.ok = false
			return 0
		}
		n = n*10 + d
	}
	return n
}

// fraction takes the fraction of a second, if there is one, in nanoseconds. Finer digits are dropped.
func (p *timeParser) fraction() (nanosecond int) {
	if !p.take('.') && !p.take(',') {
		return 0
	}
	d, ok := p.digit()
	p.ok = p.ok && ok
	for unit := 100_000_000; ok; unit /= 10 {
		nanosecond += d * unit
		d, ok = p.digit()
	}
	return nanosecond
}

// offset takes Z, or an offset of hours with or without minutes and seconds.
func (p *timeParser) offset() time.Duration {
	if p.take('Z') {
		return 0
	}
	west := p.take('-')
	if !west && !p.take('+') {
		p.ok = false
		return 0
	}
	var part [3]int
	part[0] = p.digits(2)
	for i := 1; i < len(part) && len(p.rest) > 0; i++ {
		p.take(':')
		part[i] = p.digits(2)
	}
	if part[0] > 23 || part[1] > 59 || part[2] > 59 {
		p.ok = false
	}
	east := time.Duration(part[0])*time.Hour + time.Duration(part[1])*time.Minute + time.Duration(part[2])*time.Second
	if west {
		return -east
	}
	return east
}
