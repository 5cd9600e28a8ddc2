package vingd

// What the tests reach past the calls, to try every time there is.
var (
	ParseTime = parseTime
	BodyTime  = bodyTime
	PathTime  = pathTime
)
