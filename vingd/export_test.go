package vingd

// NewTransport is the transport of a client that is given none, for tests that must tell it whose certificates to trust.
var NewTransport = newTransport

// What the tests reach past the calls, to try every text there is.
var (
	ParseTime = parseTime
	BodyTime  = bodyTime
	PathTime  = pathTime

	RetryAfter = retryAfter
)
