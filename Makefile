# Every gate of the project is a target here. CI calls these targets.

GOLANGCI_LINT := v2.15.0
GOVULNCHECK   := v1.8.0
REDOCLY       := 2.77.0
SPECTRAL      := 6.16.3
OASDIFF       := v1.33.0
APIDIFF       := v0.0.0-20261014143641-f0251eb4aa3e

FUZZTIME ?= 10s
FIRE     ?= 15000
BENCH    ?= .
TURNS    ?= 7
TURN     ?= 100ms
ROWS     ?= 100000

# A separate module keeps OpenTelemetry's dependencies out of the main module.
TRACING := examples/tracing
# Separate module: keeps chi, echo and gin out of the main module.
FRAMEWORKS := examples/frameworks
# Separate module: keeps pgx out of the main module.
DRIVERS := vingd/paywall/postgres/drivertest

# The targets build their programs here. Git ignores it.
BIN := $(CURDIR)/.bin

# The linter is built from source, which takes minutes. It is kept where every clone finds it.
LINTER := $(or $(shell go env GOBIN),$(shell go env GOPATH)/bin)/golangci-lint-$(GOLANGCI_LINT)

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Generated code

OAPI_CODEGEN := go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen

# Makes the generated packages in "$fresh", a temporary folder. tools.go and go.mod pin the generator.
define GENERATE
fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
for made in client:vingd server:vingd sandboxclient:sandbox sandboxserver:sandbox; do \
	pkg=$${made%:*}; mkdir -p "$$fresh/generated/$$pkg"; \
	$(OAPI_CODEGEN) -config "api/$$pkg.yaml" -o "$$fresh/generated/$$pkg/$$pkg.gen.go" "api/$${made#*:}.yaml"; \
done
endef

.PHONY: generate
generate: ## Make generated/ from api/vingd.yaml and api/sandbox.yaml
	@$(GENERATE); rm -rf generated; cp -R "$$fresh/generated" generated

.PHONY: check-generated
check-generated: ## Fail unless generated/ is what api/vingd.yaml and api/sandbox.yaml make
	@$(GENERATE); \
	diff -rq "$$fresh/generated" generated | sed "s#$$fresh/generated#(fresh)#" || \
		{ echo 'generated/ is stale: run "make generate"' >&2; exit 1; }

.PHONY: drift
drift: ## List what a change of api/vingd.yaml leaves to do, after make generate; PKG=./vingd lists one folder
	@go run ./internal/drift $(PKG)

## Checks

.PHONY: check
check: check-generated tidy-check fmt-check vet prose lint lint-spec test-race check-benchmarks ## Run the checks of generated code, formats, words and linters, and the tests under the race detector; .ci/run has every gate

.PHONY: tidy-check
tidy-check: ## Fail unless go.mod and go.sum are tidy
	go mod tidy -diff
	go -C $(TRACING) mod tidy -diff
	go -C $(FRAMEWORKS) mod tidy -diff
	go -C $(DRIVERS) mod tidy -diff

.PHONY: fmt-check
fmt-check: ## Fail unless every Go file is formatted
	@unformatted=$$(gofmt -l .); \
	if [[ -n $$unformatted ]]; then printf 'run gofmt -w on:\n%s\n' "$$unformatted" >&2; exit 1; fi

.PHONY: vet
vet: ## Run go vet
	go vet ./...
	go -C $(TRACING) vet ./...
	go -C $(FRAMEWORKS) vet ./...
	go -C $(DRIVERS) vet ./...

.PHONY: prose
prose: ## Fail unless comments, messages, test names and documents keep the rules for words; PKG=./vingd shows one folder
	go run ./internal/prose $(PKG)

.PHONY: lint
lint: $(LINTER) ## Run the linters of .golangci.yml
	$< run
	cd $(TRACING) && $< run
	cd $(FRAMEWORKS) && $< run
	cd $(DRIVERS) && $< run

