package vingd

import "os"

// NewFromEnvironment returns a client that logs in as these environment variables say:
//
//	VINGD_USERNAME, VINGD_PASSWORD  a login at Vingd, or
//	VINGD_KEY, VINGD_SECRET         an API key and its secret, which win where both are given
//	VINGD_ENDPOINT, VINGD_FRONTEND  where Vingd is, unless it is production
//
// Options come after, and win. No login, a key without a secret, or a user without a password is an [ErrInvalidArgument].
func NewFromEnvironment(options ...Option) (*Client, error) {
	var credentials Credentials
	if key := os.Getenv("VINGD_KEY"); key != "" {
		credentials = Key(key, os.Getenv("VINGD_SECRET"))
	} else if username := os.Getenv("VINGD_USERNAME"); username != "" {
		credentials = Password(username, os.Getenv("VINGD_PASSWORD"))
	} else {
		return nil, &ArgumentError{"new", "environment", "names no login, must give VINGD_USERNAME and VINGD_PASSWORD, or VINGD_KEY and VINGD_SECRET"}
	}
	var environment []Option
	if endpoint := os.Getenv("VINGD_ENDPOINT"); endpoint != "" {
		environment = append(environment, WithEndpoint(endpoint))
	}
	if frontend := os.Getenv("VINGD_FRONTEND"); frontend != "" {
		environment = append(environment, WithFrontend(frontend))
	}
	return New(credentials, append(environment, options...)...)
}
