package brokerapi

// orEmpty returns a text, or the empty one for null.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orZero returns the number of a filter, or zero when it is not given.
func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// textOrNull is the inverse of orEmpty.
func textOrNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

// numberOrNull is the inverse of orZero.
func numberOrNull[T ~int64](n T) *int64 {
	if n == 0 {
		return nil
	}
	number := int64(n)
	return &number
}
