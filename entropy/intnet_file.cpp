// SPDX-License-Identifier: Apache-2.0
// The bytes of .inet files: entropy/FORMAT.md, "Networks".
#include <algorithm>

#include "entropy/intnet.h"
#include "entropy/sha256.h"

namespace dew {
namespace {

constexpr uint32_t kNetworkFileMagic = 0x54454e49;  // "INET"
constexpr uint16_t kNetworkFileVersion = 0;

ModelId id_of(ByteSpan content) {
  const Sha256Digest digest = sha256(content);
  ModelId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

/// What the header promises, before anything is allocated for it.
struct Promise {
  uint64_t parameters = 0;
  uint64_t operations = 0;
};

Promise promised(const IntNetSpec& spec) {
  Promise promise;
  uint64_t inputs = spec.input_count;
  for (const IntNetLayer& layer : spec.layers) {
    promise.operations += inputs * layer.outputs;
    promise.parameters += layer.outputs;
    inputs = layer.outputs;
  }
  promise.parameters += promise.operations;
  for (const IntNetEmbedding& embedding : spec.embeddings) promise.parameters += uint64_t{embedding.rows} * spec.layers[0].outputs;
  return promise;
}

Status check_promise(const IntNetSpec& spec, const IntNetLimits& limits, uint64_t offset) {
  const Promise promise = promised(spec);
  if (promise.parameters > limits.parameters) {
    return Error{Code::limit_exceeded, offset,
                 "network of " + std::to_string(promise.parameters) + " parameters; the limit is " + std::to_string(limits.parameters)};
  }
  if (promise.operations > limits.operations) {
    return Error{
        Code::limit_exceeded, offset,
        "network of " + std::to_string(promise.operations) + " operations a symbol; the limit is " + std::to_string(limits.operations)};
  }
  return {};
}

/// Fixed-size header, and the shapes of embeddings and layers without their numbers.
Result<IntNetSpec> read_shape(ByteReader& reader) {
  IntNetSpec spec;
  DEW_ASSIGN(const uint32_t magic, reader.u32());
  if (magic != kNetworkFileMagic) return Error{Code::corrupt, 0, "not an .inet file: it does not begin with INET"};
  DEW_ASSIGN(const uint16_t version, reader.u16());
  if (version != kNetworkFileVersion)
    return Error{Code::unsupported_version, 4, "network file of version " + std::to_string(version) + "; this dew reads 0"};
  DEW_ASSIGN(spec.input_count, reader.u16());
  DEW_ASSIGN(spec.input_limit, reader.u16());
  const uint64_t counts_at = reader.offset();
  DEW_ASSIGN(const uint8_t embedding_count, reader.u8());
  DEW_ASSIGN(const uint8_t layer_count, reader.u8());
  if (spec.input_count > kMaxNetWidth || embedding_count > kMaxNetEmbeddings || layer_count < 1 || layer_count > kMaxNetLayers) {
    return Error{Code::corrupt, counts_at, "network of impossible shape"};
  }
  for (unsigned i = 0; i < embedding_count; ++i) {
    IntNetEmbedding& embedding = spec.embeddings.emplace_back();
    DEW_ASSIGN(embedding.rows, reader.u32());
    DEW_ASSIGN(embedding.shift, reader.u8());
    if (embedding.rows > 65536) return Error{Code::corrupt, reader.offset() - 5, "embedding of more than 65536 rows"};
  }
  for (unsigned i = 0; i < layer_count; ++i) {
    IntNetLayer& layer = spec.layers.emplace_back();
    DEW_ASSIGN(layer.outputs, reader.u16());
    DEW_ASSIGN(const uint8_t activation, reader.u8());
    layer.activation = static_cast<Activation>(activation);
    DEW_ASSIGN(layer.shift, reader.u8());
    DEW_ASSIGN(layer.clip, reader.u16());
    if (layer.outputs > kMaxNetWidth) return Error{Code::corrupt, reader.offset() - 6, "layer of more than 1024 outputs"};
  }
  return spec;
}

/// `count` numbers of type T. The bytes are there before the vector is made.
template <class T>
Result<std::vector<T>> read_numbers(ByteReader& reader, uint64_t count) {
  DEW_ASSIGN(const ByteSpan bytes, reader.bytes(count * sizeof(T)));
  std::vector<T> numbers(static_cast<size_t>(count));
  if (count > 0) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

template <class T>
void write_numbers(ByteWriter& writer, const std::vector<T>& numbers) {
  writer.bytes(std::as_bytes(std::span(numbers)));
}

}  // namespace

Result<IntNetSpec> read_intnet(ByteSpan bytes, const IntNetLimits& limits) {
  ByteReader reader(bytes);
  DEW_ASSIGN(IntNetSpec spec, read_shape(reader));
  DEW_TRY(check_promise(spec, limits, reader.offset()));
  for (IntNetEmbedding& embedding : spec.embeddings) {
    DEW_ASSIGN(embedding.values, read_numbers<int16_t>(reader, uint64_t{embedding.rows} * spec.layers[0].outputs));
  }
  uint64_t inputs = spec.input_count;
  for (IntNetLayer& layer : spec.layers) {
    DEW_ASSIGN(layer.bias, read_numbers<int32_t>(reader, layer.outputs));
    DEW_ASSIGN(layer.weights, read_numbers<int8_t>(reader, inputs * layer.outputs));
    inputs = layer.outputs;
  }
  DEW_ASSIGN(const ByteSpan metadata, reader.sized_bytes());
  spec.metadata = std::string(as_text(metadata));
  const size_t content_size = reader.position();
  DEW_ASSIGN(const ByteSpan stored_id, reader.bytes(sizeof(ModelId)));
  DEW_TRY(reader.expect_end());
  const ModelId id = id_of(bytes.first(content_size));
  if (!std::equal(id.begin(), id.end(), stored_id.begin())) {
    return Error{Code::corrupt, content_size, "network file is damaged: its content does not match its hash"};
  }
  return spec;
}

Result<Bytes> write_intnet(const IntNetSpec& spec) {
  // What cannot run is not written: building it checks everything.
  Result<IntNet> net = IntNet::create(spec);
  if (!net.ok()) return Error{Code::invalid_argument, 0, net.error().message};
  ByteWriter writer;
  writer.u32(kNetworkFileMagic);
  writer.u16(kNetworkFileVersion);
  writer.u16(static_cast<uint16_t>(spec.input_count));
  writer.u16(spec.input_limit);
  writer.u8(static_cast<uint8_t>(spec.embeddings.size()));
  writer.u8(static_cast<uint8_t>(spec.layers.size()));
  for (const IntNetEmbedding& embedding : spec.embeddings) {
    writer.u32(embedding.rows);
    writer.u8(embedding.shift);
  }
  for (const IntNetLayer& layer : spec.layers) {
    writer.u16(static_cast<uint16_t>(layer.outputs));
    writer.u8(static_cast<uint8_t>(layer.activation));
    writer.u8(layer.shift);
    writer.u16(layer.clip);
  }
  for (const IntNetEmbedding& embedding : spec.embeddings) write_numbers(writer, embedding.values);
  for (const IntNetLayer& layer : spec.layers) {
    write_numbers(writer, layer.bias);
    write_numbers(writer, layer.weights);
  }
  writer.sized_bytes(as_bytes(spec.metadata));
  writer.bytes(id_of(writer.bytes()));
  return writer.take();
}

}  // namespace dew
