# make lists the targets; each says below what it does.

GO       ?= go
FUZZTIME ?= 20s
ENGINE   ?= docker
REGISTRY ?=
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# TAGS are the build tags of tests that ordinary runs leave out: check reads them too.
TAGS    := long,bench
LDFLAGS  = -s -w -X main.version=$(VERSION)
IMAGE    = $(if $(REGISTRY),$(REGISTRY)/)portreeve:$(VERSION)
COMPILE  = CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'

# The programs that deps fetches are found like installed ones.
export PATH := $(CURDIR)/build/debian/bin:$(PATH)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build, then watch this machine: prints the address of the page
	bin/portreeve serve

.PHONY: build
build: ## build bin/portreeve, one static file
	$(COMPILE) -o bin/portreeve ./cmd/portreeve

.PHONY: deps
deps: ## fetch the programs that the tests need from the distribution, installing nothing
	@e2e/debian/fetch

.PHONY: test
test: deps ## run the tests, after fetching what they need
	cd tools && $(GO) test ./...
	CGO_ENABLED=1 $(GO) test -race -parallel 4 -timeout 14m ./...

.PHONY: test-long
test-long: deps ## run the long tests as well: kill cycles, floods, faults (an hour)
	CGO_ENABLED=1 $(GO) test -race -tags long -count=1 -timeout 2h ./...

.PHONY: check
check: ## format, vet, lint, house rules, tidy modules
	@unformatted=$$(gofmt -l .) && { [ -z "$$unformatted" ] || { echo "not formatted, run gofmt -w:"; echo "$$unformatted"; exit 1; }; }
	$(GO) vet -tags $(TAGS) ./...
	cd tools && $(GO) build -o ../build/tools/ honnef.co/go/tools/cmd/staticcheck ./rules
	build/tools/staticcheck -tags $(TAGS) ./...
	build/tools/rules .
	$(GO) mod tidy -diff
	cd tools && $(GO) vet ./... && $(GO) mod tidy -diff

.PHONY: bench
bench: ## measure the hot paths, and the program against others where e2e has such tests
	$(GO) test -run '^$$' -bench Reader -timeout 30m ./internal/kernel -args -sockets 0,20000,200000
	$(GO) test -run '^$$' -bench . -skip Reader -benchmem ./internal/...
	@if grep -rqs '^func TestBench' --include='*_test.go' e2e; then \
		set -x; $(GO) test -run '^TestBench' -tags bench -v -count=1 -timeout 30m ./e2e/...; fi

.PHONY: fuzz
fuzz: ## fuzz every parser of foreign bytes for FUZZTIME (20s) each
	@tools/fuzz $(FUZZTIME)

.PHONY: release
release: build ## build static binaries, manual page and completions with checksums into dist/
	rm -rf dist && mkdir dist
	GOOS=linux GOARCH=amd64 $(COMPILE) -o dist/portreeve_$(VERSION)_linux_amd64 ./cmd/portreeve
	GOOS=linux GOARCH=arm64 $(COMPILE) -o dist/portreeve_$(VERSION)_linux_arm64 ./cmd/portreeve
	bin/portreeve man >dist/portreeve.1
	for shell in bash zsh fish; do bin/portreeve completion $$shell >dist/portreeve.$$shell || exit 1; done
	cd dist && sha256sum portreeve* >SHA256SUMS && cat SHA256SUMS

.PHONY: image
image: ## build a container image with ENGINE (docker) named for REGISTRY
	$(ENGINE) build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: push
push: ## push that image; REGISTRY must name a registry that ENGINE is logged in to
	@[ -n "$(REGISTRY)" ] || { echo "push: error: no REGISTRY"; echo "push: hint: make push REGISTRY=host/owner"; exit 1; } >&2
	$(ENGINE) push $(IMAGE)

.PHONY: clean
clean: ## remove what was built; the fetched test programs stay in build/debian
	rm -rf bin dist build/tools
