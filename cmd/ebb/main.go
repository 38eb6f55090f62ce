// Command ebb learns the distribution of tables and images by diffusion, samples it and shows
// how good the samples are.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
