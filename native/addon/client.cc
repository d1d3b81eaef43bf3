// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <algorithm>

#include "../lib/wire_json.h"

namespace aegis::addon {

namespace {

constexpr double max_deadline_ms = 24.0 * 3600 * 1000;

// The absolute deadline for a duration given in milliseconds; a value that is none counts as already over.
std::int64_t deadline_of(const Napi::Value& value) {
  const double duration = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  const double bounded = duration > 0 ? std::min(duration, max_deadline_ms) : 0;
  return wire::monotonic_ms() + static_cast<std::int64_t>(bounded);
}

std::string text_of(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

// Plain Node-API calls with their status unread: in a thread that is being terminated each of them may fail, and
// then there is nobody left to tell. (node-addon-api would abort the process.)
napi_value error_of(napi_env env, const wire::Reply& reply) {
  const auto text = [env](std::string_view characters) {
    napi_value value = nullptr;
    napi_create_string_utf8(env, characters.data(), characters.size(), &value);
    return value;
  };
  napi_value error = nullptr;
  napi_create_error(env, text(wire::word_of(reply.failure)), text(reply.text), &error);
  if (error && reply.failure == wire::Failure::refused) {
    napi_value code = nullptr;
    napi_create_int32(env, reply.rpc_code, &code);
    napi_set_named_property(env, error, "rpcCode", code);
  }
  return error;
}

Napi::Value thrown(Napi::Env env, const wire::Reply& reply) {
  if (napi_value error = error_of(env, reply)) napi_throw(env, error);
  return Napi::Value();
}

// The members of a query. The arguments are JSON text and go out as they are; a line end within them would end the frame.
bool query_members(Napi::CallbackInfo const& info, std::string& members) {
  const std::string args = text_of(info[1]);
  if (args.empty() || args.find('\n') != std::string::npos || !nlohmann::json::accept(args)) return false;
  members = "\"tool\":";
  wire::append_quoted(members, text_of(info[0]));
  members.append(",\"args\":").append(args);
  return members.size() + 1024 <= wire::max_frame_bytes;
}

const wire::Reply bad_arguments{wire::Failure::bad_argument, "the arguments must be JSON text on one line, below 1 MiB"};

}  // namespace

Napi::Function NativeClient::define(Napi::Env env) {
  return DefineClass(env, "NativeClient",
                     {
                         InstanceMethod<&NativeClient::open>("open"),
                         InstanceMethod<&NativeClient::close>("close"),
                         InstanceMethod<&NativeClient::hello>("hello"),
                         InstanceMethod<&NativeClient::register_agent>("register"),
                         InstanceMethod<&NativeClient::query>("query"),
                         InstanceMethod<&NativeClient::query_sync>("querySync"),
                         InstanceMethod<&NativeClient::wait_for_approval>("waitForApproval"),
                         InstanceMethod<&NativeClient::heartbeat>("heartbeat"),
                         InstanceMethod<&NativeClient::deregister>("deregister"),
                         InstanceMethod<&NativeClient::request>("request"),
                         InstanceMethod<&NativeClient::set_notification_handler>("onNotification"),
                         InstanceMethod<&NativeClient::set_close_handler>("onClosed"),
                         InstanceMethod<&NativeClient::is_open>("isOpen"),
                     });
}

NativeClient::NativeClient(Info info)
    : Napi::ObjectWrap<NativeClient>(info), context_(info.Env(), "aegis:NativeClient") {
  napi_add_async_cleanup_hook(info.Env(), on_environment_end, this, &cleanup_);
}

NativeClient::~NativeClient() {
  if (watcher_) watcher_->close();
  if (cleanup_) napi_remove_async_cleanup_hook(cleanup_);
}

// A worker that is terminated, or a process at its end: no JavaScript may run any more, the handles must still close.
void NativeClient::on_environment_end(napi_async_cleanup_hook_handle handle, void* data) {
  auto* self = static_cast<NativeClient*>(data);
  self->is_ending_ = true;
  self->cleanup_ = nullptr;
  const auto release = [handle] { napi_remove_async_cleanup_hook(handle); };
  const bool is_watched = self->watcher_ != nullptr;
  if (is_watched) self->watcher_->close(release);
  self->watcher_ = nullptr;
  if (!is_watched) release();
  self->client_.close({wire::Failure::closed, "the thread ends"});
}

void NativeClient::shut(wire::Reply why) {
  if (watcher_) watcher_->close();
  watcher_ = nullptr;
  client_.close(std::move(why));
}

void NativeClient::on_ready(bool is_timer) {
  const Napi::Env env = Env();
  const Napi::HandleScope handles(env);
  Ref();  // what JavaScript does below may let go of this object
  client_.cork();
  {
    // What continues in JavaScript after an answer runs when this scope ends.
    const Napi::CallbackScope scope(env, context_);
    if (is_timer) client_.expire(wire::monotonic_ms());
    else client_.on_readable();
    if (client_.fd() < 0) follow_channel();
  }
  client_.uncork();
  if (watcher_) watcher_->update();
  Unref();
}

void NativeClient::follow_channel() {
  if (!watcher_) return;
  if (client_.fd() >= 0) return watcher_->update();
  watcher_->close();
  watcher_ = nullptr;
  if (!closed_.IsEmpty() && !is_ending_) call_quietly(closed_, {});
}

// What a handler throws is its own affair; it must not come out of whatever happened to be called.
void NativeClient::call_quietly(const Napi::FunctionReference& handler, const std::vector<napi_value>& arguments) {
  const Napi::Env env = Env();
  handler.Call(arguments);
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
}

template <typename Send>
Napi::Value NativeClient::promised(Napi::Env env, Send send) {
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return Napi::Value();
  // The object must outlive its calls, also when nobody holds it any more.
  Ref();
  send([this, env, deferred](wire::Reply reply) {
    if (is_ending_) return;
    Unref();
    const Napi::HandleScope handles(env);
    napi_value value = nullptr;
    if (reply.failure != wire::Failure::none) {
      if ((value = error_of(env, reply))) napi_reject_deferred(env, deferred, value);
    } else if (napi_create_string_utf8(env, reply.text.data(), reply.text.size(), &value) == napi_ok) {
      napi_resolve_deferred(env, deferred, value);
    }
  });
  if (watcher_) watcher_->update();
  return Napi::Value(env, promise);
}

Napi::Value NativeClient::open(Info info) {
  const Napi::Env env = info.Env();
  const auto uid = info[1].IsNumber() ? static_cast<uid_t>(info[1].As<Napi::Number>().Int64Value()) : uid_t{0};
  const wire::Reply reply = client_.open(text_of(info[0]), uid);
  if (reply.failure != wire::Failure::none) return thrown(env, reply);
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  if (loop) watcher_ = Watcher::start(loop, client_, [this](bool is_timer) { on_ready(is_timer); });
  if (!watcher_) {
    client_.close({wire::Failure::closed, "no event loop"});
    return thrown(env, {wire::Failure::unreachable, "the thread has no event loop"});
  }
  return env.Undefined();
}

Napi::Value NativeClient::close(Info info) {
  shut({wire::Failure::closed, "the client was closed"});
  return info.Env().Undefined();
}

Napi::Value NativeClient::is_open(Info info) { return Napi::Boolean::New(info.Env(), client_.fd() >= 0); }

Napi::Value NativeClient::hello(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) { client_.hello(deadline_of(info[0]), std::move(done)); });
}

