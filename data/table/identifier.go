package table

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Identifier is how the values of a column are made that only name their rows: an order number, a
// primary key, a UUID, a name. They are not learned; new ones are made that look alike and differ
// from each other.
type Identifier struct {
	// Sequence counts: Prefix, the number First + row padded to Width digits, Suffix.
	Sequence bool  `yaml:"sequence,omitempty"`
	First    int64 `yaml:"first,omitempty"`
	Width    int   `yaml:"width,omitempty"`
	Prefix   Text  `yaml:"prefix,omitempty"`
	Suffix   Text  `yaml:"suffix,omitempty"`
	// Shapes, if it does not count: each row takes one of them, in proportion to their weights.
	Shapes []Shape `yaml:"shapes,omitempty"`
}

// Shape is a pattern of text, one class of characters a position.
type Shape struct {
	Classes []Text `yaml:"classes"` // the characters that may stand at each position
	Weight  int    `yaml:"weight"`
}

// detectSequence finds texts that are one prefix, an integer each, and one suffix, the integers
// being consecutive in any order. least is how many rows it takes to believe it.
func detectSequence(texts []string) (id Identifier, ok bool) {
	prefix, suffix := commonAffixes(texts)
	id = Identifier{Sequence: true, Prefix: Text(prefix), Suffix: Text(suffix)}
	numbers := make([]int64, len(texts))
	width, padded := len(texts[0])-len(prefix)-len(suffix), false
	same := true
	for i, text := range texts {
		if len(text) <= len(prefix)+len(suffix) {
			return id, false
		}
		digits := text[len(prefix) : len(text)-len(suffix)]
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || digits[0] == '+' || digits[0] == '-' && prefix != "" {
			return id, false
		}
		padded = padded || len(digits) > 1 && digits[0] == '0'
		same = same && len(digits) == width
		numbers[i] = n
	}
	if padded && !same {
		return id, false
	}
	if padded {
		id.Width = width
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != numbers[0]+int64(i) {
			return id, false
		}
	}
	id.First = numbers[0]
	return id, true
}

// countFrom numbers rows from the integer in text on.
func countFrom(text string) (id Identifier, ok bool) {
	first, err := strconv.ParseInt(text, 10, 64)
	return Identifier{Sequence: true, First: first}, err == nil && first < math.MaxInt64/2
}

// commonAffixes returns what all texts begin and end with, digits excepted.
func commonAffixes(texts []string) (prefix, suffix string) {
	prefix, suffix = texts[0], texts[0]
	for _, t := range texts {
		for !strings.HasPrefix(t, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
		for !strings.HasSuffix(t, suffix) {
			suffix = suffix[1:]
		}
	}
	if i := strings.LastIndexFunc(prefix, func(r rune) bool { return !isDigit(r) }); i >= 0 {
		_, size := utf8.DecodeRuneInString(prefix[i:])
		prefix = prefix[:i+size]
	} else {
		prefix = ""
	}
	if i := strings.IndexFunc(suffix, func(r rune) bool { return !isDigit(r) }); i >= 0 {
		suffix = suffix[i:]
	} else {
		suffix = ""
	}
	return prefix, suffix
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// maxCapacity bounds the numbers that shapes are made from.
const maxCapacity = 1 << 62

// capacity is how many different texts the shape can make, or, where that is more than
// maxCapacity, how many its leading positions can.
func (s *Shape) capacity() uint64 {
	n := uint64(1)
	for _, c := range s.Classes {
		hi, lo := bits.Mul64(n, uint64(utf8.RuneCountInString(string(c))))
		if hi > 0 || lo > maxCapacity {
			break
		}
		n = lo
	}
	return n
}

// text makes the text of number n below the capacity: n's digits choose the characters, in mixed
// radix, so that different numbers give different texts. random chooses at the positions, if any,
// that the capacity does not cover.
func (s *Shape) text(n uint64, random func(position int) uint64) string {
	var b strings.Builder
	used := uint64(1)
	for i, class := range s.Classes {
		c := []rune(class)
		k := uint64(len(c))
		hi, lo := bits.Mul64(used, k)
		if hi > 0 || lo > maxCapacity {
			used = maxCapacity // and stays there
			b.WriteRune(c[random(i)%k])
			continue
		}
		used = lo
		b.WriteRune(c[n%k])
		n /= k
	}
	return b.String()
}

func (id *Identifier) check() error {
	if id.Sequence {
		if id.Width < 0 || id.Width > 1000 {
			return fmt.Errorf("the identifier's width is %d", id.Width)
		}
		return nil
	}
	if len(id.Shapes) == 0 {
		return fmt.Errorf("the identifier has neither a sequence nor a shape")
	}
	for _, s := range id.Shapes {
		if s.Weight < 1 || s.Weight > math.MaxInt32 || len(s.Classes) == 0 || slices.Contains(s.Classes, "") {
			return fmt.Errorf("a shape of the identifier lacks a weight or a class of characters")
		}
	}
	return nil
}
