package brokerapi

// orEmpty returns a text, or "" for null.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// textOrNull is the inverse of orEmpty.
func textOrNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

// numberOrNull returns an id, or null for zero.
func numberOrNull[T ~int64](n T) *int64 {
	if n == 0 {
		return nil
	}
	number := int64(n)
	return &number
}
