package table

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Patterns of texts that are made anew. A pattern must tell the form of the texts and none of the
// texts: a character stands in it as it is only if it is punctuation, or if so many texts share it
// at its place that it says nothing of any one of them. Every other letter or digit stands for its
// whole class.

const (
	maxShapes    = 64 // more different ones than this, and only the commonest are kept
	maxLength    = 64 // characters of a text; what is longer is cut
	maxPerColumn = 16 // characters that make a class of their own at a position
	sharedBy     = 20 // texts for each character of such a class, and of a domain that is kept
)

const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// The classes of characters, as outline writes them; any other character is punctuation.
const (
	aDigit  = 'd'
	aLower  = 'l'
	anUpper = 'u'
	aLetter = 'o' // of a script without case, marks and digits of other scripts
)

// kindOf is the class of a character, 0 for punctuation.
func kindOf(r rune) rune {
	switch {
	case isDigit(r):
		return aDigit
	case unicode.IsLower(r):
		return aLower
	case unicode.IsUpper(r):
		return anUpper
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		return aLetter
	}
	return 0
}

// outline replaces each character by its class; of punctuation it keeps a character as it is,
// behind a point, so that two texts of one outline differ in letters and digits alone.
func outline(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxLength {
			break
		}
		if k := kindOf(r); k != 0 {
			b.WriteRune(k)
			continue
		}
		b.WriteByte('.')
		b.WriteRune(r)
	}
	return b.String()
}

// outline is that of text; letters and digits of hexadecimal numbers are one class.
func (a alphabet) outline(text string) string {
	o := outline(text)
	if a.hex == "" {
		return o
	}
	return strings.NewReplacer("d", "h", "l", "h", "u", "h").Replace(o)
}

// alphabet holds the characters of each class that a column is written with.
type alphabet struct {
	letters map[rune]string // by class
	hex     string          // all digits and letters are those of hexadecimal numbers; empty: they are not
}

func alphabetOf(texts []string) alphabet {
	seen := map[rune]map[rune]bool{aDigit: {}, aLower: {}, anUpper: {}, aLetter: {}}
	for _, t := range texts {
		for _, r := range t {
			if k := kindOf(r); k != 0 {
				seen[k][r] = true
			}
		}
	}
	a := alphabet{letters: map[rune]string{aDigit: digits, aLower: lower, anUpper: upper}}
	for _, k := range []rune{aLower, anUpper, aLetter} {
		var others []rune
		for r := range seen[k] {
			if !strings.ContainsRune(a.letters[k], r) {
				others = append(others, r)
			}
		}
		slices.Sort(others) // the order of a map is no order
		a.letters[k] += string(others)
	}
	a.hex = hexOf(seen)
	return a
}

// hexOf are the digits of hexadecimal numbers, if nothing else is written.
func hexOf(seen map[rune]map[rune]bool) string {
	letters, class := seen[aLower], lower[:6]
	if len(letters) == 0 {
		letters, class = seen[anUpper], upper[:6]
	}
	mixed := len(seen[aLower]) > 0 && len(seen[anUpper]) > 0
	if mixed || len(letters) == 0 || len(seen[aLetter]) > 0 || len(seen[aDigit]) == 0 {
		return ""
	}
	for r := range letters {
		if !strings.ContainsRune(class, r) {
			return ""
		}
	}
	return digits + class
}

// shapesOf learns the shapes of distinct texts: one by positions if all have the same length, else
// one for each outline. What all of them begin and end with stands in each.
func shapesOf(texts []string) []Shape {
	texts = slices.Clone(texts)
	if isMail(texts) {
		return mailShapes(texts)
	}
	if slices.IndexFunc(texts, func(t string) bool { return !uuidForm.MatchString(t) }) < 0 {
		return []Shape{uuidShape(texts)}
	}
	length, same := utf8.RuneCountInString(texts[0]), true
	for _, t := range texts {
		same = same && utf8.RuneCountInString(t) == length
	}
	alpha := alphabetOf(texts)
	if same && length <= maxLength {
		return []Shape{shapeOf(texts, alpha)}
	}
	return outlined(texts, alpha)
}

