package report

import (
	"fmt"
	"html/template"
	"strings"
)

// How much of a table the page shows.
const (
	columnsShown = 24
	pairsShown   = 3
	pairsListed  = 12
)

// Page is the report as a page: a verdict, every figure beside real rows and baselines, columns and pairs
// from the worst, whole rows, use, privacy, and how all of it was measured.
func (q *Quality) Page() *Page {
	figures := q.Figures()
	p := &Page{Title: q.Title, Lead: q.Lead, Footer: q.Footer}
	p.Facts, p.Grades = q.facts(figures)
	p.Add("Verdict", "", q.verdict(figures))
	p.Add("All figures", "Each beside what real rows get in place of the synthetic ones, and beside simpler models fitted to the same rows: what they reach is no merit.",
		q.scoreTable(figures))
	q.addColumns(p)
	q.addPairs(p)
	q.addRows(p)
	q.addUse(p)
	q.addPrivacy(p)
	p.Add("How it was measured", "", q.method())
	return p
}

// facts are the figures that stand at the top.
func (q *Quality) facts(all []QualityFigure) (facts []Fact, grades []Grade) {
	for _, key := range []string{"shape_error", "trend_error", "tree_auc", "auc", "r2", "accuracy", "closer_to_real_share", "membership_density_auc"} {
		f := find(all, key)
		if !f.Value.Defined() || key == "accuracy" && find(all, "auc").Value.Defined() {
			continue
		}
		facts = append(facts, Fact{Value: f.Text(f.Value), Name: f.Name, Note: q.besides(f)})
		grades = append(grades, f.Grade)
	}
	return facts, grades
}

// besides says what real rows and the best baseline have.
func (q *Quality) besides(f QualityFigure) string {
	note := "real rows: " + f.Text(f.Real)
	for i := len(f.Baselines) - 1; i >= 0; i-- {
		if f.Baselines[i].Defined() {
			return note + "; " + q.Baselines[i].Name + ": " + f.Text(f.Baselines[i])
		}
	}
	return note
}

func find(all []QualityFigure, key string) QualityFigure {
	for _, f := range all {
		if f.Key == key {
			return f
		}
	}
	panic("report: no figure " + key)
}

// verdict is a sentence for each group of figures.
func (q *Quality) verdict(all []QualityFigure) Figure {
	var lines []VerdictLine
	for _, group := range []string{groupColumns, groupPairs, groupRows, groupUse, groupPrivacy} {
		worst, why := None, []string{}
		for _, f := range all {
			if f.Group == group && f.Grade > worst {
				worst = f.Grade
			}
		}
		for _, f := range all {
			if f.Group == group && f.Grade == worst && worst > Good {
				why = append(why, fmt.Sprintf("%s is %s (real rows: %s)", f.Name, f.Text(f.Value), f.Text(f.Real)))
			}
		}
		lines = append(lines, VerdictLine{worst, group, verdictText(group, worst, why)})
	}
	return Verdict(lines)
}

// verdictText says what a grade of a group means.
func verdictText(group string, g Grade, why []string) string {
	says := map[string][4]string{
		groupColumns: {"", "each column is distributed as in the real table, nearly as well as chance allows", "single columns differ from the real ones more than chance explains", "single columns are visibly different"},
		groupPairs:   {"", "columns belong together as in the real table", "some pairs of columns depend on each other in another way than in the real table", "dependence between columns is largely lost"},
		groupRows:    {"", "whole rows look like real ones, even to a classifier", "a classifier finds part of the synthetic rows", "a classifier finds most of the synthetic rows, or they do not cover the real ones"},
		groupUse:     {"", "a model that learns from the synthetic rows is as good on real ones", "a model that learns from them is a little worse on real rows", "a model that learns from them is clearly worse on real rows"},
		groupPrivacy: {"not measured in full: real rows are needed that the model has not learned from (--real)", "no sign that rows were learned by heart; attacks do no better than chance", "weak signs that the synthetic rows tell about the rows learned from", "the synthetic rows tell about the rows learned from: do not release them without a closer look"},
	}
	text := says[group][g]
	if g == None && group == groupUse {
		text = "not measured: name the column to predict with --label, and real rows to test on with --real"
	}
	if len(why) > 0 {
		text += ": " + strings.Join(why[:min(3, len(why))], "; ")
	}
	return text + "."
}

// VerdictLine is one line of a verdict.
type VerdictLine struct {
	Grade Grade
	Name  string
	Text  string
}

// Verdict is a list of judged lines.
type Verdict []VerdictLine

