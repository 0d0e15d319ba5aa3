# brusio: `make` builds build/brusiod and build/brusio. See `make help`.
#
# VARIANT=asan|tsan|cover|debug builds the same tree under build/VARIANT with
# that instrumentation, beside the release build. STATIC=1 builds a server that
# needs no library and no file of the system, build/static/brusiod.

VARIANT ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
PKG_CONFIG ?= pkg-config
PYTHON  ?= python3
VERSION := $(shell cat VERSION)

ifneq ($(STATIC),)
B := build/static
else ifeq ($(VARIANT),release)
B := build
else
B := build/$(VARIANT)
endif

LAYERS  := base wire net store picture push chat gateway server session client front
# jansson is the client's, as are the pictures' libraries; the server reads and writes JSON by src/wire/.
OF_CLIENT := jansson libpng libjpeg libwebp zlib
PKGS    := jansson libutf8proc libpng libjpeg libwebp zlib sqlite3 libsodium openssl libseccomp
# A tree without the libraries fails at once and names them, not at the first header that is not there.
GOALS_WITHOUT_LIBRARIES := clean help lint-layers web format uninstall
GOALS_WITH_TESTS := unit test test-unit test-all build/unit/% $(B)/unit/%
LIBRARIES := $(if $(STATIC),$(filter-out $(OF_CLIENT),$(PKGS)),$(PKGS))
NEEDED := $(LIBRARIES) $(if $(filter $(GOALS_WITH_TESTS),$(MAKECMDGOALS)),cmocka)
SETUP  := On Debian or Ubuntu, ./script/setup $(if $(filter cmocka,$(NEEDED)),test,server) installs what is needed
ifneq ($(filter-out $(GOALS_WITHOUT_LIBRARIES),$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell command -v $(PKG_CONFIG)),)
$(error $(PKG_CONFIG) is missing. $(SETUP))
endif
MISSING := $(shell for library in $(NEEDED); do $(PKG_CONFIG) --exists $$library || echo $$library; done)
ifneq ($(MISSING),)
$(error Missing libraries: $(MISSING). $(SETUP))
endif
endif

# So does a goal whose programs are missing.
PROGRAMS_web := npm
PROGRAMS_dist := npm
PROGRAMS_format := clang-format
PROGRAMS_lint := clang-format clang-tidy mandoc shellcheck
PROGRAMS_fuzz := clang
ABSENT := $(shell for program in $(sort $(foreach goal,$(MAKECMDGOALS),$(PROGRAMS_$(goal)))); do \
  command -v $$program >/dev/null || echo $$program; done)
ifneq ($(ABSENT),)
$(error Missing programs: $(ABSENT). On Debian or Ubuntu, ./script/setup $(if $(filter npm,$(ABSENT)),web,test) installs what is needed)
endif

# A warning is an error where brusio is developed: in each VARIANT that is not the release, and in script/test,
# which sets WERROR. A release must still build with a compiler that warns of more.
WERROR ?= $(if $(filter release,$(VARIANT)),,1)
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wpointer-arith -Wwrite-strings -Wundef $(if $(WERROR),-Werror)
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
CFLAGS_cover   := -O0 -g --coverage
LDFLAGS_release := $(if $(STATIC),-static,-pie) -Wl,-z,relro,-z,now
LDFLAGS_asan   := -fsanitize=address,undefined
LDFLAGS_tsan   := -fsanitize=thread
LDFLAGS_cover  := --coverage

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -Isrc -I$(B) -ffile-prefix-map=$(CURDIR)=. $(if $(STATIC),-DBRUSIO_STATIC) -pthread $(WARN) $(CFLAGS_$(VARIANT)) $(PKG_CFLAGS) $(CFLAGS)
# Previews of pictures, where there are the libraries to make them.
PAINT_PKGS := $(shell $(PKG_CONFIG) --exists libjpeg libpng libwebp libwebpdemux 2>/dev/null && echo libjpeg libpng libwebp libwebpdemux)
# A backend is a file: a static program cannot load the system's name services.
OTHER_SRC := $(if $(STATIC),src/server/system_user_nss.c,src/server/system_user_file.c) \
  $(if $(PAINT_PKGS),src/picture/paint_none.c,src/picture/paint.c $(wildcard src/picture/decode_*.c))
ALL_LDFLAGS := -pthread $(LDFLAGS_$(VARIANT)) $(LDFLAGS)
LIBS_SERVER := $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs libutf8proc sqlite3 libsodium openssl libseccomp $(PAINT_PKGS) 2>/dev/null)
# For tests that hold the server's reader and writer against it.
LIBS_JSON   := $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null)
LIBS_CLIENT := $(shell $(PKG_CONFIG) --libs $(OF_CLIENT) libutf8proc libsodium openssl libseccomp 2>/dev/null)