// outlined makes a shape for each outline, the commonest first.
func outlined(texts []string, alpha alphabet) []Shape {
	prefix, suffix := "", ""
	if len(texts) >= sharedBy {
		prefix, suffix = commonAffixes(texts)
		if over := utf8.RuneCountInString(prefix) > maxLength/2; over || overlap(texts, prefix, suffix) {
			prefix, suffix = "", ""
		}
	}
	groups := map[string][]string{}
	var order []string
	for _, t := range texts {
		t = t[len(prefix) : len(t)-len(suffix)]
		key := alpha.outline(t)
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
		shapes[i] = shapeOf(groups[key], alpha)
		shapes[i].Classes = slices.Concat(literal(prefix), shapes[i].Classes, literal(suffix))
	}
	return shapes
}

func overlap(texts []string, prefix, suffix string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return len(t) <= len(prefix)+len(suffix) })
}

// literal are classes that a text alone fills.
func literal(text string) []Text {
	var classes []Text
	for _, r := range text {
		classes = append(classes, Text(string(r)))
	}
	return classes
}

// shapeOf finds the class of each position of texts of one length.
func shapeOf(texts []string, alpha alphabet) Shape {
	n := min(utf8.RuneCountInString(texts[0]), maxLength)
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
		own := make([]rune, 0, len(seen[i]))
		for r := range seen[i] {
			own = append(own, r)
		}
		slices.Sort(own)
		s.Classes[i] = Text(alpha.class(own, len(texts)))
		if s.Classes[i] == digits && own[0] != '0' && s.startsNumber(i) {
			s.Classes[i] = Text(digits[1:]) // no number began with 0
		}
	}
	s.widen()
	return s
}

// class is the class of a position where these characters stood.
func (a alphabet) class(own []rune, texts int) string {
	kinds := ""
	for _, r := range own {
		if k := kindOf(r); k == 0 {
			kinds += string(r)
		} else if !strings.ContainsRune(kinds, k) {
			kinds += string(k)
		}
	}
	punctuation := len(own) == 1 && kindOf(own[0]) == 0
	if punctuation || len(own) <= maxPerColumn && texts >= sharedBy*len(own) {
		return string(own)
	}
	if a.hex != "" && strings.Trim(kinds, "dlu") == "" {
		return a.hex
	}
	class := ""
	for _, r := range own {
		if kindOf(r) == 0 {
			class += string(r)
		}
	}
	for _, k := range []rune{aDigit, aLower, anUpper, aLetter} {
		if slices.ContainsFunc(own, func(r rune) bool { return kindOf(r) == k }) {
			class += a.letters[k]
		}
	}
	return class
}

// spareCapacity is how many texts a shape should be able to make for each one seen.
const spareCapacity = 64

// widen makes room in a shape that those seen nearly fill, as user100 to user199 do: positions that
// held only some digits may hold any, from the right, but a number does not begin with 0 if none did.
func (s *Shape) widen() {
	for i := len(s.Classes) - 1; i >= 0 && s.capacity() < spareCapacity*uint64(s.Weight); i-- {
		switch {
		case !s.isDigit(i):
		case s.startsNumber(i) && s.Classes[i][0] != '0':
			s.Classes[i] = Text(digits[1:])
		default:
			s.Classes[i] = digits
		}
	}
}

// isDigit is true of a position that holds nothing but digits.
func (s *Shape) isDigit(i int) bool { return strings.Trim(string(s.Classes[i]), digits) == "" }

func (s *Shape) startsNumber(i int) bool { return i == 0 || !s.isDigit(i-1) }

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// uuidShape is that of RFC 9562: 8-4-4-4-12 hexadecimal digits, of which one is the version, the
// same in all or any of those seen, and one the variant.
func uuidShape(texts []string) Shape {
	hex := digits + lower[:6]
	if all := strings.Join(texts, ""); strings.ToUpper(all) == all {
		hex = digits + upper[:6]
	}
	s := Shape{Weight: len(texts)}
	for i, r := range texts[0] {
		class := hex
		switch i {
		case 8, 13, 18, 23:
			class = string(r)
		case 14, 19:
			class = among(texts, i, hex)
		}
		s.Classes = append(s.Classes, Text(class))
	}
	return s
}

// among are the characters of a class that stand at a byte of some text, in the class's order.
func among(texts []string, at int, class string) string {
	found := ""
	for _, r := range class {
		if slices.ContainsFunc(texts, func(t string) bool { return strings.EqualFold(t[at:at+1], string(r)) }) {
			found += string(r)
		}
	}
	return found
}
