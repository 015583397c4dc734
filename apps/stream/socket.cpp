// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dew::app {
namespace {

constexpr int kBufferBytes = 4 << 20;

Error system_error(const std::string& what) { return {Code::io, 0, what + ": " + std::strerror(errno)}; }

Result<Address> lookup(const std::string& host, const std::string& port, bool passive) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = passive ? AI_PASSIVE : 0;
  // Without a host: all addresses, or this machine; as IPv4, which every machine has.
  hints.ai_family = host.empty() ? AF_INET : AF_UNSPEC;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) return Error{Code::io, 0, host + ":" + port + ": " + gai_strerror(failed)};
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

/// The bytes of the host's address.
std::string host_bytes(const Address& address) {
  if (address.storage.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return {reinterpret_cast<const char*>(&in->sin_addr), sizeof in->sin_addr};
  }
  const auto* in = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  return {reinterpret_cast<const char*>(&in->sin6_addr), sizeof in->sin6_addr};
}
in_port_t port_of(const Address& address) {
  return address.storage.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port
                                              : reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port;
}

Result<int> open_socket(const Address& address) {
  const int handle = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (handle < 0) return system_error("no socket");
  // Bursts wait here while a slice is coded; the system may give less.
  setsockopt(handle, SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);
  setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
  return handle;
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return Error{Code::invalid_argument, 0, "'" + text + "' is no address; write udp://HOST:PORT"};
  Url url;
  url.scheme = text.substr(0, scheme_end);
  std::string rest = text.substr(scheme_end + 3);
  const size_t slash = rest.find('/');
  if (slash != std::string::npos) url.path = rest.substr(slash + 1);
  rest = rest.substr(0, slash);
  const size_t colon = rest.rfind(':');
  const bool bracketed = rest.starts_with('[');
  if (colon != std::string::npos && (!bracketed || rest.find(']') < colon)) {
    url.port = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  url.host = bracketed && rest.ends_with(']') ? rest.substr(1, rest.size() - 2) : rest;
  if (url.scheme == "udp" && url.port.empty())
    return Error{Code::invalid_argument, 0, "'" + text + "' names no port; write udp://HOST:PORT"};
  return url;
}

bool Address::same_host(const Address& other) const {
  return storage.ss_family == other.storage.ss_family && host_bytes(*this) == host_bytes(other);
}
bool Address::operator==(const Address& other) const { return same_host(other) && port_of(*this) == port_of(other); }

Result<Address> resolve(const Url& url) { return lookup(url.host, url.port, false); }

Result<UdpSocket> UdpSocket::bound(const Url& url) {
  DEW_ASSIGN(const Address address, lookup(url.host, url.port, true));
  DEW_ASSIGN(const int handle, open_socket(address));
  UdpSocket socket(handle);
  if (bind(handle, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) return system_error("port " + url.port);
  return socket;
}

Result<UdpSocket> UdpSocket::for_sending(const Address& to) {
  DEW_ASSIGN(const int handle, open_socket(to));
  return UdpSocket(handle);
}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

UdpSocket::~UdpSocket() {
  if (handle_ >= 0) close(handle_);
}

std::optional<UdpSocket::Received> UdpSocket::receive(std::span<std::byte> buffer) {
  Received received{0, {}};
  received.from.size = sizeof received.from.storage;
  // MSG_TRUNC: a datagram that does not fit says how long it was, and is too long for us.
  for (;;) {
    const ssize_t got = recvfrom(handle_, buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&received.from.storage),
                                 &received.from.size);
    if (got < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;  // refused: an answer to what was sent earlier
    if (got < 0) return std::nullopt;
    if (static_cast<size_t>(got) > buffer.size()) continue;
    received.bytes = static_cast<size_t>(got);
    return received;
  }
}

Status UdpSocket::send(ByteSpan datagram, const Address& to) {
  const ssize_t done = sendto(handle_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to.storage), to.size);
  if (done >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ECONNREFUSED) return {};
  return system_error("sending failed");
}

uint16_t UdpSocket::port() const {
  Address own;
  own.size = sizeof own.storage;
  if (getsockname(handle_, reinterpret_cast<sockaddr*>(&own.storage), &own.size) != 0) return 0;
  return ntohs(port_of(own));
}

}  // namespace dew::app
