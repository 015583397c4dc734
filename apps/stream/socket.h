// SPDX-License-Identifier: Apache-2.0
/// UDP sockets and addresses for streams.
///
///   DEW_ASSIGN(UdpSocket socket, UdpSocket::bound(*parse_url("udp://:5000")));
///   while (const auto got = socket.receive(buffer)) use(buffer.first(got->bytes), got->from);
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "entropy/bytes.h"

namespace dew::app {

/// "udp://HOST:PORT"; the host may be empty (any address, or this machine).
struct Url {
  std::string scheme, host, port, path;
};
Result<Url> parse_url(const std::string& text);

/// Where a datagram came from or goes to.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  bool operator==(const Address& other) const;
  /// Whether the host is the same, whatever the port.
  bool same_host(const Address& other) const;
};

/// Errors: io where the name is not known.
Result<Address> resolve(const Url& url);

/// Never waits. Closed with the object.
class UdpSocket {
 public:
  /// A socket that receives at the URL's port. Errors: io.
  static Result<UdpSocket> bound(const Url& url);
  /// A socket that can send to such an address, and receive answers. Errors: io.
  static Result<UdpSocket> for_sending(const Address& to);

  UdpSocket(UdpSocket&& other) noexcept : handle_(other.handle_) { other.handle_ = -1; }
  UdpSocket& operator=(UdpSocket&& other) noexcept;
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  struct Received {
    size_t bytes;
    Address from;
  };
  /// The next datagram that is there; nothing if none is.
  std::optional<Received> receive(std::span<std::byte> buffer);
  /// Lost like any other if the system has no room. Errors: io where the address cannot be sent to at all.
  Status send(ByteSpan datagram, const Address& to);
  int handle() const { return handle_; }
  /// The port that the system gave.
  uint16_t port() const;

 private:
  explicit UdpSocket(int handle) : handle_(handle) {}
  int handle_;
};

}  // namespace dew::app