// HTML writes the list.
func (v Verdict) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<ul class="verdict">`)
	for _, l := range v {
		fmt.Fprintf(&b, `<li>%s<div><b>%s</b> %s</div></li>`, badge(l.Grade), template.HTMLEscapeString(l.Name), template.HTMLEscapeString(l.Text))
	}
	b.WriteString("</ul>")
	return template.HTML(b.String())
}

// badge is a grade as a coloured word.
func badge(g Grade) string {
	if g == None {
		return `<span class="badge">–</span>`
	}
	return fmt.Sprintf(`<span class="badge %s">%s</span>`, g, g)
}

// scoreTable is every figure with its explanation.
func (q *Quality) scoreTable(all []QualityFigure) Figure {
	t := ScoreTable{Header: []string{"synthetic", "real rows"}}
	for i := len(q.Baselines) - 1; i >= 0; i-- {
		t.Header = append(t.Header, q.Baselines[i].Name)
	}
	t.Header = append(t.Header, "good value")
	for _, f := range all {
		if f.Group == "" || !f.Value.Defined() {
			continue
		}
		value := f.Text(f.Value)
		if f.Error.Defined() {
			value += fmt.Sprintf(" ± %.2g", float64(f.Error))
		}
		cells := []string{value, f.Text(f.Real)}
		for i := len(f.Baselines) - 1; i >= 0; i-- {
			cells = append(cells, f.Text(f.Baselines[i]))
		}
		t.Lines = append(t.Lines, ScoreLine{Group: f.Group, Name: f.Name, Note: f.Means, Grade: f.Grade, Cells: append(cells, f.Goal)})
	}
	return t
}

// ScoreTable is a table of figures in groups, each with a sentence and a grade.
type ScoreTable struct {
	Header []string // of the cells
	Lines  []ScoreLine
}

// ScoreLine is one figure.
type ScoreLine struct {
	Group, Name, Note string
	Grade             Grade
	Cells             []string
}

// HTML writes the table.
func (t ScoreTable) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<figure class="wide"><div class="scroll"><table class="scores"><thead><tr><th scope="col"></th><th scope="col"></th>`)
	for i, h := range t.Header {
		fmt.Fprintf(&b, `<th scope="col"%s>%s</th>`, numberClass(i < len(t.Header)-1), template.HTMLEscapeString(h))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	group := ""
	for _, l := range t.Lines {
		if l.Group != group {
			group = l.Group
			fmt.Fprintf(&b, `<tr class="group"><th scope="colgroup" colspan="%d">%s</th></tr>`+"\n", len(t.Header)+2, template.HTMLEscapeString(group))
		}
		fmt.Fprintf(&b, `<tr><th scope="row">%s<p>%s</p></th><td>%s</td>`, template.HTMLEscapeString(l.Name), template.HTMLEscapeString(l.Note), badgeOrNone(l.Grade))
		for i, c := range l.Cells {
			fmt.Fprintf(&b, `<td%s>%s</td>`, numberClass(i < len(t.Header)-1), template.HTMLEscapeString(c))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div></figure>")
	return template.HTML(b.String())
}

func badgeOrNone(g Grade) string {
	if g == None {
		return ""
	}
	return badge(g)
}

func numberClass(is bool) string {
	if is {
		return ` class="number"`
	}
	return ""
}

// method says how the figures were measured.
func (q *Quality) method() Figure {
	r := q.Report
	lines := []string{
		fmt.Sprintf("Rows: %d synthetic, %d real, %d held out. Detectors learn from at most %d of each table, α-precision and β-recall from %d, distances are measured for %d synthetic rows.",
			r.Rows.Synthetic, r.Rows.Real, r.Rows.Holdout, r.Detection.Rows, r.Support.Rows, r.Closest.Rows),
		"“Real rows” beside shape and trend is the noise floor: as many rows drawn again from the real ones. Beside precision, recall and their like it is one half of the real rows judged by the other; beside coverage it is the held-out rows; beside use it is the same trees trained on real rows.",
		"± is one standard error. Good, fair and poor are judged by distance from what real rows have, in units of chance where it is known; they are a help for reading, not a standard.",
		"Shape, trend, coverage and logistic detection are those of SDMetrics; α-precision and β-recall those of synthcity (Alaa et al., arXiv 2102.08921); nearest-neighbour precision and recall are from arXiv 1904.06991, density and coverage from 2002.09797; the membership attacks from 1909.03935 and 2302.12580; attribute disclosure after 2211.10459. docs/metrics.md has every definition.",
	}
	for _, name := range []string{"detection", "efficiency", "neighbours", "membership", "attribute_disclosure"} {
		if why := r.Notes[name]; why != "" {
			lines = append(lines, "Not measured: "+strings.ReplaceAll(name, "_", " ")+": "+why+".")
		}
	}
	var prose Prose
	for _, l := range append(lines, q.Method...) {
		prose = append(prose, Plain(l))
	}
	return prose
}
