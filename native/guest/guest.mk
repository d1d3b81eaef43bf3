# aegis-guest: the guest's end of the channel to the host. Static, so that it runs in any guest. The Makefile above includes
# this fragment; `make -f native/guest/guest.mk` builds this program alone.
ROOT ?= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
OUT ?= $(ROOT)/build
OBJ ?= $(OUT)/obj
AEGIS_CXXFLAGS ?= -std=c++20 -Wall -Wextra -O2 -I$(ROOT)/native
LDFLAGS_STATIC ?= -static

GUEST_SOURCES := $(wildcard $(ROOT)/native/guest/*.cc)
GUEST_OBJECTS := $(GUEST_SOURCES:$(ROOT)/native/%.cc=$(OBJ)/%.o)

all: $(OUT)/bin/aegis-guest
$(OUT)/bin/aegis-guest: $(GUEST_OBJECTS)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_STATIC) $(GUEST_OBJECTS) -s -o $@.tmp
	mv $@.tmp $@

$(OBJ)/guest/%.o: $(ROOT)/native/guest/%.cc $(wildcard $(ROOT)/native/guest/*.hpp)
	@mkdir -p $(@D)
	$(CXX) $(AEGIS_CXXFLAGS) $(CXXFLAGS) $(EXTRA_CXXFLAGS) -MMD -MP -c $< -o $@

# Its tests link everything but main().
GUEST_TESTS := $(wildcard $(ROOT)/test/native/guest/*.cc)
$(OUT)/test/guest-tests: $(GUEST_TESTS) $(filter-out %/main.cc,$(GUEST_SOURCES)) $(wildcard $(ROOT)/native/guest/*.hpp)
	@mkdir -p $(@D)
	$(CXX) $(AEGIS_CXXFLAGS) $(EXTRA_CXXFLAGS) -O1 $(filter %.cc,$^) -o $@

.PHONY: guest-tests
test: guest-tests
guest-tests: $(OUT)/test/guest-tests
	$<
