// SPDX-License-Identifier: Apache-2.0
/// What everybody at the end of a stream needs: a clock, the key, the seals of a receiver, and what a broker's payload says.
///
///   DEW_ASSIGN(const std::optional<StreamKey> key, key_in("key.txt"));            // nothing where no file is named
///   DEW_ASSIGN(ReceiverSeals seals, ReceiverSeals::create(*key, clock_us()));
///   if (const auto message = read_payload(payload)) receiver.add(message->kind, message->bytes, clock_us());
#pragma once

#include <optional>
#include <string>

#include "pointcloud/stream/datagram.h"
#include "pointcloud/stream/seal.h"

namespace dew::app {

/// Microseconds since 1970: what both ends of a stream have in common.
uint64_t clock_us();

/// The key of a sealed stream; nothing for no file. Errors: io, corrupt, unsupported_feature without libsodium.
Result<std::optional<StreamKey>> key_in(const std::string& file);

/// The ends of a sealed stream that a receiver holds: it opens what comes, and seals what it says.
struct ReceiverSeals {
  Opener opener;
  Sealer sealer;
  /// Clocks may differ by a day; a session recorded before is not believed.
  static Result<ReceiverSeals> create(const StreamKey& key, uint64_t now_us);
};

/// What a broker carries: the kind of a message as a byte, and the message.
struct BrokerMessage {
  MessageKind kind;
  ByteSpan bytes;
};
/// Nothing where it is no message of ours. Trust: hostile bytes are fine.
std::optional<BrokerMessage> read_payload(ByteSpan payload);

}  // namespace dew::app