# Unicode's data comes from Debian's packages at build time; none of it is in the tree.
UNICODE ?= /usr/share/unicode
CONFUSABLES ?= /usr/lib/python3/dist-packages/confusable_homoglyphs/confusables.json

src_of   = $(filter-out $(OTHER_SRC),$(sort $(wildcard $(foreach layer,$(1),src/$(layer)/*.c src/$(layer)/*/*.c))))
obj_of   = $(patsubst src/%.c,$(B)/obj/%.o,$(call src_of,$(1)))
text_of  = $(B)/obj/lang.o
unicode_of = $(B)/obj/unicode_table.o
sql_of   = $(B)/obj/postgres_sql.o

# main() stays out of what the unit tests and the fuzzers link.
SERVER_OBJ := $(call obj_of,base wire net store picture push chat gateway server) $(text_of) $(unicode_of) $(sql_of) $(B)/obj/web_files.o
CLIENT_OBJ := $(call obj_of,base wire net session client front) $(text_of) $(unicode_of)
LIB_OBJ    := $(filter-out $(B)/obj/server/main.o,$(SERVER_OBJ))
CLIENT_LIB_OBJ := $(filter-out $(B)/obj/front/main.o,$(CLIENT_OBJ))
UNIT_BIN   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))

# The helper for auth = pam, where there is PAM to link.
PAM_HELPER := $(if $(STATIC),,$(if $(wildcard /usr/include/security/pam_appl.h),$(B)/brusiod-pam))

# The helper for push = yes, where there is libcurl. It has of the server what reads its orders.
COURIER := $(if $(STATIC),,$(shell $(PKG_CONFIG) --exists libcurl 2>/dev/null && echo $(B)/brusio-push))
COURIER_OBJ := $(call obj_of,courier) $(patsubst %,$(B)/obj/%.o,base/ip base/landlock net/helper push/courier_socket push/endpoint)

.PHONY: all
all: $(B)/brusiod $(if $(STATIC),,$(B)/brusio) $(PAM_HELPER) $(COURIER)

$(B)/brusio-push: $(COURIER_OBJ)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libcurl openssl libseccomp) && echo "  LD  $@"

$(B)/brusiod-pam: $(B)/obj/pam/main.o
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ -lpam && echo "  LD  $@"

$(B)/brusiod: $(SERVER_OBJ)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SERVER) && echo "  LD  $@"

$(B)/brusio: $(CLIENT_OBJ)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_CLIENT) && echo "  LD  $@"

$(B)/obj/%.o: src/%.c $(B)/version.h $(B)/texts.h Makefile
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $< && echo "  CC  $<"

$(B)/version.h: VERSION
	@mkdir -p $(@D)
	@printf '#define BRUSIO_VERSION "%s"\n' '$(VERSION)' >$@

# The catalogues of lang/ travel inside the binaries, but for the web client's texts: those are in its own files.
# Their keys are an enum, texts.h, which stays as old as the newest key: another wording compiles one file.
$(B)/texts.stamp: lang/en.json script/embed-lang
	@mkdir -p $(@D)
	@script/embed-lang --keys lang/en.json >$(B)/texts.h.new
	@cmp -s $(B)/texts.h.new $(B)/texts.h && rm $(B)/texts.h.new || mv $(B)/texts.h.new $(B)/texts.h
	@touch $@

$(B)/texts.h: $(B)/texts.stamp ;

$(B)/lang.c: lang/en.json lang/it.json script/embed-lang
	@mkdir -p $(@D)
	@script/embed-lang lang/en.json lang/it.json >$@.new && mv $@.new $@

$(B)/obj/lang.o: $(B)/lang.c $(B)/texts.h src/wire/lang.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c -o $@ $< && echo "  CC  lang.c"

$(UNICODE)/UnicodeData.txt $(CONFUSABLES):
	$(error There is no $@. On Debian or Ubuntu, ./script/setup installs it; elsewhere set UNICODE and CONFUSABLES)

$(B)/unicode_table.c: script/unicode-tables $(UNICODE)/UnicodeData.txt $(CONFUSABLES)
	@mkdir -p $(@D)
	@$(PYTHON) script/unicode-tables $(UNICODE) $(CONFUSABLES) >$@.new && mv $@.new $@

$(B)/obj/unicode_table.o: $(B)/unicode_table.c src/base/text/unicode_table.h Makefile
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c -o $@ $< && echo "  CC  unicode_table.c"

