// SPDX-License-Identifier: Apache-2.0
/// Streams by way of an MQTT 5 broker, to any number of receivers: whole messages, each part of a turn a topic of its own, the last one of
/// each retained, so that who comes later begins with a whole turn. Slices that refer to earlier ones have topics beside those that stand
/// alone, and refer to what is retained there.
///
///   DEW_ASSIGN(auto broker, StreamBroker::connect(*parse_url("mqtt://host/roadside/7"), {}));
///   DEW_TRY(broker->publish(MessageKind::slice, place, false, message));
///   DEW_TRY(broker->pass(5));                                     // up to 5 ms: sends, and calls what was given to connect()
///
/// Topics: TOPIC/sensor, TOPIC/slices/PLACE, TOPIC/refers/PLACE, TOPIC/end; payloads are the kind of the message as a byte, and the
/// message.
#pragma once

#include <functional>
#include <memory>

#include "apps/stream/socket.h"
#include "pointcloud/stream/datagram.h"

namespace dew::app {

/// Whether this build has libmosquitto. Without it connect() answers unsupported_feature.
bool has_broker();

class StreamBroker {
 public:
  using Take = std::function<void(ByteSpan payload)>;
  virtual ~StreamBroker() = default;
  /// Tries for ten seconds. With `take`, subscribes to all of the topic. Errors: io, unsupported_feature.
  static Result<std::unique_ptr<StreamBroker>> connect(const Url& url, Take take);
  /// Payloads may be sealed by the caller; `kind`, `place` and `refers` choose the topic.
  virtual Status publish(MessageKind kind, uint32_t place, bool refers, ByteSpan payload) = 0;
  virtual Status pass(int milliseconds) = 0;
  /// Sends what waits, and says goodbye.
  virtual Status finish() = 0;
};

}  // namespace dew::app
