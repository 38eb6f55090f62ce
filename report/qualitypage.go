package report

// Page is the report as a page.
func (q *Quality) Page() *Page { return &Page{Title: q.Title, Lead: q.Lead, Footer: q.Footer} }