# The version is in the file's name, so that another one is installed when it changes.
$(LINTER):
	@mkdir -p $(BIN) $(dir $@)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(BIN)/golangci-lint $@

.PHONY: lint-spec
lint-spec: ## Lint api/vingd.yaml and api/sandbox.yaml (needs Node.js)
	REDOCLY_TELEMETRY=off npx --yes @redocly/cli@$(REDOCLY) lint --config api/redocly.yaml api/vingd.yaml api/sandbox.yaml
	npx --yes @stoplight/spectral-cli@$(SPECTRAL) lint --fail-severity warn --ruleset api/spectral.yaml api/vingd.yaml api/sandbox.yaml

.PHONY: vuln
vuln: ## Look for known vulnerabilities (needs the Go vulnerability database, so not a part of check)
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK) ./...

MODULE := github.com/vingd/vingd-api-go

# The folder generated/ is not covered by the version promise, see docs/versions.md. Programs have no API.
.PHONY: release-check
release-check: ## Fail if api/vingd.yaml or the Go API breaks users of the last tag, or of BASE; BREAKING=yes only lists the changes
	@base='$(BASE)'; base=$${base:-$$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || true)}; \
	if [[ -z $$base ]]; then echo 'there is no tag to compare with yet; BASE=main compares with another commit'; exit 0; fi; \
	old=$$(mktemp -d); trap 'rm -rf "$$old"' EXIT; \
	git archive "$$base" | tar -x -C "$$old"; \
	apidiff() { go run golang.org/x/exp/cmd/apidiff@$(APIDIFF) -m "$$@" $(MODULE) 2> >(grep -v '^Ignoring internal' >&2); }; \
	failed=0; \
	echo "api/vingd.yaml, changes since $$base that break users:"; \
	go run github.com/oasdiff/oasdiff@$(OASDIFF) breaking --fail-on WARN "$$old/api/vingd.yaml" api/vingd.yaml || failed=1; \
	(cd "$$old" && apidiff -w "$$old/api.export"); \
	apidiff -incompatible "$$old/api.export" > "$$old/api.broken"; \
	broken=$$(grep -v '^- \./\(generated\|cmd\|examples\)/' "$$old/api.broken" || true); \
	printf 'Go API, changes since %s that break users:\n%s\n' "$$base" "$${broken:-none}"; \
	[[ -z $$broken ]] || failed=1; \
	[[ $$failed == 0 || '$(BREAKING)' == yes ]] || { echo 'see docs/versions.md' >&2; exit 1; }

## Tests

# The race detector leaves out the database. Its code is C translated into Go: one goroutine at a time runs it, and it is
# thirty times slower under the detector.
RACE := -race $(foreach package,modernc.org/sqlite/lib modernc.org/libc modernc.org/memory,-gcflags=$(package)=-race=false)

# By default, each process with the detector sleeps for a second at its end. The tests of cmd/vingd start hundreds of them.
export GORACE := atexit_sleep_ms=20

# Without the tables of a debugger, linking takes half the time.
.PHONY: test
test: ## Run the tests, a part of the longest ones (needs nothing but Go)
	GOGC=400 go test -short -ldflags=-w ./...

.PHONY: test-race
test-race: ## Run the tests under the race detector, in random order
	go test $(RACE) -shuffle=on ./...
	go -C $(TRACING) test $(RACE) -shuffle=on ./...
	go -C $(FRAMEWORKS) test $(RACE) -shuffle=on ./...

# The sizes of make endure.
CRASHES   ?= 500
RACES     ?= 300
LIVES     ?= 200
PURCHASES ?= 3000
KILLS     ?= 500
STEPS     ?= 100000
STRIDE    ?= 1

