# GNU make. Nothing here names a source file: drop one into its room and it is built.
#
#   src/libsv/*/NAME.c        goes into compile/libsv.a
#   src/AREA/NAME.c           one program; or several files in src/AREA/NAME/
#   tests/unit/NAME.c         a unit test, linked with libsv.a, speaks TAP
#   tests/fuzz/NAME.c         a fuzz target, linked with tests/lib/replay.c
#
# package/command is the only list of programs. Settings come from compile/config.mak, which
# ./configure writes; it is made again, with the arguments it had, when a setting changes.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
.PHONY: all tests check unit fuzz html install install-data clean distclean FORCE

# Cleaning must work on a machine where configure would not.
ifneq ($(if $(MAKECMDGOALS),$(filter-out clean distclean,$(MAKECMDGOALS)),all),)
include compile/config.mak

# The directory itself counts: its time changes when a flag file appears or goes.
compile/config.mak: configure package/info package/deps-build package/deps-optional $(wildcard conf-compile conf-compile/*)
	./configure $(CONFIGURE_ARGS)

compile/config.h compile/upkeep.pc: compile/config.mak
	@test -f $@ || ./configure $(CONFIGURE_ARGS)
endif

object = $(patsubst src/%.c,compile/obj/%.o,$(filter src/%,$(1))) \
         $(patsubst tests/%.c,compile/obj/tests/%.o,$(filter tests/%,$(1)))

# The library ------------------------------------------------------------------------------

LIBSV_OBJECTS := $(call object,$(sort $(wildcard src/libsv/*/*.c)))

# Remembers the members, so that the archive is made again when a source file has gone.
compile/libsv.list: FORCE
	@mkdir -p compile
	@echo $(LIBSV_OBJECTS) | cmp -s - $@ || echo $(LIBSV_OBJECTS) > $@

compile/libsv.a: $(LIBSV_OBJECTS) compile/libsv.list
	@rm -f $@
	$(AR) rcs $@ $(LIBSV_OBJECTS)

# Programs ---------------------------------------------------------------------------------

