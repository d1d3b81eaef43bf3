# The witness: what the kernel says about its BPF programs and links, asked without the agent.
all: $(BIN)/aegis-witness
$(BIN)/aegis-witness: $(NATIVE)/witness/witness.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -o $@ $< -lbpf $(LIBELF_STATIC)

# Which kinds of BPF program load here, felt by loading one of each.
all: $(BIN)/aegis-feel
$(BIN)/aegis-feel: $(NATIVE)/witness/feel.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -o $@ $< -lbpf $(LIBELF_STATIC)
