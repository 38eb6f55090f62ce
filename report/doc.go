// Package report draws figures and binds them into one HTML page that needs
// nothing else: no scripts, no fonts, no files beside it. The page reads on a
// telephone, in the dark and on paper.
//
// A [Page] is a list of sections; a section is a heading, one sentence that says
// what to see, and figures. A [Figure] takes plain numbers or pictures and
// knows nothing of models or data sets:
//
//	Lines      curves over a common x axis (loss, schedules)
//	Scatter    points, and curves over them
//	Hexbin     density of very many points
//	Histogram  distributions laid over each other
//	Bars       shares of categories side by side
//	Heatmap    a matrix as coloured cells
//	Picture    a PNG, animated or not
//	Table      rows of text and numbers
//
// Charts are inline SVG. Colours come from the palette of Okabe and Ito, which
// people with any of the common colour blindnesses tell apart; every series also
// has a dash or mark of its own. Each figure carries a text that says what it
// shows, for those who cannot see it.
package report
