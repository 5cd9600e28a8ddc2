package vingd_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// wireArguments are the arguments of a recorded call by name. Each is taken as one of the types of the Go call.
// It notes the first argument that has no place in its type. It also notes the first one that this package refuses on purpose,
// although the original may send it.
type wireArguments struct {
	byName        map[string]json.RawMessage
	inexpressible string
	refusal       string
}

// bindWireArguments gives arguments their names, as Python does.
func bindWireArguments(names string, args []json.RawMessage, kwargs map[string]json.RawMessage) (*wireArguments, error) {
	a := &wireArguments{byName: map[string]json.RawMessage{}}
	known := strings.Fields(names)
	if len(args) > len(known) {
		return nil, fmt.Errorf("%d positional arguments: want at most %d", len(args), len(known))
	}
	for i, value := range args {
		a.byName[known[i]] = value
	}
	for name, value := range kwargs {
		if !strings.Contains(" "+names+" ", " "+name+" ") {
			return nil, fmt.Errorf("argument %q: want one of %q", name, known)
		}
		if _, twice := a.byName[name]; twice {
			return nil, fmt.Errorf("argument %q is given twice", name)
		}
		a.byName[name] = value
	}
	for name, raw := range a.byName {
		v, err := decodeJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", name, err)
		}
		if unknown := unknownMarker(v); unknown != "" {
			return nil, fmt.Errorf("argument %q: the test knows no value %s", name, unknown)
		}
	}
	return a, nil
}

// wireMarkers stand for Python's values that JSON does not have. Each is the one key of a map.
var wireMarkers = map[string]string{
	"$datetime":  "a datetime",
	"$date":      "a date without a time",
	"$float":     "a float",
	"$relative":  "a span of time",
	"$timedelta": "a span of time",
}

// unknownMarker returns a key of a map that looks like a marker but is not one, if there is such a key.
func unknownMarker(v any) string {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if unknown := unknownMarker(element); unknown != "" {
				return unknown
			}
		}
	case map[string]any:
		for key, value := range v {
			if strings.HasPrefix(key, "$") && (wireMarkers[key] == "" || len(v) > 1) {
				return key
			}
			if unknown := unknownMarker(value); unknown != "" {
				return unknown
			}
		}
	}
	return ""
}

func (a *wireArguments) given(name string) bool { return a.byName[name] != nil }

// value returns an argument as JSON has it, nil where it is not given.
func (a *wireArguments) value(name string) any {
	raw := a.byName[name]
	if raw == nil {
		return nil
	}
	v, _ := decodeJSON(raw) // it is JSON, as binding has seen
	if halfSurrogate(string(raw)) {
		a.noPlace("half a surrogate pair", "a UTF-8 text")
	}
	return v
}

// noPlace notes a value that has no place in the type of the Go call.
func (a *wireArguments) noPlace(value, place string) {
	if a.inexpressible == "" {
		a.inexpressible = value + " in the place of " + place
	}
}

// refuse notes a reason to refuse the call.
func (a *wireArguments) refuse(refuse bool, reason string) {
	if refuse && a.refusal == "" {
		a.refusal = reason
	}
}

// wireKind describes a value.
func wireKind(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "true or false"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "a float"
		}
		return "a whole number"
	case string:
		if v == "" {
			return "an empty text"
		}
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		for marker, named := range wireMarkers {
			if _, marked := v[marker]; marked {
				return named
			}
		}
	}
	return "a map"
}

// The places that values may take.
const (
	placeID     = "an id, which is a whole number"
	placeNumber = "a whole number"
	placeText   = "a text"
	placeTime   = "a point in time"
)

// integer takes a whole number of 64 bits.
func (a *wireArguments) integer(v any, place string) int64 {
	number, ok := v.(json.Number)
	if !ok || wireKind(v) != "a whole number" {
		a.noPlace(wireKind(v), place)
		return 1
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		a.noPlace("a number beyond 64 bits", place)
		return 1
	}
	return n
}

var wirePlainDecimal = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// pathInteger takes a whole number of a path, where a text of its plain decimal digits is the same.
func (a *wireArguments) pathInteger(v any, place string) int64 {
	if text, ok := v.(string); ok && text != "" {
		if !wirePlainDecimal.MatchString(text) {
			a.noPlace("a text that is no plain decimal number", place)
			return 1
		}
		v = json.Number(text)
	}
	return a.integer(v, place)
}

func (a *wireArguments) checkID(id int64) int64 {
	a.refuse(id < 1, "an id below 1")
	return id
}

// pathID takes an id that is needed in a path.
func (a *wireArguments) pathID(name string) int64 {
	return a.checkID(a.pathInteger(a.value(name), placeID))
}

// bodyID takes an id that is needed in a body, where a text would travel as one.
func (a *wireArguments) bodyID(name string) int64 {
	return a.checkID(a.integer(a.value(name), placeID))
}

