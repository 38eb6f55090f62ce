package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// LossCurve shows the loss that the metrics.jsonl at path recorded.
func LossCurve(path, title string) (Lines, error) {
	f, err := os.Open(path)
	if err != nil {
		return Lines{}, err
	}
	defer f.Close()
	s := Series{Name: "loss"}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m struct{ Step, Loss float64 }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return Lines{}, fmt.Errorf("%s: line %d: %w", path, len(s.X)+1, err)
		}
		s.X, s.Y = append(s.X, m.Step), append(s.Y, m.Loss)
	}
	return Lines{
		Caption: Caption{Title: title, Note: "Mean over the steps between two reports."},
		X:       Axis{Label: "step"}, Y: Axis{Label: "loss"}, Series: []Series{s}, Size: Small,
	}, lines.Err()
}
