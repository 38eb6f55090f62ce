package table

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
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

// classes of characters, the narrower first. A position takes the first that holds all it held.
var classes = []string{"0123456789", "0123456789abcdef", "0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyz",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"0123456789abcdefghijklmnopqrstuvwxyz", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}

const (
	maxShapes    = 64 // more different ones than this, and only the commonest are kept
	maxLength    = 64 // characters of a text; what is longer is cut
	maxPerColumn = 16 // characters that make a class of their own at a position
)

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

// shapesOf learns the shapes of texts: one by positions if all have the same length, else one for
// each sequence of character classes.
func shapesOf(texts []string) []Shape {
	length, same := len([]rune(texts[0])), true
	for _, t := range texts {
		same = same && len([]rune(t)) == length
	}
	if same && length <= maxLength {
		return []Shape{shapeOf(texts)}
	}
	groups := map[string][]string{}
	var order []string
	for _, t := range texts {
		key := outline(t)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], t)
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(groups[b]) - len(groups[a]) })
	if len(order) > maxShapes {
		order = order[:maxShapes]
	}
	shapes := make([]Shape, len(order))
	for i, key := range order {
		shapes[i] = shapeOf(groups[key])
	}
	return shapes
}

// outline replaces each character by the class it belongs to: d, l, u, or itself.
func outline(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxLength {
			break
		}
		switch {
		case isDigit(r):
			b.WriteByte('d')
		case unicode.IsLower(r):
			b.WriteByte('l')
		case unicode.IsUpper(r):
			b.WriteByte('u')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shapeOf finds the class of each position of texts of one length.
func shapeOf(texts []string) Shape {
	first := []rune(texts[0])
	n := min(len(first), maxLength)
	seen := make([]map[rune]bool, n)
	for i := range seen {
		seen[i] = map[rune]bool{}
	}
	for _, t := range texts {
		i := 0
		for _, r := range t {
			if i == n {
				break
			}
			seen[i][r] = true
			i++
		}
	}
	s := Shape{Classes: make([]Text, n), Weight: len(texts)}
	for i := range seen {
		s.Classes[i] = Text(classOf(seen[i], len(texts)))
	}
	s.widen()
	return s
}

// spareCapacity is how many texts a shape should be able to make for each one seen.
const spareCapacity = 64

// widen makes room in a shape that those seen nearly fill, as user100 to user199 do: positions that
// held only some digits may hold any, from the right.
func (s *Shape) widen() {
	for i := len(s.Classes) - 1; i >= 0 && s.capacity() < spareCapacity*uint64(s.Weight); i-- {
		if strings.Trim(string(s.Classes[i]), classes[0]) == "" {
			s.Classes[i] = Text(classes[0])
		}
	}
}

func classOf(seen map[rune]bool, texts int) string {
	own := make([]rune, 0, len(seen))
	for r := range seen {
		own = append(own, r)
	}
	slices.Sort(own) // the order of a map is no order
	if len(own) == 1 || len(own) <= maxPerColumn && texts >= 20*len(own) {
		return string(own)
	}
	for _, c := range classes {
		if !slices.ContainsFunc(own, func(r rune) bool { return !strings.ContainsRune(c, r) }) {
			return c
		}
	}
	return string(own)
}

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
