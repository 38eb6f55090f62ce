package table

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts that may point to a person. They are recognised by their form alone.
type form string

const (
	mailAddresses form = "e-mail addresses"
	phoneNumbers  form = "phone numbers"
	personNames   form = "names of people"
)

// formShare of the texts must have a form for a column to have it.
const formShare = 0.9

var (
	mailForm  = regexp.MustCompile(`^[^@\s,;<>"]+@[^@\s,;<>"]+\.\p{L}{2,}$`)
	phoneForm = regexp.MustCompile(`^(\+|00|\()[0-9() ./-]{6,24}$`)
)

// personal names the form of texts that may point to people, empty if they have none. Only few of the
// texts are looked at, evenly chosen.
func personal(texts []string) form {
	const looked = 1000
	step := max(len(texts)/looked, 1)
	var mails, phones, names, n float64
	for i := 0; i < len(texts); i += step {
		n++
		switch t := strings.TrimSpace(texts[i]); {
		case mailForm.MatchString(t):
			mails++
		case phoneForm.MatchString(t) && digitsIn(t) >= 7:
			phones++
		case isName(t):
			names++
		}
	}
	switch {
	case mails >= formShare*n:
		return mailAddresses
	case phones >= formShare*n:
		return phoneNumbers
	case names >= formShare*n:
		return personNames
	}
	return ""
}

func digitsIn(text string) int {
	n := 0
	for _, r := range text {
		if isDigit(r) {
			n++
		}
	}
	return n
}

// isName is true of two to four words that begin with capitals and hold nothing but letters, points,
// hyphens and apostrophes; cities and companies may look so, too.
func isName(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 || len(words) > 4 {
		return false
	}
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(first) || strings.ContainsFunc(w, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(".,-'’", r)
		}) {
			return false
		}
	}
	return true
}

// isMail is true where every text is an e-mail address.
func isMail(texts []string) bool {
	return !slices.ContainsFunc(texts, func(t string) bool { return !mailForm.MatchString(t) })
}

// otherDomain stands for a domain that few addresses share; it is reserved for examples (RFC 2606),
// so nobody gets mail there.
const otherDomain = "example.com"

// mailCapacity different addresses at least can be made of one shape.
const mailCapacity = 1 << 40

// mailShapes are those of e-mail addresses: the name's outline, and its domain if enough addresses
// share it.
func mailShapes(texts []string) []Shape {
	domains := map[string]int{}
	for _, t := range texts {
		_, domain, _ := strings.Cut(t, "@")
		domains[domain]++
	}
	alpha := alphabetOf(texts)
	groups := map[string][]string{} // names without domain, by outline and domain
	domainOf := map[string]string{}
	var order []string
	for _, t := range texts {
		name, domain, _ := strings.Cut(t, "@")
		if domains[domain] < sharedBy {
			domain = otherDomain
		}
		key := alpha.outline(name) + "@" + domain
		if groups[key] == nil {
			order = append(order, key)
			domainOf[key] = domain
		}
		groups[key] = append(groups[key], name)
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(groups[b]) - len(groups[a]) })
	if len(order) > maxShapes {
		order = order[:maxShapes]
	}
	mark := numberMark(texts)
	shapes := make([]Shape, len(order))
	for i, key := range order {
		s := shapeOf(groups[key], alpha)
		if s.capacity() < mailCapacity {
			s.Classes = append(s.Classes, mark)
		}
		for s.capacity() < mailCapacity {
			s.Classes = append(s.Classes, digits)
		}
		s.Classes = append(s.Classes, literal("@"+domainOf[key])...)
		shapes[i] = s
	}
	return shapes
}

// numberMark is what stands between a short name and the number that makes room for more of them. No
// name holds it, so that one name with its number is never another.
func numberMark(texts []string) Text {
	for _, mark := range []string{"_", "-", "+"} {
		if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, mark) }) {
			return Text(mark)
		}
	}
	return "="
}
