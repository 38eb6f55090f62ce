package main

func writeDemoReport(path string, t *demoTable, p *demoPictures) error { return nil }
