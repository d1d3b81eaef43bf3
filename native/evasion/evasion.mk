# The evasion catalogue: every way round a denial is a row of one of these files, in one static program. A new file is
# picked up by itself.
EVASION_SOURCES := $(wildcard $(NATIVE)/evasion/*.c)
EVASION_PROGRAM := $(NATIVE)/evasion/program/ran.c

all: $(BIN)/aegis-evade $(BIN)/aegis-ran
$(BIN)/aegis-evade: $(EVASION_SOURCES) $(wildcard $(NATIVE)/evasion/*.h)
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -pthread -o $@ $(EVASION_SOURCES)

# The program that is denied: it prints the secret the proof writes into it. Without a C library, to be small enough to
# be copied for every row, and at an address that a row can put a path at (absent_path.c).
$(BIN)/aegis-ran: $(EVASION_PROGRAM) $(NATIVE)/evasion/evasion.mk
	@mkdir -p $(@D)
	$(CC) -O1 -Wall -Wextra -Werror -static -nostdlib -fno-stack-protector -fno-builtin -Wl,--build-id=none,-Ttext-segment=0x50000000,-Tdata=0x50100000 -o $@ $<
