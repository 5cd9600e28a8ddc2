package calls

// RedactPath is for the tests.
var RedactPath = redactPath

// Redact returns a body as the log keeps that of a call with these paths and queries.
func Redact(body []byte, addresses ...string) string { return redact(body, redactEcho(addresses...)) }