# NAME/LIBRARY of those that want a library which not every machine has: they are built where
# configure has found it.
WANTS := $(shell awk '!/^#/ && $$4 { print $$1 "/" $$4 }' package/command)
LEFT_OUT := $(foreach want,$(WANTS),$(if $(filter $(OPTIONAL),$(notdir $(want))),,$(patsubst %/,%,$(dir $(want)))))
PROGRAMS := $(filter-out $(LEFT_OUT),$(shell awk '!/^#/ && NF { print $$1 }' package/command))
wanted_libraries = $(foreach want,$(filter $(1)/%,$(WANTS)),$(LIBRARIES_$(notdir $(want))))
STATICS := $(shell awk '!/^#/ && $$3 == "static" { print $$1 }' package/command)
sources = $(sort $(wildcard src/*/$(1).c src/*/$(1)/*.c))
MISSING := $(strip $(foreach name,$(PROGRAMS),$(if $(call sources,$(name)),,$(name))))
PROGRAM_OBJECTS := $(foreach name,$(PROGRAMS),$(call object,$(call sources,$(name))))

define program_rule
command/$(1): $(call object,$(call sources,$(1))) compile/libsv.a compile/config.mak
	$(if $(call sources,$(1)),,@echo "make: package/command lists $(1) but there is no src/AREA/$(1).c" >&2; exit 1)
	@mkdir -p command
	$$(LD) $$(LINK_FLAGS) $(if $(filter $(1),$(STATICS)),$$(STATIC_FLAGS),$$(PROGRAM_FLAGS)) -o $$@ \
	    $(call object,$(call sources,$(1))) compile/libsv.a $(call wanted_libraries,$(1)) $$(LIBRARIES)
endef
$(foreach name,$(PROGRAMS),$(eval $(call program_rule,$(name))))

all: compile/libsv.a $(addprefix command/,$(filter-out $(MISSING),$(PROGRAMS)))
	@$(if $(MISSING),echo "make: listed in package/command but not written yet: $(MISSING)" >&2,:)

# Objects ----------------------------------------------------------------------------------

compile/obj/%.o: src/%.c compile/config.mak compile/config.h
	@mkdir -p $(@D)
	$(CC) $(COMPILE_FLAGS) -Isrc/include -Icompile -MMD -MP -c -o $@ $<

compile/obj/tests/unit/%.o: tests/unit/%.c compile/config.mak compile/config.h
	@mkdir -p $(@D)
	$(CC) $(COMPILE_FLAGS) -Isrc/include -Icompile -Itests/lib -MMD -MP -c -o $@ $<

compile/obj/tests/fuzz/%.o: tests/fuzz/%.c compile/config.mak compile/config.h
	@mkdir -p $(@D)
	$(CC) $(COMPILE_FLAGS) -Isrc/include -Icompile -Itests/lib -include tests/lib/fuzz.h -MMD -MP -c -o $@ $<

# One per target: each knows where its own corpus lies.
compile/obj/tests/fuzz/%.replay.o: tests/lib/replay.c compile/config.mak
	@mkdir -p $(@D)
	$(CC) $(COMPILE_FLAGS) -Itests/lib -DCORPUS='"tests/fuzz/corpus/$*"' -MMD -MP -c -o $@ $<

.SECONDARY:
-include $(patsubst %.o,%.d,$(wildcard $(LIBSV_OBJECTS) $(PROGRAM_OBJECTS) \
    compile/obj/tests/unit/*.o compile/obj/tests/fuzz/*.o))

# Tests ------------------------------------------------------------------------------------

UNIT := $(patsubst tests/unit/%.c,compile/tests/unit/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,compile/tests/fuzz/%,$(wildcard tests/fuzz/*.c))

compile/tests/unit/%: compile/obj/tests/unit/%.o compile/libsv.a
	@mkdir -p $(@D)
	$(LD) $(LINK_FLAGS) $(PROGRAM_FLAGS) -o $@ $^ $(LIBRARIES)

compile/tests/fuzz/%: compile/obj/tests/fuzz/%.o compile/obj/tests/fuzz/%.replay.o compile/libsv.a
	@mkdir -p $(@D)
	$(LD) $(LINK_FLAGS) $(PROGRAM_FLAGS) -o $@ $^ $(LIBRARIES)

tests: all $(UNIT) $(FUZZ)

# JOBS=N runs N test files at a time; TESTS="tests/svc.t ..." runs only those.
check: tests
	@JOBS=$(JOBS) sh tests/lib/prove $(TESTS)

unit: $(UNIT)
	@JOBS=$(JOBS) sh tests/lib/prove $(UNIT)

fuzz: $(FUZZ)
	@JOBS=$(JOBS) sh tests/lib/prove $(FUZZ)

# Installing -------------------------------------------------------------------------------

PAGES := $(filter-out $(foreach name,$(LEFT_OUT),doc/$(name).1 doc/$(name).8), \
    $(wildcard doc/*.1 doc/*.5 doc/*.7 doc/*.8))

# Each program is renamed into place: a supervise that is being started never sees half of one.
# Whatever the umask is, everybody may come here: run scripts do so as other users.
install: all
	@$(if $(MISSING),echo "make: not installing an incomplete set" >&2; exit 1,:)
	umask 022; mkdir -p "$(DESTDIR)$(bindir)"
	@set -e; while read -r name mode rest; do \
	    case $$name in ''|'#'*) continue ;; esac; \
	    case ' $(LEFT_OUT) ' in *" $$name "*) continue ;; esac; \
	    to="$(DESTDIR)$(bindir)"; echo "install -m $$mode command/$$name $$to/$$name"; \
	    install -m "$$mode" "command/$$name" "$$to/.$$name.new"; \
	    mv -f "$$to/.$$name.new" "$$to/$$name"; \
	done < package/command
	@set -e; for from in $(PAGES); do \
	    to="$(DESTDIR)$(mandir)/man$${from##*.}"; name="$${from##*/}"; $(put); \
	done

# Beside programs and pages: pages for a browser, completion, and where everything is.

COMPLETIONS := $(addprefix compile/completion/upkeep.,bash zsh fish)

compile/completion/upkeep.%: package/completion/generate package/completion/upkeep.% \
    package/command $(addprefix command/,$(filter-out $(MISSING),$(PROGRAMS)))
	@mkdir -p $(@D)
	sh package/completion/generate $* > $@.new
	@mv $@.new $@

all: $(COMPLETIONS)

MANDOC := $(shell command -v mandoc 2> /dev/null)
HTML := $(if $(and $(MANDOC),$(PAGES)),$(patsubst doc/%,compile/html/%.html,$(PAGES)) \
    compile/html/index.html compile/html/style.css)

# Remembers the pages: another one, or one less, and links come or go in all of them.
compile/html.list: FORCE
	@mkdir -p compile
	@echo $(PAGES) | cmp -s - $@ || echo $(PAGES) > $@

compile/html/%.html: doc/% package/html/generate package/info compile/html.list
	@mkdir -p $(@D)
	sh package/html/generate $< < compile/html.list > $@.new
	@mv $@.new $@

compile/html/index.html: $(PAGES) package/html/generate package/info compile/html.list
	@mkdir -p $(@D)
	sh package/html/generate index < compile/html.list > $@.new
	@mv $@.new $@

compile/html/style.css: package/html/style.css
	@mkdir -p $(@D)
	cp $< $@

html: $(HTML)
	@$(if $(HTML),:,echo "make: without mandoc there are no pages for a browser" >&2)

# The file $$from as $$name in $$to; with links to it, each replaced at once as well.
put = echo "install -m 0644 $$from $$to/$$name"; umask 022; mkdir -p "$$to"; \
    install -m 0644 "$$from" "$$to/.$$name.new"; mv -f "$$to/.$$name.new" "$$to/$$name"
link = ln -sf "$$name" "$$to/.$$link.new"; mv -f "$$to/.$$link.new" "$$to/$$link"

install: $(if $(MISSING),,install-data)

install-data: all html compile/upkeep.pc
	@set -e; for from in $(HTML); do \
	    to="$(DESTDIR)$(htmldir)"; name="$${from##*/}"; $(put); \
	done
	@set -e; from=compile/upkeep.pc; to="$(DESTDIR)$(pkgconfigdir)"; name=upkeep.pc; $(put)
	@set -e; from=compile/completion/upkeep.zsh; to="$(DESTDIR)$(zshcompdir)"; name=_upkeep; $(put)
	@set -e; from=compile/completion/upkeep.bash; to="$(DESTDIR)$(bashcompdir)"; name=upkeep; $(put); \
	for link in $(PROGRAMS); do $(link); done
	@set -e; from=compile/completion/upkeep.fish; to="$(DESTDIR)$(fishcompdir)"; name=upkeep.fish; $(put); \
	for link in $(addsuffix .fish,$(PROGRAMS)); do $(link); done

# Cleaning ---------------------------------------------------------------------------------

# What configure found stays, and so do the programs that tests fetched for comparison and the
# libraries that package/static built.
clean:
	rm -rf command compile/obj compile/libsv.a compile/libsv.list compile/tests/unit \
	    compile/tests/fuzz compile/tests/bench compile/tests/crash compile/completion compile/html \
	    compile/html.list

distclean:
	rm -rf command compile
