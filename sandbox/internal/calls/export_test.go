package calls

// Redact and RedactPath are for the tests.
var (
	Redact     = redact
	RedactPath = redactPath
)
