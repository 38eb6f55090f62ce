package metric

import (
	"ebb/data/image"
	"ebb/engine/kernel/parallel"
)

// Features map images to points whose distances mean something. Figures
// computed on them compare only with figures on the same features fitted to
// the same training images.
type Features interface {
	// Name is short and says what and how many, such as "pca-64".
	Name() string
	// Describe is one sentence for a report.
	Describe() string
	// Points is one point for each image.
	Points(p *parallel.Pool, m *image.Images) *Points
}