.PHONY: endure
endure: ## Run the long tests in full: CRASHES (500), RACES (300), LIVES (200), PURCHASES (3000), KILLS (500), STEPS (100000) and STRIDE (1) say how long
	VINGD_CRASH_CYCLES=$(CRASHES) go test -v -count=1 -timeout=0 -run '^TestCrash$$' ./sandbox/internal/broker
	RAPID_CHECKS=$(LIVES) VINGD_WHOLE=1 go test -v -count=1 -timeout=0 -run '^Test(States|Life)$$' ./sandbox
	VINGD_WHOLE=1 go test -v -count=1 -run '^Test(Secrets_InFailures|Stream_AllocationsForEachRow|Arguments_TextsOnTheWire|Reconcile.*)$$' ./vingd
	VINGD_MODEL_STEPS=$(STEPS) go test -v -count=1 -timeout=0 -run '^TestModel_' ./sandbox/modeltest
	VINGD_RACE_ROUNDS=$(RACES) go test $(RACE) -v -count=1 -timeout=0 -run '^TestCrowd$$' ./sandbox
	VINGD_PAYWALL_PURCHASES=$(PURCHASES) VINGD_WHOLE=1 go test -v -count=1 -timeout=0 -run '^Test(File_(RandomKills|KilledAtEachStep)|Model_EveryInterleaving|Sell_ManyPurchases)$$' ./vingd/paywall
	VINGD_BATCH_KILLS=$(KILLS) VINGD_BATCH_STRIDE=$(STRIDE) VINGD_WHOLE=1 go test -v -count=1 -timeout=0 -run '^Test(Run_(Killed|DiskFull)|Open_DamagedByte)' ./vingd/batch
	VINGD_CAMPAIGN_KILLS=$(KILLS) VINGD_WHOLE=1 go test -v -count=1 -timeout=0 -run '^TestCampaign_(Killed|ManyVouchers)$$' ./cmd/vingd

# How many people buy at the three shops of make postgres.
BUYERS ?= 3000

# The package would start a cluster of its own, which the tests do not need.
.PHONY: postgres
postgres: ## Run the tests that need PostgreSQL, which this installs (needs root if it is missing): journals, drivers, and BUYERS (3000) at three shops
	@compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || { \
		[[ $$(id -u) == 0 ]] || { echo 'there is no PostgreSQL server: install it, or run "make postgres" as root' >&2; exit 1; }; \
		mkdir -p /etc/postgresql-common; echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; \
		export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends postgresql; }
	CI=true go test $(RACE) -shuffle=on -count=1 -timeout=10m ./vingd/paywall/postgres
	CI=true go -C $(DRIVERS) test $(RACE) -shuffle=on -count=1 -timeout=10m ./...
	CI=true VINGD_PAYWALL_BUYERS=$(BUYERS) go test -count=1 -v -timeout=6h -run '^TestShops_Disasters$$' ./vingd/paywall

PROXIES := haproxy nginx apache2

# The packages would start servers, which the tests do not need.
.PHONY: proxies
proxies: ## Sell behind haproxy, nginx and Apache while connections break, which this installs (needs root if one is missing)
	@missing=$$(for package in $(PROXIES); do command -v "$$package" >/dev/null || [[ -x /usr/sbin/$$package ]] || echo "$$package"; done); \
	[[ -z $$missing ]] || { \
		[[ $$(id -u) == 0 ]] || { echo "missing: $$missing: install them, or run \"make proxies\" as root" >&2; exit 1; }; \
		export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; apt-get update -qq; apt-get install -y -qq --no-install-recommends $$missing; }
	VINGD_PROXIES=required go test $(RACE) -count=1 -timeout=10m -run '^TestProxy_' ./vingd/paywall

# Debian's packages of the languages that have an official client.
LANGUAGES := python3 php-cli php-curl default-jdk-headless libgoogle-gson-java \
	mono-mcs mono-runtime libmono-system-web-extensions4.0-cil ca-certificates-mono curl

.PHONY: clients
clients: ## Follow the screen of vingd sandbox in Python, PHP, Java and C#, which this installs (needs root if one is missing, and for port 443)
	@missing=$$(for package in $(LANGUAGES); do dpkg -s "$$package" >/dev/null 2>&1 || echo "$$package"; done); \
	[[ -z $$missing ]] || { \
		[[ $$(id -u) == 0 ]] || { echo "missing: $$missing: install them, or run \"make clients\" as root" >&2; exit 1; }; \
		export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends $$missing; }
	CI=true go test -count=1 -timeout=10m ./cmd/vingd/clients

