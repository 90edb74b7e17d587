# make build     release programs in out/bin (Swift toolchain and C compiler, nothing else)
# make demo      a router between network namespaces, real streams, live (as root)
# make demo-dvmrp  three DVMRP routers and a member that comes and goes, the tree drawn live (as root)
# make demo-hitless  10,000 packets a second while the daemon is killed five times (as root)
# make test      everything, from a fresh clone
# make test-faults  the daemon killed at every step of its life, and other faults (as root)
# make install   DESTDIR and PREFIX as usual; PERSONALITIES="smcroute mrouted" adds old names
# make bench     required and measured, side by side (as root)
# make soak      100,000 router-hours of simulated networks with faults; SEED=N for others
# make fuzz      every parser, libFuzzer
# make lint      style, layers, manual pages

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
PERSONALITIES ?=

SWIFT ?= swift
INSTALL ?= install
PROGRAMS = mcastd mcast mcsim
RELEASE = -c release -Xswiftc -static-executable -Xlinker -s

.DEFAULT_GOAL = build
SEED ?= 1000

.PHONY: soak build debug demo demo-dvmrp demo-hitless test test-faults install bench fuzz lint clean

build:
	@scripts/need swift cc
	$(SWIFT) build $(RELEASE)
	@$(INSTALL) -d out/bin
	@for program in $(PROGRAMS); do \
	  $(INSTALL) -m 755 "$$($(SWIFT) build $(RELEASE) --show-bin-path)/$$program" out/bin/ || exit 1; \
	done
	@ls -l $(addprefix out/bin/,$(PROGRAMS))

demo:
	@scripts/demo

demo-dvmrp:
	@scripts/demo-dvmrp

demo-hitless:
	@scripts/demo-hitless

test:
	@scripts/test

test-faults: build
	@scripts/test-faults

lint:
	@scripts/lint

bench: build
	@bench/run

soak: build
	@out/bin/mcsim soak mesh:20 --router-hours 100000 --seed $(SEED) --jobs "$$(nproc)"

fuzz:
	@Fuzz/run

install:
	@test -x out/bin/mcastd || { echo 'install: run "make build" first' >&2; exit 1; }
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	$(INSTALL) -m 755 out/bin/mcastd $(DESTDIR)$(PREFIX)/sbin/
	$(INSTALL) -m 755 out/bin/mcast out/bin/mcsim $(DESTDIR)$(PREFIX)/bin/
	@scripts/install-files "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)" "$(UNITDIR)"
	@for name in $(PERSONALITIES); do \
	  scripts/install-personality "$$name" "$(DESTDIR)" "$(PREFIX)" "$(UNITDIR)" || exit 1; \
	done

clean:
	rm -rf .build out
