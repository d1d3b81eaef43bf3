// SPDX-License-Identifier: Apache-2.0
#include "agent/args.h"

#include <CLI/CLI.hpp>
#include <map>

#include "lib/text.h"

namespace aegis {
namespace {

struct Words {
  bool enforce = false, audit = false;
  std::string gate_mode = "fail-closed", fallback = "none", signal = "kill", arm = "auto", on_stop, log = "json";
};

template <class Value>
using Choices = std::map<std::string, Value>;

const Choices<GateMode> gate_modes = {{"fail-closed", GateMode::fail_closed},
                                      {"audit-fallback", GateMode::audit_fallback}};
const Choices<Fallback> fallbacks = {{"none", Fallback::none},
                                     {"override", Fallback::override_return},
                                     {"signal", Fallback::signal},
                                     {"auto", Fallback::automatic}};
const Choices<EnforceSignal> signals = {
    {"kill", EnforceSignal::kill}, {"term", EnforceSignal::term}, {"none", EnforceSignal::none}};
const Choices<SignalArm> arms = {
    {"auto", SignalArm::automatic}, {"fentry", SignalArm::fentry}, {"tracepoint", SignalArm::tracepoint}};
const Choices<OnStop> on_stops = {{"keep", OnStop::keep}, {"detach", OnStop::detach}};
const Choices<LogFormat> logs = {{"json", LogFormat::json}, {"text", LogFormat::text}};

template <class Value>
std::vector<std::string> words_of(const Choices<Value>& choices) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  return words;
}

CLI::Option* add_choice(CLI::App* app, const std::string& flag, std::string& into, std::vector<std::string> words,
                        const std::string& about) {
  return app->add_option(flag, into, about)->check(CLI::IsMember(std::move(words)))->capture_default_str();
}

void describe_run(CLI::App* run, Words& words, Arguments& arguments) {
  auto* enforce = run->add_flag("--enforce", words.enforce, "Deny what the policy names");
  run->add_flag("--audit", words.audit, "Report what the policy names, deny nothing (the default)")->excludes(enforce);
  add_choice(run, "--enforce-gate-mode", words.gate_mode, words_of(gate_modes),
             "What to do when nothing enforces: refuse to start, or only report");
  add_choice(run, "--enforce-fallback", words.fallback, words_of(fallbacks), "What may stand in for BPF-LSM");
  add_choice(run, "--enforce-signal", words.signal, words_of(signals), "What the signal rungs send");
  add_choice(run, "--signal-arm", words.arm, words_of(arms), "Which signal rung may be used");
  add_choice(run, "--on-stop", words.on_stop, words_of(on_stops),
             "Whether enforcement outlives a clean stop (default: keep under --enforce)");
  add_choice(run, "--log", words.log, words_of(logs), "Format of the events on standard output");
  run->add_option("--scope-cgroup", arguments.scope_cgroup, "Enforce in this cgroup subtree only");
  run->add_option("--runtime-socket", arguments.runtime_socket,
                  "Answer tool queries at this path as well, by the policy's [tool] section (or AEGIS_RUNTIME_SOCKET)")
      ->envname("AEGIS_RUNTIME_SOCKET");
}

// Names of all flags that a command and its parents take.
std::vector<std::string> known_flags(const CLI::App* app) {
  std::vector<std::string> names;
  for (const auto* option : app->get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

const CLI::App* deepest(const CLI::App* app) {
  const auto chosen = app->get_subcommands();
  return chosen.empty() ? app : deepest(chosen.front());
}

Error misuse(std::string what, std::string way_out) { return {std::move(what), std::move(way_out), "", true}; }

// CLI11 reports what is left over; the near miss is ours to find.
Error unknown_word(const CLI::App& app) {
  const CLI::App* command = deepest(&app);
  const auto extras = app.remaining(true);
  const std::string word = extras.empty() ? "" : extras.front();
  const auto flag = word.substr(0, word.find('='));
  auto known = known_flags(command);
  for (const auto* sub : command->get_subcommands({})) known.push_back(sub->get_name());
  const auto near = nearest(flag, known);
  return misuse("cannot understand \"" + word + "\": no such " + (word.starts_with("-") ? "flag" : "word"),
                near.empty()
                    ? "See aegis-agent " + (command->get_name().empty() ? "" : command->get_name() + " ") + "--help"
                    : "Did you mean " + near + "?");
}

void take_words(const Words& words, Arguments& arguments) {
  arguments.gate = {words.enforce ? Asked::enforce : Asked::audit, gate_modes.at(words.gate_mode),
                    fallbacks.at(words.fallback), signals.at(words.signal), arms.at(words.arm)};
  if (!words.on_stop.empty()) arguments.on_stop = on_stops.at(words.on_stop);
  arguments.log = logs.at(words.log);
}

}  // namespace

Result<Arguments> parse_arguments(int argc, const char* const* argv) {
  Arguments arguments;
  Words words;
  CLI::App app("Enforces a policy in the kernel and proves to itself that it does.", "aegis-agent");
  app.require_subcommand(1);
  app.add_option("--instance", arguments.instance, "Which agent on this machine")->capture_default_str();
  app.fallthrough();
  std::map<const CLI::App*, Command> commands;

  auto* run = app.add_subcommand("run", "The daemon");
  describe_run(run, words, arguments);
  commands[run] = Command::run;
  auto* policy = app.add_subcommand("policy", "Apply, check or show a policy")->require_subcommand(1);
  auto* apply = policy->add_subcommand("apply", "Put a policy into force, whole or not at all");
  apply->add_option("FILE", arguments.policy_file, "The policy")->required();
  apply->add_flag("--reset", arguments.reset, "Zero the counters as well");
  commands[apply] = Command::policy_apply;
  auto* validate = policy->add_subcommand("validate", "Say whether a policy could be applied here");
  validate->add_option("FILE", arguments.policy_file, "The policy")->required();
  commands[validate] = Command::policy_validate;
  commands[policy->add_subcommand("show", "Print the policy in force")] = Command::policy_show;
  auto* status = app.add_subcommand("status", "What the instance's agent says, and whether it still lives");
  status->add_flag("--json", arguments.json, "As JSON");
  commands[status] = Command::status;
  auto* probe = app.add_subcommand("probe", "Try every mechanism on this kernel and take it down again");
  probe->add_flag("--json", arguments.json, "As JSON");
  commands[probe] = Command::probe;
  commands[app.add_subcommand("detach", "Remove everything an instance left in the kernel")] = Command::detach;
  auto* emergency = app.add_subcommand("emergency", "Let everything through, and back")->require_subcommand(1);
  auto* disable = emergency->add_subcommand("disable", "Stop enforcing at once; recorded");
  disable->add_option("--reason", arguments.reason, "Why, for the record");
  commands[disable] = Command::emergency_disable;
  auto* enable = emergency->add_subcommand("enable", "Enforce again; recorded");
  enable->add_option("--reason", arguments.reason, "Why, for the record");
  commands[enable] = Command::emergency_enable;
  commands[app.add_subcommand("version", "Print the version")] = Command::version;
  // Listed here; main() hands its own flags to it.
  const auto* runtime = app.add_subcommand("runtime", "Answer tool queries alone, where there is nothing to enforce");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    arguments.help = deepest(&app)->help();
    return arguments;
  } catch (const CLI::ExtrasError&) {
    return unknown_word(app);
  } catch (const CLI::ParseError& error) {
    // A mistyped command leaves the command missing and the word over.
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !app.remaining(true).empty())
      return unknown_word(app);
    return misuse(std::string("cannot understand the command line: ") + error.what(), "See aegis-agent --help");
  }
  if (deepest(&app) == runtime)
    return misuse("cannot understand the command line: runtime has to be the first word",
                  "See aegis-agent runtime --help");
  arguments.command = commands.at(deepest(&app));
  take_words(words, arguments);
  return arguments;
}

}  // namespace aegis
