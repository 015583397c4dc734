// SPDX-License-Identifier: Apache-2.0
/// Datagrams of one source in, whole messages out: duplicates and strangers dropped, losses repaired by parity or named for asking again.
///
///   Assembler assembler;
///   for (Message& message : assembler.add(datagram, now_us)) use(message);
///   const std::vector<uint16_t> again = assembler.wanted(now_us);           // to ask for, if there is a way back
///
/// Trust: datagrams may be hostile. What does not fit is counted and dropped; memory stays below about 12 MiB, work of an add() below that
/// of one repair (some ms at worst). Cost: about a microsecond a datagram.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "pointcloud/stream/datagram.h"

namespace dew {

/// A source that is silent for so long may be followed by another one.
inline constexpr uint64_t kSourceSilence_us = 2'000'000;

struct Message {
  MessageKind kind = MessageKind::slice;
  uint32_t number = 0;
  Bytes bytes;
  bool repaired = false;  ///< with the help of parity
};

/// Datagrams by what became of them.
struct AssemblerCounts {
  uint64_t received = 0;        ///< data and parity of the source, duplicates not counted
  uint64_t parity = 0;          ///< of these
  uint64_t repaired = 0;        ///< data brought back by parity
  uint64_t malformed = 0;       ///< not understood, or in contradiction to others
  uint64_t unknown_source = 0;  ///< of another SSRC than the one followed
  uint64_t duplicate = 0;
  uint64_t old = 0;            ///< too far back, or far off and alone
  uint64_t messages_lost = 0;  ///< messages given up with parts missing
};

struct AskOptions {
  uint64_t reorder_us = 2'000;    ///< a gap is a loss after this
  uint64_t again_us = 40'000;     ///< asked for again after this, until it is known how long an answer takes
  uint64_t give_up_us = 200'000;  ///< not asked for after this
};

class Assembler {
 public:
  /// Follows the first source that it hears, another one only after two seconds of silence.
  std::vector<Message> add(ByteSpan datagram, uint64_t now_us);
  /// A sender report says how many data datagrams were sent: what is missing at the end is known then.
  void expect(uint32_t datagrams, uint64_t now_us);

  /// At most 128 sequence numbers, rising; each is counted as asked for.
  std::vector<uint16_t> wanted(uint64_t now_us, const AskOptions& options = {});

  const AssemblerCounts& counts() const { return counts_; }
  std::optional<uint32_t> source() const { return source_; }
  uint32_t highest() const { return static_cast<uint32_t>(highest_); }
  /// Data datagrams that should have come so far, and those that came without help of parity or asking: for reports on the channel.
  uint64_t expected() const { return highest_ < first_ ? 0 : static_cast<uint64_t>(highest_ - first_ + 1); }
  uint64_t arrived() const { return arrived_; }
  bool all_there() const;

 private:
  static constexpr size_t kHistory = 2048;  ///< data datagrams looked back on
  static constexpr size_t kMostGroups = 64;
  static constexpr size_t kMostMessages = 256;
  static constexpr size_t kMostMessageBytes = size_t{4} << 20;

  struct Slot {
    int64_t sequence = -1;
    bool there = false;
    uint64_t noticed_us = 0;
    uint64_t asked_us = 0;
    uint32_t times_asked = 0;
    Bytes block;  ///< as parity sees it
  };
  struct Group {
    uint8_t data = 0;
    uint8_t rows = 0;
    bool done = false;
    uint32_t tries = 0;  ///< that left something to repair
    std::map<uint8_t, Bytes> parity;
  };
  struct Partial {
    MessageKind kind = MessageKind::slice;
    bool repaired = false;
    size_t there = 0;
    size_t bytes = 0;
    std::vector<Bytes> parts;
  };

  Slot& slot(int64_t sequence) { return slots_[static_cast<size_t>(sequence) % kHistory]; }
  bool accept_source(const Datagram& datagram, uint64_t now_us);
  void restart(uint32_t source);
  std::optional<int64_t> extended(uint16_t sequence);
  void advance(int64_t to, uint64_t now_us);
  void add_data(const Datagram& datagram, ByteSpan bytes, uint64_t now_us, std::vector<Message>& out);
  void add_parity(const ParityPart& part, uint64_t now_us, std::vector<Message>& out);
  void try_repair(int64_t first, Group& group, std::vector<Message>& out);
  void take_repaired(int64_t first, std::vector<Bytes>& data, std::vector<Message>& out);
  void repair_around(int64_t sequence, std::vector<Message>& out);
  void store(const DataPart& part, bool repaired, std::vector<Message>& out);

  std::optional<uint32_t> source_;
  uint64_t last_us_ = 0;
  bool started_ = false;
  int64_t first_ = 0;
  int64_t highest_ = -1;
  uint64_t arrived_ = 0;
  double answer_us_ = 0;  ///< from a question to its answer, followed; 0: not known
  std::optional<uint16_t> after_jump_;
  std::vector<Slot> slots_ = std::vector<Slot>(kHistory);
  std::map<int64_t, Group> groups_;
  std::map<uint32_t, Partial> messages_;
  size_t message_bytes_ = 0;  ///< of parts that wait for others
  AssemblerCounts counts_;
};

}  // namespace dew
