# The probe: one forbidden act a call, static so that it runs in any guest.
all: $(BIN)/aegis-probe
PROBE_SOURCES := $(wildcard $(NATIVE)/probe/*.c)
$(BIN)/aegis-probe: $(PROBE_SOURCES) $(wildcard $(NATIVE)/probe/*.h)
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -o $@ $(PROBE_SOURCES)
