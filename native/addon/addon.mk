# The Node addon: the client of the runtime socket. Included by native/Makefile; needs Node's headers (beside the node
# that runs, of the system, or those of npm with the system's uv.h, whose ABI is stable) and node-addon-api's (npm).
# Without either there is a clear line and no addon: the JavaScript side then says "native_missing", which is a state of
# its own.
ADDON_ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))../..)
ADDON_OBJ := $(ADDON_ROOT)/build/obj/addon
ADDON_CXX ?= $(or $(CXX),g++)
NODE ?= node
NODE_HEADERS ?= $(shell for folder in \
    "$$($(NODE) -p 'require("path").resolve(process.execPath, "../../include/node")' 2>/dev/null)" \
    /usr/include/node /usr/include/nodejs/src /usr/local/include/node $(ADDON_ROOT)/node_modules/node-api-headers/include; \
  do [ -f "$$folder/node_api.h" ] && { echo "$$folder"; break; }; done)
NODE_ADDON_API := $(ADDON_ROOT)/node_modules/node-addon-api
ADDON_FILE := $(ADDON_ROOT)/build/Release/aegis.node
# The copy that is packed, where node-gyp-build looks on a machine that builds nothing; a folder a platform, in Node's
# words for it.
ADDON_ARCH := $(patsubst x86_64,x64,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(shell $(ADDON_CXX) -dumpmachine)))))
ADDON_PREBUILT := $(ADDON_ROOT)/prebuilds/linux-$(ADDON_ARCH)/aegis-cli.glibc.node
ADDON_FLAGS := -std=c++20 -O2 -g1 -fPIC -fvisibility=hidden -Wall -Wextra -Wpedantic -Wshadow \
  -fstack-protector-strong -D_FORTIFY_SOURCE=2 -MMD -MP \
  -DNAPI_VERSION=8 -DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS -DNODE_GYP_MODULE_NAME=aegis -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS \
  -isystem $(NODE_HEADERS) -isystem $(NODE_ADDON_API)
ADDON_SOURCES := $(wildcard $(ADDON_ROOT)/native/addon/*.cc) \
  $(addprefix $(ADDON_ROOT)/native/lib/,wire_frame.cc wire_json.cc wire_rpc.cc wire_client.cc wire_session.cc)
ADDON_OBJECTS := $(patsubst $(ADDON_ROOT)/native/%.cc,$(ADDON_OBJ)/%.o,$(ADDON_SOURCES))

all: addon
ifeq ($(and $(NODE_HEADERS),$(wildcard $(NODE_ADDON_API)/napi.h)),)
addon:
	@echo "no addon: node's headers or node-addon-api are missing (run npm ci; set NODE_HEADERS=DIR)" >&2
else
addon: $(ADDON_PREBUILT)
endif

$(ADDON_PREBUILT): $(ADDON_FILE)
	@mkdir -p $(@D)
	strip --strip-unneeded -o $@.new $< && mv $@.new $@

# libstdc++ goes in, so that the file works beside whatever the node binary was linked with.
$(ADDON_FILE): $(ADDON_OBJECTS)
	@mkdir -p $(@D)
	$(ADDON_CXX) -shared -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now -o $@.new $^ && mv $@.new $@

$(ADDON_OBJ)/%.o: $(ADDON_ROOT)/native/%.cc
	@mkdir -p $(@D)
	$(ADDON_CXX) $(ADDON_FLAGS) -c -o $@ $<

-include $(wildcard $(ADDON_OBJ)/*/*.d)
.PHONY: all addon
