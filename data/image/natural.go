package image

import "strings"

// naturalLess orders names as a person does: runs of digits by their value, so
// that img2.png comes before img10.png. Names equal in that sense (a01, a1)
// fall back to plain order, which makes the order total.
func naturalLess(a, b string) bool {
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			dx, restX := digits(x)
			dy, restY := digits(y)
			if len(dx) != len(dy) {
				return len(dx) < len(dy)
			}
			if dx != dy {
				return dx < dy
			}
			x, y = restX, restY
			continue
		}
		if x[0] != y[0] {
			return x[0] < y[0]
		}
		x, y = x[1:], y[1:]
	}
	if x != y {
		return x == ""
	}
	return a < b
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digits cuts the leading run of digits off s and strips its leading zeros.
func digits(s string) (number, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return strings.TrimLeft(s[:n], "0"), s[n:]
}