.PHONY: cross
cross: ## Check the types of everything for 386 and arm64, of vingd and the examples for Windows, and run the client's tests on 386
	GOARCH=arm64 CGO_ENABLED=0 go vet ./...
	GOARCH=386 CGO_ENABLED=0 go vet ./...
	GOOS=windows CGO_ENABLED=0 go vet ./vingd/... ./examples/...
	GOARCH=386 CGO_ENABLED=0 go test -vet=off ./internal/jsonread ./vingd ./vingd/kvpath

.PHONY: browser
browser: ## Run the tests that need a real browser, which this installs (needs Node.js, and root for a missing chromium)
	@command -v chromium >/dev/null || { \
		[[ $$(id -u) == 0 ]] || { echo 'there is no chromium: install it, or run "make browser" as root' >&2; exit 1; }; \
		export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends chromium; }
	cd internal/browser && npm ci --no-audit --no-fund
	VINGD_BROWSER=required go test $(RACE) -shuffle=on -count=1 -timeout=10m ./sandbox/browser ./examples/shop/browser

.PHONY: fire
fire: ## Compare FIRE (15000) calls, and a tenth as many rows of batches, with the ledger while connections, streams and responses fail; look for leaks
	VINGD_FIRE_CALLS=$(FIRE) go test -count=1 -v -timeout=4h ./sandbox/fire

