// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/link.h"

#include <chrono>
#include <random>

#include "apps/files.h"

namespace dew::app {

uint64_t clock_us() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

Result<std::optional<StreamKey>> key_in(const std::string& file) {
  if (file.empty()) return std::optional<StreamKey>();
  if (!can_seal()) return Error{Code::unsupported_feature, 0, "this dew was built without libsodium, which --key needs"};
  DEW_ASSIGN(const Bytes bytes, read_file(file));
  DEW_ASSIGN(const StreamKey key, read_stream_key(bytes));
  return std::optional<StreamKey>(key);
}

Result<ReceiverSeals> ReceiverSeals::create(const StreamKey& key, uint64_t now_us) {
  constexpr uint64_t kDay_us = uint64_t{86'400} * 1'000'000;
  DEW_ASSIGN(Opener opener, Opener::create(key, Direction::to_receiver, now_us - kDay_us));
  DEW_ASSIGN(Sealer sealer, Sealer::create(key, Direction::to_sender, now_us, std::random_device()()));
  return ReceiverSeals{std::move(opener), std::move(sealer)};
}

std::optional<BrokerMessage> read_payload(ByteSpan payload) {
  if (payload.empty() || static_cast<uint8_t>(payload[0]) > static_cast<uint8_t>(MessageKind::cloud_part)) return std::nullopt;
  return BrokerMessage{static_cast<MessageKind>(payload[0]), payload.subspan(1)};
}

}  // namespace dew::app
