package broker

import (
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/vingd"
)

// codeAlphabet holds what a person neither misreads nor finds a word in. Its length is a prime,
// so that the weighted sum that ends a code tells every single wrong letter and every two that are swapped.
const codeAlphabet = "23456789BCDFGHJKLMNPQRSTVWXYZ"

// codeLength counts the letters of a code with its checksum, and without dashes.
const codeLength = 10

// newCode makes up a voucher code that nobody can guess, like LXKG-TBR-HQV.
func newCode() vingd.VoucherCode {
	letters := make([]byte, 0, codeLength)
	var random [32]byte
	for len(letters) < codeLength-1 {
		rand.Read(random[:]) // it never fails
		for _, r := range random {
			// Only whole multiples of the alphabet's length, so that all letters are equally likely.
			if n := len(codeAlphabet); int(r) < 256/n*n && len(letters) < codeLength-1 {
				letters = append(letters, codeAlphabet[int(r)%n])
			}
		}
	}
	letters = append(letters, checkLetter(letters))
	return dashed(letters)
}

// readCode returns a code as [newCode] writes it. Only letters and digits of it count, and case does not.
// It is not ok when the checksum is wrong.
func readCode(s vingd.VoucherCode) (code vingd.VoucherCode, ok bool) {
	letters := make([]byte, 0, codeLength)
	for _, r := range string(s) {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch {
		case strings.ContainsRune(codeAlphabet, r):
			letters = append(letters, byte(r))
		case unicode.In(r, unicode.L, unicode.M, unicode.N), r == utf8.RuneError:
			return "", false // a letter or a digit, and none of a code's
		}
		if len(letters) > codeLength {
			return "", false
		}
	}
	if len(letters) != codeLength {
		return "", false
	}
	if checkLetter(letters[:codeLength-1]) != letters[codeLength-1] {
		return "", false
	}
	return dashed(letters), true
}

// checkLetter returns the letter that ends a code: the sum of the others, each as often as its place says.
func checkLetter(letters []byte) byte {
	sum := 0
	for i, c := range letters {
		sum += (i + 1) * strings.IndexByte(codeAlphabet, c)
	}
	return codeAlphabet[sum%len(codeAlphabet)]
}

func dashed(letters []byte) vingd.VoucherCode {
	return vingd.VoucherCode(letters[:4]) + "-" + vingd.VoucherCode(letters[4:7]) + "-" + vingd.VoucherCode(letters[7:])
}
