# Thin on purpose: every target is one or two plain commands.
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
QEMU = qemu-aarch64-static
export CGO_ENABLED ?= 0

build: ## the ebb binary, static, in bin/
	go build -o bin/ebb ./cmd/ebb

install: ## ebb into GOBIN
	go install ./cmd/ebb

test: lint cross ## what CI runs: lint and every test, here and on the other machines
	go test -count=1 -timeout 15m ./...
	$(MAKE) test-purego test-386 test-arm64 race

# The same bits without assembly and on other machines; -short, because they are slower.
BITS = ./engine/kernel/... ./engine/rng ./engine/optim ./model/selftest

test-purego: ## the bits of Go without assembly
	go test -count=1 -short -tags purego $(BITS)

test-386: ## the bits of a 32-bit machine
	GOARCH=386 go test -count=1 -short $(BITS)

test-arm64: ## the bits of arm64, by qemu (Debian: qemu-user-static)
	GOARCH=arm64 go test -count=1 -short -exec $(QEMU) $(BITS)

cross: ## that Windows and macOS compile, their tests and assembly too
	GOOS=windows go build ./... && GOOS=windows go vet ./...
	GOOS=darwin GOARCH=arm64 go build ./... && GOOS=darwin GOARCH=arm64 go vet ./...

lint: ## gofmt, vet and staticcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || (echo "gofmt -w the files above" && false)
	go vet ./...
	$(STATICCHECK) ./...

race: ## the tests that start goroutines, under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -count=1 -short ./engine/kernel/parallel ./model/... ./train ./cmd/...

bench: ## speed of the kernels and of whole models
	go test -run '^$$' -bench . ./engine/...

# For example: make quality-tables TABLES=/data/tabular QUALITY='-only penguins -time 5s'
TABLES ?= ../shared/data/tabular
quality-tables: build ## train, draw and judge the tables of the literature into docs/tables.md; goes on where it stopped
	go run ./bench/tables -ebb bin/ebb -data $(TABLES) $(QUALITY)

generate: ## write the assembly again from engine/kernel/_asm
	go generate ./engine/kernel

demo: build ## train, sample and evaluate on data inside the binary; open ebb-demo/report.html
	bin/ebb demo -o ebb-demo

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

.PHONY: build install test test-purego test-386 test-arm64 cross lint race bench quality-tables generate demo help
