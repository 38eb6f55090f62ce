# Thin on purpose: every target is one or two plain commands.
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
export CGO_ENABLED ?= 0

build: ## the ebb binary, static, in bin/
	go build -o bin/ebb ./cmd/ebb

install: ## ebb into GOBIN
	go install ./cmd/ebb

test: lint ## what CI runs: lint and every test
	go test -count=1 -timeout 15m ./...
	go test -count=1 -timeout 15m -tags purego ./engine/kernel/...

lint: ## gofmt, vet and staticcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || (echo "gofmt -w the files above" && false)
	go vet ./...
	$(STATICCHECK) ./...

race: ## the tests that start goroutines, under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -count=1 ./engine/kernel/parallel ./train ./cmd/...

bench: ## speed of the kernels and of whole models
	go test -run '^$$' -bench . ./engine/...

generate: ## write the assembly again from engine/kernel/_asm
	go generate ./engine/kernel

demo: build ## train, sample and evaluate on data inside the binary; open ebb-demo/report.html
	bin/ebb demo -o ebb-demo

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

.PHONY: build install test lint race bench generate demo help
