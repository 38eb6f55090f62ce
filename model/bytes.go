package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is an amount of memory, written with a unit: 2GiB, 512MiB, 1.5GB.
type Bytes int64

// byteUnits are the units in which amounts are read, and written where they are whole.
var byteUnits = [...]struct {
	name string
	size Bytes
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// ParseBytes reads an amount such as 2GiB; the units are B, kB, MB, GB, KiB, MiB and GiB.
func ParseBytes(text string) (Bytes, error) {
	for _, u := range byteUnits {
		number, found := strings.CutSuffix(strings.TrimSpace(text), u.name)
		if !found {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(v > 0) || v*float64(u.size) > math.MaxInt64/2 {
			break
		}
		return Bytes(v * float64(u.size)), nil
	}
	return 0, fmt.Errorf("%q is no amount of memory: write it as 2GiB, 512MiB or 1.5GB (units B, kB, MB, GB, KiB, MiB, GiB)", text)
}

// String writes the amount in the largest binary unit that it is a whole number of.
func (b Bytes) String() string {
	for _, u := range byteUnits[:3] {
		if b > 0 && b%u.size == 0 {
			return fmt.Sprintf("%d%s", b/u.size, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

// Round is the amount in whole MiB, rounded up.
func (b Bytes) Round() Bytes { return (b + 1<<20 - 1) >> 20 << 20 }

// MarshalText writes the amount into config.yaml.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads an amount.
func (b *Bytes) UnmarshalText(text []byte) error {
	v, err := ParseBytes(string(text))
	if err == nil {
		*b = v
	}
	return err
}

// Set reads the value of a flag.
func (b *Bytes) Set(text string) error { return b.UnmarshalText([]byte(text)) }

// Type names the kind of value in the help of a flag.
func (b *Bytes) Type() string { return "size" }
