package broker

import (
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/vingd"
)

// codeAlphabet has no vowels, so that codes spell no words, and neither 0 nor 1, which look like letters. Its length is a
// prime: the weighted sum at the end of a code then detects any one wrong letter and any two swapped letters.
const codeAlphabet = "23456789BCDFGHJKLMNPQRSTVWXYZ"

// codeLength is the number of letters of a code. The checksum counts, and dashes do not.
const codeLength = 10

// newCode returns a random voucher code, like LXKG-TBR-HQV. It cannot be guessed.
func newCode() vingd.VoucherCode {
	letters := make([]byte, 0, codeLength)
	var random [32]byte
	for len(letters) < codeLength-1 {
		rand.Read(random[:]) // never fails
		for _, r := range random {
			// Bytes above the last multiple of the alphabet's length are skipped, so that all letters are equally likely.
			if n := len(codeAlphabet); int(r) < 256/n*n && len(letters) < codeLength-1 {
				letters = append(letters, codeAlphabet[int(r)%n])
			}
		}
	}
	letters = append(letters, checkLetter(letters))
	return dashed(letters)
}

// readCode returns a code as [newCode] writes it. It ignores case, and everything but letters and digits. ok reports whether
// the length, the letters and the checksum are right.
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
			return "", false // a letter or a digit that no code has
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

// checkLetter returns the last letter of a code: the sum of the others, each multiplied by its position.
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
