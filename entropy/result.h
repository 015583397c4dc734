// SPDX-License-Identifier: Apache-2.0
/// Errors as values. Every function that can fail returns Result<T>: a T, or an Error that says what, where and what to do.
///
///   Result<uint32_t> count = reader.u32();
///   if (!count.ok()) return count.error();
///   use(*count);
/// or, the same in one line:
///   DEW_ASSIGN(const uint32_t count, reader.u32());
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace dew {

/// What went wrong, as far as a caller can act on it.
enum class Code : uint8_t {
  truncated,            ///< more bytes could help
  corrupt,              ///< no bytes can help
  limit_exceeded,       ///< the caller may raise a limit
  unsupported_version,  ///< a newer dew may read it
  unsupported_feature,  ///< another build or a newer dew may read it
  invalid_argument,     ///< the caller asked for something impossible
  out_of_memory,        ///< the memory budget is spent
  io,                   ///< the system refused to read or write
  internal,             ///< a mistake of ours
};

/// Stable lower-case name of a code ("truncated", ...), as printed by `dew --json`.
const char* code_name(Code code);

/// `offset` counts bytes from the start of the input that the caller handed in (0 where it has no meaning).
struct [[nodiscard]] Error {
  Code code = Code::internal;
  uint64_t offset = 0;
  std::string message;
};

/// A T or an Error. `*result` requires ok().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  bool ok() const { return !failed_; }
  const Error& error() const { return error_; }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

}  // namespace dew

#define DEW_CONCAT_INNER(a, b) a##b
#define DEW_CONCAT(a, b) DEW_CONCAT_INNER(a, b)
/// Returns the error of `expression` to the caller; goes on if there is none.
#define DEW_TRY(expression)                                                                 \
  do {                                                                                      \
    if (const auto& dew_status = (expression); !dew_status.ok()) return dew_status.error(); \
  } while (false)
/// Declares `declaration` with the value of `expression`, or returns its error to the caller.
#define DEW_ASSIGN(declaration, expression) DEW_ASSIGN_INNER(DEW_CONCAT(dew_result_, __LINE__), declaration, expression)
#define DEW_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                             \
  if (!result.ok()) return result.error();                \
  declaration = *std::move(result)
