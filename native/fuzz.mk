# The parsers of what others write, under libFuzzer with ASan and UBSan.
#   make fuzz FUZZ_SECONDS=60   both targets, half of the time each
#   make fuzz-compiler          whether there is a compiler that can
FUZZ_SECONDS ?= 60
FUZZ_OUT := $(OUT)/fuzz
# A clang whose runtime libraries are installed as well (compiler-rt is a package of its own).
FUZZ_CXX ?= $(firstword $(foreach version,-22 -19 -18 -16 -14,$(if $(wildcard /usr/lib/llvm$(version)/lib/clang/*/lib/*/libclang_rt.fuzzer*),clang++$(version))) clang++)
FUZZ_FLAGS := -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I$(ROOT)/native -I$(ROOT)/bpf
FUZZED_POLICY := $(addprefix lib/,policy_parse policy_entry address text wire_json) \
  $(addprefix runtime/,tool_policy tool_policy_parse argument_path glob)
FUZZED_FRAME := $(FUZZED_POLICY) $(addprefix lib/,wire_frame wire_rpc) \
  $(addprefix runtime/,authority authority_agents authority_queries approvals events process registry)
fuzz_run = $(FUZZ_OUT)/$(1) -max_total_time=$(shell expr \( $(FUZZ_SECONDS) + 1 \) / 2) -max_len=8192 -verbosity=0 \
  -print_final_stats=1 -artifact_prefix=$(FUZZ_OUT)/found- $(FUZZ_OUT)/corpus-$(1) $(ROOT)/test/native/fuzz/corpus/$(1)

fuzz: $(FUZZ_OUT)/frame $(FUZZ_OUT)/policy
	@mkdir -p $(FUZZ_OUT)/corpus-frame $(FUZZ_OUT)/corpus-policy
	$(call fuzz_run,frame)
	$(call fuzz_run,policy) -dict=$(ROOT)/test/native/fuzz/policy.dict
fuzz-build: $(FUZZ_OUT)/frame $(FUZZ_OUT)/policy
fuzz-compiler:
	@mkdir -p $(FUZZ_OUT)
	echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' | \
	  $(FUZZ_CXX) $(FUZZ_FLAGS) -x c++ -o $(FUZZ_OUT)/nothing -

$(FUZZ_OUT)/frame: $(FUZZ_OUT)/frame_fuzzer.o $(FUZZED_FRAME:%=$(FUZZ_OUT)/obj/%.o)
$(FUZZ_OUT)/policy: $(FUZZ_OUT)/policy_fuzzer.o $(FUZZED_POLICY:%=$(FUZZ_OUT)/obj/%.o)
$(FUZZ_OUT)/frame $(FUZZ_OUT)/policy:
	$(FUZZ_CXX) $(FUZZ_FLAGS) -o $@ $^
$(FUZZ_OUT)/%.o: $(ROOT)/test/native/fuzz/%.cc
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<
$(FUZZ_OUT)/obj/%.o: $(ROOT)/native/%.cc
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(FUZZ_OUT) -name '*.d' 2>/dev/null)
.PHONY: fuzz fuzz-build fuzz-compiler