# Before Go 1.27 a target that finds nothing may fail when its time is up (https://go.dev/issue/75804). It is run again.
# Each package is built once for all of its targets.
.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s), one on each processor
	@built=$$(mktemp -d); trap 'rm -rf "$$built"' EXIT; targets=; \
	for dir in $$(go list -f '{{.Dir}}' ./...); do \
		grep -qs '^func Fuzz' "$$dir"/*_test.go || continue; \
		binary=$$built/$${dir//\//_}; \
		go test -c -fuzz . -o "$$binary" "$$dir"; \
		targets+=$$(cd "$$dir" && "$$binary" -test.list '^Fuzz' | sed "s#^#$$dir $$binary #")$$'\n'; \
	done; \
	[[ -n $$targets ]] || { echo 'there is no fuzz target' >&2; exit 1; }; \
	fuzz() { \
		cd "$$1"; \
		for try in 1 2 3; do \
			failed=0; output=$$("$$2" -test.run '^$$' -test.parallel 1 -test.fuzz "^$$3\$$" -test.fuzztime $(FUZZTIME) \
				-test.fuzzcachedir "$$(go env GOCACHE)/fuzz/$(MODULE)$${1#"$(CURDIR)"}" 2>&1) || failed=1; \
			grep -q '^    context deadline exceeded$$' <<< "$$output" && ! grep -q 'Failing input written' <<< "$$output" || break; \
		done; \
		printf 'fuzz %s %s\n%s\n' "$${1#"$(CURDIR)"}" "$$3" "$$output"; \
		return $$failed; \
	}; \
	export -f fuzz; \
	xargs -n 3 -P "$$(nproc)" bash -c 'fuzz "$$@"' fuzz <<< "$$targets"

# Archives have the time of the commit, so that the same commit makes the same archives.
.PHONY: release
release: ## Make the archives of the command in dist/, with checksums: linux, darwin and windows; reproducible bit by bit
	@[[ -z $$(git status --porcelain) ]] || { echo 'commit first: a release is of a commit' >&2; exit 1; }
	rm -rf dist
	go run ./cmd/vingd/internal/release -dir dist -commit "$$(git rev-parse HEAD)" -time "$$(git log -1 --format=%cI)"
	@cat dist/SHA256SUMS

IMAGE ?= localhost/vingd-sandbox

.PHONY: image
image: ## Build the image IMAGE (localhost/vingd-sandbox) of the sandbox from scratch with buildah, without a network
	@command -v buildah >/dev/null || { echo 'there is no buildah: install it' >&2; exit 1; }
	@context=$$(mktemp -d); trap 'rm -rf "$$context"' EXIT; \
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$$context/vingd" ./cmd/vingd; \
	buildah --storage-driver=vfs build --isolation=chroot -f Containerfile -t '$(IMAGE)' "$$context"

.PHONY: man
man: ## Write the man pages of the command to .bin/man1
	go run ./cmd/vingd man $(BIN)/man1

# Mutants are run before a release, and not by CI.
PKG       ?=
USERS     ?=
SAMPLE    ?= 60
SEED      ?= 1
THRESHOLD ?= 90

.PHONY: mutants
mutants: ## Change PKG (./vingd) in SAMPLE (60) places, by SEED (1); fail if its tests and those of USERS notice less than THRESHOLD (90) percent
	go run ./internal/mutants -sample $(SAMPLE) -seed $(SEED) -threshold $(THRESHOLD) -users '$(USERS)' $(or $(PKG),./vingd)

.PHONY: cancels
cancels: ## Measure how long calls go on after they are cancelled, 10 000 times
	VINGD_CANCELS=10000 go test -run '^TestCancelLatency$$' -count=1 -v ./vingd

.PHONY: bench
bench: ## Run the benchmarks whose names match BENCH (.); Rows shows the sandbox with 10^3 rows of each kind and with 10^6
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout=0 ./vingd/... ./sandbox/...

# How many entries the journals of bench-paywall have when a paywall is opened.
ENTRIES ?= 1000000

.PHONY: bench-paywall
bench-paywall: ## Measure the paywall: readers, purchases on each journal, New on ENTRIES (1000000), take-over after a kill
	VINGD_PAYWALL_ENTRIES=$(ENTRIES) go test -run '^$$' -bench 'Readers|Purchases|New|TakeOver|KillToCommit' -timeout 60m ./vingd/paywall

# The generated code of the peers, which git ignores.
PEERS := benchmarks/oapiclient/client_gen.go benchmarks/ogenclient/oas_client_gen.go benchmarks/rows/easyjson_gen.go

benchmarks/oapiclient/client_gen.go: api/vingd.yaml benchmarks/oapiclient/oapi-codegen.yaml go.mod
	$(OAPI_CODEGEN) -config benchmarks/oapiclient/oapi-codegen.yaml -o $@ $<

benchmarks/ogenclient/oas_client_gen.go: api/vingd.yaml benchmarks/ogenclient/ogen.yml benchmarks/go.mod
	cd benchmarks && go generate ./ogenclient

benchmarks/rows/easyjson_gen.go: benchmarks/rows/rows.go benchmarks/go.mod
	cd benchmarks && go generate ./rows

.PHONY: bench-peers
bench-peers: $(PEERS) ## Compare the client with other clients, in TURNS (7) of TURN (100ms), and with a list of ROWS (100000)
	cd benchmarks && go build -o $(BIN)/benchmarks .
	@$(BIN)/benchmarks -turns $(TURNS) -turn $(TURN) -rows $(ROWS) peers

.PHONY: bench-decoders
bench-decoders: $(PEERS) ## Compare the client's row decoder with libraries, in TURNS (7) of TURN (100ms)
	cd benchmarks && go build -o $(BIN)/benchmarks .
	@$(BIN)/benchmarks -turns $(TURNS) -turn $(TURN) decoders

.PHONY: check-benchmarks
check-benchmarks: $(LINTER) $(PEERS) ## Fail unless benchmarks/, a module of its own, is tidy and its peers read equal values
	cd benchmarks && go mod tidy -diff && go vet ./... && $< run && go test ./...

.PHONY: cover
cover: ## Show the coverage of the tests
	@mkdir -p $(BIN)
	go test -coverprofile=$(BIN)/cover.out ./...
	go tool cover -func=$(BIN)/cover.out