Napi::Value NativeClient::register_agent(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    client_.register_agent(text_of(info[0]), deadline_of(info[1]), std::move(done));
  });
}

Napi::Value NativeClient::query(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    std::string members;
    if (!query_members(info, members)) return done(bad_arguments);
    client_.call("policy.query", client_.authenticated(members), deadline_of(info[2]), std::move(done));
  });
}

Napi::Value NativeClient::query_sync(Info info) {
  const Napi::Env env = info.Env();
  std::string members;
  wire::Reply reply = bad_arguments;
  if (query_members(info, members))
    reply = client_.call_and_wait("policy.query", client_.authenticated(members), deadline_of(info[2]));
  follow_channel();
  if (reply.failure == wire::Failure::none) return Napi::String::New(env, reply.text);
  return thrown(env, reply);
}

Napi::Value NativeClient::wait_for_approval(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    const std::int64_t deadline = deadline_of(info[1]);
    // The runtime gives up a little earlier than we do, so that its reason arrives.
    const std::int64_t left = deadline - wire::monotonic_ms();
    const std::int64_t inner = std::max<std::int64_t>(left - std::min<std::int64_t>(left / 5, 500), 1);
    std::string members = "\"approvalId\":";
    wire::append_quoted(members, text_of(info[0]));
    members.append(",\"timeoutMs\":").append(std::to_string(inner));
    client_.call("approval.wait", client_.authenticated(members), deadline, std::move(done));
  });
}

Napi::Value NativeClient::heartbeat(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    client_.call("agent.heartbeat", client_.authenticated({}), deadline_of(info[0]), std::move(done));
  });
}

Napi::Value NativeClient::deregister(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    client_.call("agent.deregister", client_.authenticated({}), deadline_of(info[0]), std::move(done));
  });
}

Napi::Value NativeClient::request(Info info) {
  return promised(info.Env(), [&](wire::Client::Done done) {
    const std::string method = text_of(info[0]), params = text_of(info[1]);
    const bool is_plain = method.find_first_of("\"\\\n") == std::string::npos;
    if (!is_plain || params.find('\n') != std::string::npos || !nlohmann::json::accept(params)) return done(bad_arguments);
    client_.call(method, params, deadline_of(info[2]), std::move(done));
  });
}

Napi::Value NativeClient::set_notification_handler(Info info) {
  if (!info[0].IsFunction()) return info.Env().Undefined();
  notification_ = Napi::Persistent(info[0].As<Napi::Function>());
  client_.on_notification([this](std::string_view frame) {
    if (is_ending_) return;
    const Napi::Env env = Env();
    const Napi::HandleScope handles(env);
    call_quietly(notification_, {Napi::String::New(env, std::string(frame))});
  });
  return info.Env().Undefined();
}

Napi::Value NativeClient::set_close_handler(Info info) {
  if (info[0].IsFunction()) closed_ = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

}  // namespace aegis::addon
