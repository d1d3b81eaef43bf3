// SPDX-License-Identifier: Apache-2.0
#include "lib/text.h"

#include <doctest/doctest.h>

#include "lib/events.h"
#include "lib/instance.h"
#include "lib/kernel_facts.h"
#include "lib/sha256.h"

using namespace aegis;

TEST_CASE("decimal numbers, exactly") {
  CHECK(parse_decimal("0", 9) == 0);
  CHECK(parse_decimal("65535", 65535) == 65535);
  CHECK_FALSE(parse_decimal("65536", 65535));
  CHECK(parse_decimal("18446744073709551615", UINT64_MAX) == UINT64_MAX);
  CHECK_FALSE(parse_decimal("18446744073709551616", UINT64_MAX));
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3"}) CHECK_FALSE(parse_decimal(bad, 1000));
}

TEST_CASE("UTF-8 as RFC 3629 has it") {
  for (const char* good : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    CHECK_FALSE(find_invalid_utf8(good));
  CHECK(find_invalid_utf8("a\x80") == 1);
  CHECK(find_invalid_utf8("\xc0\x80") == 0);          // overlong
  CHECK(find_invalid_utf8("\xe0\x80\x80") == 0);      // overlong
  CHECK(find_invalid_utf8("\xed\xa0\x80") == 0);      // surrogate
  CHECK(find_invalid_utf8("\xf4\x90\x80\x80") == 0);  // beyond U+10FFFF
  CHECK(find_invalid_utf8("\xe2\x82") == 0);          // cut short
}

TEST_CASE("SHA-256 by the vectors of FIPS 180-4 and at the block edges") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(sha256_hex(std::string(55, 'a')) == "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  CHECK(sha256_hex(std::string(56, 'a')) == "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  CHECK(sha256_hex(std::string(64, 'a')) == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("LSM names are whole words") {
  CHECK(lists_lsm("lockdown,capability,bpf", "bpf"));
  CHECK(lists_lsm("bpf", "bpf"));
  CHECK_FALSE(lists_lsm("lockdown,capability", "bpf"));
  CHECK_FALSE(lists_lsm("nobpf,bpfx", "bpf"));
  CHECK_FALSE(lists_lsm("", "bpf"));
}

TEST_CASE("the lockdown in force is the bracketed word") {
  CHECK(selected_lockdown("[none] integrity confidentiality") == "none");
  CHECK(selected_lockdown("none [integrity] confidentiality") == "integrity");
  CHECK(selected_lockdown("none integrity [confidentiality]") == "confidentiality");
  CHECK(selected_lockdown("") == "none");
  CHECK(selected_lockdown("][") == "none");
}

TEST_CASE("instance names stay inside their directories") {
  const Seams seams;
  CHECK(name_instance("default", seams)->pin_root == "/sys/fs/bpf/aegis/default");
  CHECK(name_instance("a-b_C9", seams)->report_path == "/var/lib/aegis/a-b_C9/capabilities.json");
  for (const char* bad : {"", "..", "a/b", "a b", "a.b", "\xc3\xa9"}) {
    CAPTURE(bad);
    const auto instance = name_instance(bad, seams);
    REQUIRE_FALSE(instance);
    CHECK(instance.error().misuse);
  }
  CHECK_FALSE(name_instance(std::string(65, 'a'), seams));
}

TEST_CASE("the nearest word, and none when nothing is near") {
  CHECK(nearest("enforse", {"audit", "enforce"}) == "enforce");
  CHECK(nearest("zzzzzz", {"audit", "enforce"}).empty());
}

TEST_CASE("an event line survives a hostile command name") {
  aegis_event event{};
  event.hook = AEGIS_HOOK_FILE_OPEN;
  event.action = AEGIS_ACTION_KILL;
  event.dev = 8u << 20 | 1;
  event.ino = 42;
  const char name[] = "a\"\n\xff";
  for (size_t i = 0; i < sizeof name; i++) event.comm[i] = name[i];
  const auto line = render_event(event, "/secret", LogFormat::json);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find("\"action\":\"kill\"") != std::string::npos);
  CHECK(line.find("\"dev\":\"8:1\"") != std::string::npos);
  CHECK(line.find("\"path\":\"/secret\"") != std::string::npos);
  const auto text = render_event(event, "/secret", LogFormat::text);
  CHECK(text == "kill file_open pid=0 uid=0 comm=a\"?? dev=8:1 ino=42 path=/secret");
}
