# The probe: one forbidden act a call, static so that it runs in any guest.
all: $(BIN)/aegis-probe
$(BIN)/aegis-probe: $(NATIVE)/probe/probe.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -o $@ $<
