# The daemon. The only native room that prints or exits.
AGENT_SOURCES := $(wildcard $(ROOT)/native/agent/*.cc)
# The daemon filters its own system calls.
AGENT_LIBS = $(LIBS_BPF) -lseccomp
AGENT_OBJECTS := $(AGENT_SOURCES:$(ROOT)/native/%.cc=$(OBJ)/%.o)

# RUNTIME_OBJECTS and RUNTIME_LIBS come from the runtime's own fragment, when it is there.
all: $(OUT)/bin/aegis-agent
$(OUT)/bin/aegis-agent: $(AGENT_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_STATIC) $(AGENT_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a $(RUNTIME_LIBS) $(AGENT_LIBS) -s -o $@.tmp
	mv $@.tmp $@

# Agents with one thing taken out, linked from the same objects but one.
mutants: $(OUT)/bin/mutants/agent-no-pins $(OUT)/bin/mutants/agent-no-canary $(OUT)/bin/mutants/agent-no-guards
$(OBJ)/mutants/agent-no-pins.o: $(ROOT)/native/lib/attachment.cc
$(OBJ)/mutants/agent-no-canary.o: $(ROOT)/native/lib/canary.cc
$(OBJ)/mutants/agent-no-guards.o: $(ROOT)/native/lib/preemption.cc
$(OBJ)/mutants/agent-%.o: $(ROOT)/native/agent/agent.mk
	@mkdir -p $(@D)
	$(CXX) $(AEGIS_CXXFLAGS) $(CXXFLAGS) $(EXTRA_CXXFLAGS) $(call mutant_define,$*) \
	  -c $(filter %.cc,$^) -o $@
$(OUT)/bin/mutants/agent-%: $(OBJ)/mutants/agent-%.o $(AGENT_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_STATIC) $< $(AGENT_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a $(RUNTIME_LIBS) $(AGENT_LIBS) -s -o $@.tmp
	mv $@.tmp $@

TEST_SOURCES := $(wildcard $(ROOT)/test/native/*.cc)
TEST_OBJECTS := $(TEST_SOURCES:$(ROOT)/test/native/%.cc=$(OBJ)/test/%.o)
$(OBJ)/test/%.o: $(ROOT)/test/native/%.cc
	@mkdir -p $(@D)
	$(CXX) $(AEGIS_CXXFLAGS) $(CXXFLAGS) $(EXTRA_CXXFLAGS) -MMD -MP -c $< -o $@

# The tests link everything of the agent but its main().
TESTED_OBJECTS := $(TEST_OBJECTS) $(filter-out $(OBJ)/agent/main.o,$(AGENT_OBJECTS))
$(OUT)/test/native-tests: $(TESTED_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a
	@mkdir -p $(@D)
	$(CXX) $(EXTRA_CXXFLAGS) $^ $(RUNTIME_LIBS) $(AGENT_LIBS) -o $@

test: native-test
.PHONY: native-test
native-test: $(OUT)/test/native-tests
	$<

# A build of its own, because the objects differ.
sanitize:
	$(MAKE) -f $(ROOT)/native/Makefile OBJ=$(OUT)/obj-sanitize $(OUT)/obj-sanitize/native-tests \
	  EXTRA_CXXFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=undefined -O1'
	$(OUT)/obj-sanitize/native-tests
$(OUT)/obj-sanitize/native-tests: $(TESTED_OBJECTS) $(RUNTIME_OBJECTS) $(OBJ)/libaegis.a
	$(CXX) $(EXTRA_CXXFLAGS) $^ $(RUNTIME_LIBS) $(AGENT_LIBS) -o $@

lint:
	$(MAKE) -f $(ROOT)/native/Makefile OBJ=$(OUT)/obj-lint EXTRA_CXXFLAGS='-Werror -fsyntax-only' lint-sources
lint-sources: $(addprefix lint-,$(notdir $(LIB_SOURCES) $(AGENT_SOURCES)))
$(foreach source,$(LIB_SOURCES) $(AGENT_SOURCES),$(eval lint-$(notdir $(source)): ; $(CXX) $(AEGIS_CXXFLAGS) -O2 -Werror -fsyntax-only $(source)))
.PHONY: lint-sources