// filterID takes an id that may be None, for which Go has zero.
func (a *wireArguments) filterID(name string) int64 {
	v := a.value(name)
	if v == nil {
		return 0
	}
	id := a.pathInteger(v, placeID)
	if id == 0 {
		a.noPlace("an explicit zero", "a filter, where zero is no filter")
	}
	return a.checkID(id)
}

// orderFilterID takes an id that may be None, zero or empty: the original takes them all for none, as Go takes zero.
func (a *wireArguments) orderFilterID(name string) int64 {
	if v := a.value(name); v == json.Number("0") || v == "" {
		return 0
	}
	return a.filterID(name)
}

// count takes how many rows are wanted.
func (a *wireArguments) count(name string) int {
	v := a.value(name)
	if v == nil {
		return 0
	}
	n := a.pathInteger(v, placeNumber)
	if n == 0 {
		a.noPlace("an explicit zero", "a count, of which zero is all")
	}
	a.refuse(n < 0, "a count below zero")
	return int(n)
}

// counts takes the two counts of which one may be given.
func (a *wireArguments) counts() (first, last int) {
	first, last = a.count("first"), a.count("last")
	a.refuse(first != 0 && last != 0, "first and last both given")
	return first, last
}

// amount takes an amount of money.
func (a *wireArguments) amount(name string) vingd.Cents {
	n := a.integer(a.value(name), "an amount, which is a whole number")
	a.refuse(n < 0, "an amount below zero")
	return vingd.Cents(n)
}

// text takes a text that is needed.
func (a *wireArguments) text(name string) string {
	v := a.value(name)
	text, ok := v.(string)
	if !ok {
		a.noPlace(wireKind(v), placeText)
	}
	return text
}

// optionalText takes a text that may be None, for which Go has the empty one.
func (a *wireArguments) optionalText(name string) string {
	switch a.value(name) {
	case nil:
		return ""
	case "":
		a.noPlace("an explicit empty text", "an optional text")
		return ""
	}
	return a.text(name)
}

// pathText takes a text of a path, where a whole number is the same as the text of its digits.
func (a *wireArguments) pathText(name string) string {
	if v := a.value(name); wireKind(v) == "a whole number" {
		return v.(json.Number).String()
	}
	return a.text(name)
}

func (a *wireArguments) optionalPathText(name string) string {
	if v := a.value(name); wireKind(v) == "a whole number" {
		return v.(json.Number).String()
	}
	return a.optionalText(name)
}

var (
	wireHex   = regexp.MustCompile(`^[0-9a-fA-F]{1,40}$`)
	wireCode  = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)
	wireGroup = regexp.MustCompile(`^[-_A-Za-z0-9]{1,32}$`)
)

func (a *wireArguments) checkHex(text string) string {
	a.refuse(!wireHex.MatchString(text), "a huid or tid that is not 1 to 40 hexadecimal digits")
	return text
}

func (a *wireArguments) code() vingd.VoucherCode {
	code := a.optionalPathText("vid_encoded")
	a.refuse(code != "" && !wireCode.MatchString(code), "a vid_encoded that is not 1 to 64 of A-Z a-z 0-9 - _")
	a.refuse(code == "history", "a vid_encoded that names the voucher log")
	return vingd.VoucherCode(code)
}

func (a *wireArguments) checkGroup(gid string) vingd.GroupID {
	a.refuse(gid != "" && !wireGroup.MatchString(gid), "a gid that is not 1 to 32 of A-Z a-z 0-9 - _")
	return vingd.GroupID(gid)
}

func (a *wireArguments) action() vingd.VoucherAction {
	action := a.optionalPathText("action")
	switch action {
	case "", "add", "use", "revoke", "expire":
	default:
		a.refuse(true, "an action that the voucher log does not know")
	}
	return vingd.VoucherAction(action)
}

// flag takes what Python takes for true or false.
func (a *wireArguments) flag(name string) bool {
	switch v := a.value(name).(type) {
	case nil:
		return false
	case bool:
		return v
	default:
		a.noPlace(wireKind(v), "true or false")
		return false
	}
}

// texts takes a list of texts. None is no list, which is not the same as an empty one.
func (a *wireArguments) texts(name string) []string {
	v := a.value(name)
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		a.noPlace(wireKind(v), "a list of texts")
	}
	texts := []string{}
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			a.noPlace(wireKind(element), placeText)
		}
		texts = append(texts, text)
	}
	return texts
}

// textMap takes a map of texts to texts. None is no map, which is not the same as an empty one.
func (a *wireArguments) textMap(name string) map[string]string {
	v := a.value(name)
	if v == nil {
		return nil
	}
	values, _ := v.(map[string]any)
	if wireKind(v) != "a map" {
		a.noPlace(wireKind(v), "a map of texts")
	}
	texts := map[string]string{}
	for key, value := range values {
		text, ok := value.(string)
		if !ok {
			a.noPlace(wireKind(value), placeText)
		}
		texts[key] = text
	}
	return texts
}

