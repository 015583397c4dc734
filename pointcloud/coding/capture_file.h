// SPDX-License-Identifier: Apache-2.0
/// Captures in the container: a head chunk, then a chunk a frame. Called by pointcloud/codec.cpp, which knows all kinds of contents.
#pragma once

#include "entropy/container.h"
#include "entropy/header_table.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/kept_sensor.h"

namespace dew {

inline constexpr uint32_t kCaptureChunk = kFirstKindChunk + 2;
inline constexpr uint32_t kCaptureFrameChunk = kFirstKindChunk + 3;

/// Numbers of a capture, in the order of kCaptureNumbers.
struct CaptureNumbers {
  uint64_t mode = 0;
  uint64_t effort = 0;
  double max_error_m = 0;
  uint64_t frames = 0;
  uint64_t cells = 0;
  uint64_t returns = 0;
  uint64_t intensity_bytes = 0;
  uint64_t time_bytes = 0;
};

inline constexpr uint64_t kMostCells = uint64_t{1} << 40;
inline constexpr HeaderField<CaptureNumbers> kCaptureNumbers[] = {
    {"mode", &CaptureNumbers::mode, 0, 2, "0 lattice, 1 max error, 2 lossless"},
    {"effort", &CaptureNumbers::effort, 0, 2, "0 fast, 1 normal, 2 max"},
    {"max_error_m", &CaptureNumbers::max_error_m, 0, 1e12, "largest error of a range, metres"},
    {"frames", &CaptureNumbers::frames, 0, 0xFFFFFFFF, "frame chunks that follow"},
    {"cells", &CaptureNumbers::cells, 0, kMostCells, "of all planes of all frames"},
    {"returns", &CaptureNumbers::returns, 0, kMostCells, "cells with a range"},
    {"intensity_bytes", &CaptureNumbers::intensity_bytes, 0, kMostCells, "of all chunks, for intensities of first returns"},
    {"time_bytes", &CaptureNumbers::time_bytes, 0, kMostCells, "likewise, for times"},
};

/// REQUIRES: content holds a Capture. `known`: what `--sensor` says. `options` are checked.
Result<Encoded> encode_capture_file(const Content& content, const EncodeOptions& options, const KeptSensor& known);
Result<Decoded> decode_capture_file(const ContainerReader& container, const DecodeOptions& options, const DecodeLimits& limits);
Result<FileInfo> inspect_capture_file(const ContainerReader& container, uint64_t file_bytes, const DecodeLimits& limits);

}  // namespace dew
