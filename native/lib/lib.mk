# The library over libbpf and the wire protocol: returns errors, never logs.
LIB_SOURCES := $(wildcard $(ROOT)/native/lib/*.cc)
LIB_OBJECTS := $(LIB_SOURCES:$(ROOT)/native/%.cc=$(OBJ)/%.o) $(OBJ)/lib/embedded_object.o

$(OBJ)/libaegis.a: $(LIB_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^