# The tables and functions of PostgreSQL.
$(B)/postgres_sql.c: script/embed-sql $(wildcard src/store/postgres/sql/*.sql)
	@script/embed-sql src/store/postgres/sql >$@.new && mv $@.new $@

$(B)/obj/postgres_sql.o: $(B)/postgres_sql.c src/store/postgres/postgres_sql.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c -o $@ $< && echo "  CC  postgres_sql.c"

# So does the web client, where it was built (`make web` needs Node); else a page that says so. The stamp
# has the answer in its name, so that a client that came or went is noticed.
WEB_DIST := $(if $(wildcard web/dist/files.json),web/dist)
WEB_STAMP := $(B)/web-$(if $(WEB_DIST),embedded,missing)
$(WEB_STAMP):
	@mkdir -p $(@D)
	@rm -f $(B)/web-embedded $(B)/web-missing
	@touch $@
ifeq ($(WEB_DIST),)
	@echo "  There is no web client in web/dist: the server will serve a page that says so. 'make web' builds it."
endif

# Without the list of the files itself, so that plain `make` never asks for Node.
$(B)/web_files.c: script/embed-web src/gateway/web/no_client.html $(WEB_STAMP) \
  $(filter-out web/dist/files.json,$(wildcard web/dist/*))
	@script/embed-web $(WEB_DIST) >$@.new && mv $@.new $@

$(B)/obj/web_files.o: $(B)/web_files.c Makefile
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c -o $@ $< && echo "  CC  web_files.c$(if $(WEB_DIST),, (without the web client))"

# A network that swallows what is sent costs two minutes, not npm's quarter of an hour.
NPM_PATIENCE = --fetch-timeout=60000 --fetch-retries=1 --fetch-retry-mintimeout=1000

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline $(NPM_PATIENCE)
	@touch $@

web/dist/files.json: web/node_modules/.package-lock.json web/package.json web/build.mjs web/operations.mjs VERSION src/base/operations.h src/base/request.h \
  $(wildcard lang/*.json web/icons/*) $(shell find web/src -type f 2>/dev/null)
	cd web && npm run --silent check && npm run --silent build

web: web/dist/files.json

# --- tests ---------------------------------------------------------------
.PHONY: unit test test-unit test-integration test-all
unit: $(UNIT_BIN) $(B)/faults.so

# The shim that tests preload between the server and libc; it needs nothing but libc itself.
$(B)/faults.so: tests/integration/faults.c Makefile
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl && echo "  LD  $@"

$(B)/unit/%: tests/unit/%.c $(LIB_OBJ)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(LIB_OBJ) $(LIBS_SERVER) \
	  $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null) $(LIBS_JSON) && echo "  LD  $@"

$(B)/unit/test_client_%: tests/unit/test_client_%.c $(CLIENT_LIB_OBJ)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(CLIENT_LIB_OBJ) $(LIBS_CLIENT) \
	  $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null) && echo "  LD  $@"

test: all unit
	$(PYTHON) tests/run.py --build $(B)

test-unit: unit
	$(PYTHON) tests/run.py --build $(B) --only unit

test-integration: all
	$(PYTHON) tests/run.py --build $(B) --only integration

test-all:
	$(MAKE) VARIANT=asan all unit
	$(MAKE) VARIANT=tsan all unit
	$(MAKE) all unit
	$(PYTHON) tests/run.py --build build --build build/asan --build build/tsan

# --- the rest ------------------------------------------------------------
.PHONY: bench bench-tools fuzz soak lint lint-layers format install uninstall dist image clean help web
bench: all bench-tools
	bench/run

# The tools measure from outside, so they link nothing of the tree.
BENCH := $(addprefix $(B)/bench/,loadgen bareloop bare_sqlite fill)
bench-tools: $(BENCH)
$(B)/bench/loadgen: bench/loadgen.c $(wildcard bench/gen_*.c) bench/histogram.c bench/procstat.c
$(B)/bench/bareloop: bench/bareloop.c
$(B)/bench/bare_sqlite: bench/bare_sqlite.c bench/rows.c
$(B)/bench/fill: bench/fill.c bench/rows.c
$(BENCH): $(wildcard bench/*.h)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) -lsqlite3 -lssl -lcrypto -lm && echo "  LD  $@"

fuzz:
	tests/fuzz/run --seconds $(or $(SECONDS),60)

soak: all
	tests/soak/run --seconds $(or $(SECONDS),60) --build $(B)

lint: lint-layers
	script/lint

lint-layers:
	script/lint-layers

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# Also the server goes to bin: sbin is not in the PATH of a user of Debian, who may well start one. The units name
# the programs where they are installed; a package that installs units itself sets UNITS to nothing.
COMPLETIONS := bash-completion/completions/brusiod bash-completion/completions/brusio \
  zsh/site-functions/_brusiod zsh/site-functions/_brusio \
  fish/vendor_completions.d/brusiod.fish fish/vendor_completions.d/brusio.fish
INSTALLED := bin/brusiod bin/brusio libexec/brusiod-pam libexec/brusio-push share/man/man8/brusiod.8 share/man/man5/brusiod.conf.5 share/man/man1/brusio.1 \
  share/man/man5/brusio.conf.5 \
  $(addprefix share/,$(COMPLETIONS))
UNITS ?= $(PREFIX)/lib/systemd/system
SYSUSERS := $(PREFIX)/lib/sysusers.d/brusio.conf
install: all $(B)/brusiod.conf.5 $(B)/completions/brusiod
	install -D -m 755 $(B)/brusiod $(DESTDIR)$(PREFIX)/bin/brusiod
	install -D -m 755 $(B)/brusio $(DESTDIR)$(PREFIX)/bin/brusio
ifneq ($(PAM_HELPER),)
	install -D -m 755 $(PAM_HELPER) $(DESTDIR)$(PREFIX)/libexec/brusiod-pam
endif
ifneq ($(COURIER),)
	install -D -m 755 $(COURIER) $(DESTDIR)$(PREFIX)/libexec/brusio-push
endif
	install -D -m 644 man/brusiod.8 $(DESTDIR)$(PREFIX)/share/man/man8/brusiod.8
	install -D -m 644 $(B)/brusiod.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/brusiod.conf.5
	install -D -m 644 man/brusio.1 $(DESTDIR)$(PREFIX)/share/man/man1/brusio.1
	install -D -m 644 man/brusio.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/brusio.conf.5
	@set -e; for file in $(COMPLETIONS); do \
	  install -D -m 644 $(B)/completions/$$(basename $$file) $(DESTDIR)$(PREFIX)/share/$$file; done
ifneq ($(UNITS),)
	install -d $(DESTDIR)$(UNITS)
	sed 's,/usr/bin/,$(PREFIX)/bin/,' contrib/brusiod.service >$(DESTDIR)$(UNITS)/brusiod.service
	install -m 644 contrib/brusiod.socket $(DESTDIR)$(UNITS)/brusiod.socket
ifneq ($(PAM_HELPER),)
	sed 's,/usr/libexec/,$(PREFIX)/libexec/,' contrib/brusiod-pam@.service >$(DESTDIR)$(UNITS)/brusiod-pam@.service
	install -m 644 contrib/brusiod-pam.socket $(DESTDIR)$(UNITS)/brusiod-pam.socket
endif
	install -D -m 644 contrib/brusio.sysusers $(DESTDIR)$(SYSUSERS)
endif

# The manual of the file comes from that of the server, completions from what the programs say of themselves.
$(B)/brusiod.conf.5: man/brusiod.8 script/manual-conf
	@$(PYTHON) script/manual-conf $< >$@.new && mv $@.new $@

$(B)/completions/brusiod: script/completions $(B)/brusiod $(B)/brusio
	@$(PYTHON) script/completions $(B) $(@D)

# The archive of a release, with the built web client, and what is linked: the same bytes each time.
dist: web
	script/dist $(B)/dist

# A container of the static server, by the first of these programs that works here.
IMAGE_BUILDER ?= $(firstword $(foreach one,podman docker buildah,$(shell $(one) info >/dev/null 2>&1 && echo $(one))))
image:
	$(MAKE) STATIC=1 all
	@mkdir -p build/static/image/data
	strip -o build/static/image/brusiod build/static/brusiod
	$(IMAGE_BUILDER) build $(IMAGE_FLAGS) --tag brusiod:$(VERSION) --file contrib/Containerfile build/static/image

# Also removes the files that earlier versions put into sbin. Data and configuration stay.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED) sbin/brusiod) $(DESTDIR)$(SYSUSERS) \
	  $(if $(UNITS),$(addprefix $(DESTDIR)$(UNITS)/,brusiod.service brusiod.socket brusiod-pam.socket brusiod-pam@.service))

clean:
	rm -rf build

help:
	@echo 'make                 build/brusiod and build/brusio'
	@echo 'make test            unit and integration tests of this VARIANT'
	@echo 'make test-all        the same in release, asan and tsan'
	@echo 'make STATIC=1        build/static/brusiod, which needs no library'
	@echo 'make VARIANT=asan    the same tree with a sanitizer (asan, tsan, cover, debug)'
	@echo 'make bench|fuzz|soak|lint|format|web|install|uninstall|dist|image|clean'

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)
