// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/broker.h"

#ifdef DEW_HAS_MQTT
#include <mosquitto.h>
#include <mqtt_protocol.h>
#endif

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace dew::app {

#ifndef DEW_HAS_MQTT

bool has_broker() { return false; }
Result<std::unique_ptr<StreamBroker>> StreamBroker::connect(const Url&, Take) {
  return Error{Code::unsupported_feature, 0, "this dew was built without libmosquitto, which mqtt:// needs"};
}

#else

namespace {

/// What is retained is of no use to anybody after this.
constexpr uint32_t kExpiry_s = 10;
constexpr int kKeepAlive_s = 30;

class MosquittoBroker : public StreamBroker {
 public:
  MosquittoBroker(std::string topic, Take take) : topic_(std::move(topic)), take_(std::move(take)) {}
  ~MosquittoBroker() override {
    if (client_ != nullptr) mosquitto_destroy(client_);
    mosquitto_lib_cleanup();
  }
  MosquittoBroker(const MosquittoBroker&) = delete;
  MosquittoBroker& operator=(const MosquittoBroker&) = delete;

  Status open(const Url& url) {
    mosquitto_lib_init();
    client_ = mosquitto_new(nullptr, true, this);
    if (client_ == nullptr) return Error{Code::out_of_memory, 0, "no MQTT client"};
    mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_v5_callback_set(client_, [](mosquitto*, void* self, int code, int, const mosquitto_property*) {
      static_cast<MosquittoBroker*>(self)->connected(code);
    });
    mosquitto_subscribe_callback_set(
        client_, [](mosquitto*, void* self, int, int, const int*) { static_cast<MosquittoBroker*>(self)->is_ready_ = true; });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
      const auto* bytes = static_cast<const std::byte*>(message->payload);
      static_cast<MosquittoBroker*>(self)->take_(ByteSpan(bytes, static_cast<size_t>(message->payloadlen)));
    });
    const std::string host = url.host.empty() ? "localhost" : url.host;
    const int port = url.port.empty() ? 1883 : std::atoi(url.port.c_str());
    // A broker that is only just starting is waited for.
    int failed = MOSQ_ERR_ERRNO;
    for (int attempt = 0; attempt < 100 && failed != MOSQ_ERR_SUCCESS; ++attempt) {
      failed = mosquitto_connect(client_, host.c_str(), port, kKeepAlive_s);
      if (failed != MOSQ_ERR_SUCCESS) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    DEW_TRY(checked(failed));
    for (int round = 0; round < 1000 && !is_ready_; ++round) DEW_TRY(pass(10));
    if (!is_ready_) return Error{Code::io, 0, "the broker does not answer"};
    return {};
  }

  Status publish(MessageKind kind, uint32_t place, bool refers, ByteSpan payload) override {
    std::string topic = topic_;
    const bool is_part = kind == MessageKind::slice || kind == MessageKind::cloud_part;
    if (is_part) topic += (refers ? "/refers/" : "/slices/") + std::to_string(place);
    if (kind == MessageKind::description) topic += "/sensor";
    if (kind == MessageKind::end) topic += "/end";
    mosquitto_property* properties = nullptr;
    mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, kExpiry_s);
    const bool retain = kind != MessageKind::end;
    const int failed =
        mosquitto_publish_v5(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 0, retain, properties);
    mosquitto_property_free_all(&properties);
    return checked(failed);
  }

  Status pass(int milliseconds) override { return checked(mosquitto_loop(client_, milliseconds, 1)); }

  Status finish() override {
    for (int round = 0; round < 1000 && mosquitto_want_write(client_); ++round) DEW_TRY(pass(10));
    mosquitto_disconnect(client_);
    // The goodbye itself; the connection ends with it.
    (void)mosquitto_loop(client_, 100, 1);
    return {};
  }

 private:
  static Status checked(int failed) {
    if (failed == MOSQ_ERR_SUCCESS) return {};
    return Error{Code::io, 0, std::string("the broker: ") + mosquitto_strerror(failed)};
  }
  void connected(int code) {
    if (code != 0) return;
    // A receiver is ready once the broker has its subscription.
    if (take_) {
      mosquitto_subscribe(client_, nullptr, (topic_ + "/#").c_str(), 0);
    } else {
      is_ready_ = true;
    }
  }

  std::string topic_;
  Take take_;
  mosquitto* client_ = nullptr;
  bool is_ready_ = false;
};

}  // namespace

bool has_broker() { return true; }

Result<std::unique_ptr<StreamBroker>> StreamBroker::connect(const Url& url, Take take) {
  if (url.path.empty()) return Error{Code::invalid_argument, 0, "an address of a broker names a topic: mqtt://HOST/TOPIC"};
  auto broker = std::make_unique<MosquittoBroker>(url.path, std::move(take));
  DEW_TRY(broker->open(url));
  return std::unique_ptr<StreamBroker>(std::move(broker));
}

#endif

}  // namespace dew::app
