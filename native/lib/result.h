// SPDX-License-Identifier: Apache-2.0
// How the library answers: a value, or an error that says what was tried, why
// it failed and the way out. Nothing here throws, logs or exits.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace aegis {

struct Error {
  std::string what{};     // "cannot <act> <object>: <cause>"
  std::string way_out{};  // what the reader can do about it
  std::string blocker{};  // posture blocker, where one names the cause
  bool misuse = false;    // the caller's words were wrong, not the machine

  std::string text() const { return way_out.empty() ? what : what + ". " + way_out; }
};

// "cannot <act>: <strerror>"; `error` is a positive errno.
inline Error system_error(const std::string& act, int error, std::string way_out = {}, std::string blocker = {}) {
  return {"cannot " + act + ": " + std::strerror(error), std::move(way_out), std::move(blocker)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace aegis
