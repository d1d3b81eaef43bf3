# The runtime authority. Included by native/Makefile; stands alone as `make -f native/runtime/runtime.mk`.
RUNTIME_ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))../..)
RUNTIME_OBJ := $(RUNTIME_ROOT)/build/obj/runtime
RUNTIME_CXX ?= $(or $(CXX),g++)
RUNTIME_FLAGS := -std=c++20 -O2 -g1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
  -fstack-protector-strong -D_FORTIFY_SOURCE=2 -DNDEBUG -I$(RUNTIME_ROOT)/native -I$(RUNTIME_ROOT)/bpf -MMD -MP
RUNTIME_LIB_SOURCES := $(addprefix $(RUNTIME_ROOT)/native/lib/,wire_frame.cc wire_json.cc wire_rpc.cc \
  policy_parse.cc policy_entry.cc address.cc text.cc notify.cc capabilities.cc supervision.cc)
RUNTIME_SOURCES := $(filter-out %/main.cc,$(wildcard $(RUNTIME_ROOT)/native/runtime/*.cc))
# What a program that offers `runtime` as a subcommand links.
RUNTIME_LINKED := $(patsubst $(RUNTIME_ROOT)/native/%.cc,$(RUNTIME_OBJ)/%.o,$(RUNTIME_LIB_SOURCES) $(RUNTIME_SOURCES))

# For aegis-agent, whose own library holds the wire protocol already.
RUNTIME_OBJECTS := $(patsubst $(RUNTIME_ROOT)/native/%.cc,$(RUNTIME_OBJ)/%.o,$(RUNTIME_SOURCES))
$(RUNTIME_ROOT)/build/bin/aegis-agent: $(RUNTIME_OBJECTS)

all: runtime
runtime: $(RUNTIME_ROOT)/build/bin/aegis-runtime

$(RUNTIME_ROOT)/build/bin/aegis-runtime: $(RUNTIME_LINKED) $(RUNTIME_OBJ)/runtime/main.o
	@mkdir -p $(@D)
	$(RUNTIME_CXX) -static -o $@.new $^ && mv $@.new $@

$(RUNTIME_OBJ)/%.o: $(RUNTIME_ROOT)/native/%.cc
	@mkdir -p $(@D)
	$(RUNTIME_CXX) $(RUNTIME_FLAGS) -c -o $@ $<

# Unit tests, and the same under the sanitizers.
RUNTIME_TESTS := $(wildcard $(RUNTIME_ROOT)/test/native/runtime/*.cc)
RUNTIME_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
test: runtime-test
runtime-test: $(RUNTIME_ROOT)/build/test/runtime_test
	$<
$(RUNTIME_ROOT)/build/test/runtime_test: $(RUNTIME_LINKED) \
    $(patsubst $(RUNTIME_ROOT)/test/native/runtime/%.cc,$(RUNTIME_OBJ)/test/%.o,$(RUNTIME_TESTS))
	@mkdir -p $(@D)
	$(RUNTIME_CXX) -o $@ $^
$(RUNTIME_OBJ)/test/%.o: $(RUNTIME_ROOT)/test/native/runtime/%.cc
	@mkdir -p $(@D)
	$(RUNTIME_CXX) $(RUNTIME_FLAGS) -c -o $@ $<

sanitize: runtime-sanitize
runtime-sanitize: $(RUNTIME_ROOT)/build/test/runtime_test_sanitized
	$<
RUNTIME_SANITIZED := $(RUNTIME_ROOT)/build/obj/runtime-sanitized
$(RUNTIME_ROOT)/build/test/runtime_test_sanitized: \
    $(patsubst $(RUNTIME_ROOT)/%.cc,$(RUNTIME_SANITIZED)/%.o,$(RUNTIME_LIB_SOURCES) $(RUNTIME_SOURCES) $(RUNTIME_TESTS))
	@mkdir -p $(@D)
	$(RUNTIME_CXX) $(RUNTIME_SANITIZE) -o $@ $^
$(RUNTIME_SANITIZED)/%.o: $(RUNTIME_ROOT)/%.cc
	@mkdir -p $(@D)
	$(RUNTIME_CXX) $(filter-out -D_FORTIFY_SOURCE=2 -DNDEBUG -O2,$(RUNTIME_FLAGS)) -O1 $(RUNTIME_SANITIZE) -c -o $@ $<

# What the runtime is measured against.
runtime-echo: $(RUNTIME_ROOT)/build/bench/echo
$(RUNTIME_ROOT)/build/bench/echo: $(RUNTIME_ROOT)/native/bench/echo.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -static -o $@ $<

-include $(wildcard $(RUNTIME_OBJ)/*/*.d) $(shell find $(RUNTIME_SANITIZED) -name '*.d' 2>/dev/null)
RUNTIME_PHONY := runtime-echo
.PHONY: $(RUNTIME_PHONY) all runtime test runtime-test sanitize runtime-sanitize