// time takes a point in time, absolute or relative. None is the default.
func (a *wireArguments) time(name string) vingd.Time {
	v := a.value(name)
	if v == nil {
		return vingd.Time{}
	}
	marker, _ := v.(map[string]any)
	for _, span := range []string{"$relative", "$timedelta"} {
		if units, ok := marker[span].(map[string]any); ok {
			return vingd.In(a.span(units))
		}
	}
	text, ok := marker["$datetime"].(string)
	if !ok {
		a.noPlace(wireKind(v), placeTime)
		return vingd.Time{}
	}
	at, zoned, ok := parseWireTime(text)
	switch {
	case !ok:
		a.noPlace("a datetime that Go cannot hold", placeTime)
	case !zoned:
		a.noPlace("a datetime without an offset", placeTime)
	}
	return vingd.At(at)
}

var wireSpanUnits = map[string]time.Duration{
	"weeks": 7 * 24 * time.Hour, "days": 24 * time.Hour, "hours": time.Hour, "minutes": time.Minute,
	"seconds": time.Second, "milliseconds": time.Millisecond, "microseconds": time.Microsecond,
}

// span adds up a span of time exactly, and rounds it to microseconds as Python does.
func (a *wireArguments) span(units map[string]any) time.Duration {
	const place = "a span of time"
	sum := new(big.Rat)
	for unit, v := range units {
		size, known := wireSpanUnits[unit]
		number, ok := v.(json.Number)
		if !known || !ok {
			a.noPlace("a span of unknown units or in "+wireKind(v), place)
			return 0
		}
		n, ok := new(big.Rat).SetString(number.String())
		if !ok {
			a.noPlace(wireKind(v), place)
			return 0
		}
		sum.Add(sum, n.Mul(n, big.NewRat(size.Microseconds(), 1)))
	}
	micros := roundHalfEven(sum)
	nanos := new(big.Int).Mul(micros, big.NewInt(1000))
	if !nanos.IsInt64() {
		a.noPlace("a span beyond Go's 292 years", place)
		return 0
	}
	return time.Duration(nanos.Int64())
}

func roundHalfEven(r *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(r.Num(), 1)
	floor := new(big.Int).Div(new(big.Int).Add(twice, r.Denom()), new(big.Int).Lsh(r.Denom(), 1)) // half up
	tie := new(big.Rat).Sub(new(big.Rat).SetInt(floor), r).Cmp(big.NewRat(1, 2)) == 0
	if tie && floor.Bit(0) == 1 {
		floor.Sub(floor, big.NewInt(1))
	}
	return floor
}

var wireTimePattern = regexp.MustCompile(
	`^(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?(Z|[-+]\d\d(?::?\d\d(?::?\d\d)?)?)?$`)

// parseWireTime reads a time in ISO 8601, in its own zone. It is not the facade's reader, on purpose.
func parseWireTime(text string) (at time.Time, zoned, ok bool) {
	m := wireTimePattern.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false, false
	}
	number := func(digits string) int { n, _ := strconv.Atoi(digits); return n }
	zone, offset := m[8], 0
	if zone != "" && zone != "Z" {
		digits := strings.ReplaceAll(zone[1:], ":", "") + "0000"
		offset = number(digits[:2])*3600 + number(digits[2:4])*60 + number(digits[4:6])
		if zone[0] == '-' {
			offset = -offset
		}
	}
	fraction := (m[7] + "000000000")[:9]
	at = time.Date(number(m[1]), time.Month(number(m[2])), number(m[3]), number(m[4]), number(m[5]), number(m[6]),
		number(fraction), time.FixedZone("", offset))
	written := at.Format("20060102150405") == m[1]+m[2]+m[3]+m[4]+m[5]+m[6] // nothing carried over, as for the 30th of February
	return at, zone != "", written
}

var (
	wireEscape = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)
	wirePair   = regexp.MustCompile(`(?i)^ud[89ab]..ud[c-f]..`)
)

// halfSurrogate reports whether JSON escapes half a surrogate pair, which is no character.
func halfSurrogate(raw string) bool {
	escapes := wireEscape.FindAllStringIndex(raw, -1)
	for i := 0; i < len(escapes); i++ {
		escape := strings.ToLower(raw[escapes[i][0]+1 : escapes[i][1]])
		if len(escape) < 5 || escape < "ud800" || escape > "udfff" {
			continue
		}
		adjacent := i+1 < len(escapes) && escapes[i+1][0] == escapes[i][1]
		if !adjacent || !wirePair.MatchString(escape+raw[escapes[i+1][0]+1:]) {
			return true
		}
		i++
	}
	return false
}
