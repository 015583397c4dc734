// SPDX-License-Identifier: Apache-2.0
#include "apps/stream/frames.h"

#include <cstdio>
#include <filesystem>

#include "apps/content.h"

namespace dew::app {
namespace {

constexpr size_t kMostWaiting = 64;

}  // namespace

FrameFiles::FrameFiles(std::string directory, std::string extension, Overwrite overwrite)
    : directory_(std::move(directory)), extension_(std::move(extension)), overwrite_(overwrite), thread_([this] { work(); }) {}

FrameFiles::~FrameFiles() {
  if (thread_.joinable()) (void)finish();
}

void FrameFiles::add(uint32_t number, Content content, const std::optional<SensorCalibration>& calibration) {
  const std::lock_guard lock(mutex_);
  if (jobs_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  jobs_.push_back({number, std::move(content), calibration});
  changed_.notify_one();
}

Status FrameFiles::finish() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_one();
  }
  thread_.join();
  return status_;
}

void FrameFiles::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const Status status = write(job);
    lock.lock();
    if (status_.ok()) status_ = status;
  }
}

Status FrameFiles::write(const Job& job) const {
  Bytes bytes;
  const std::string extension = extension_.empty() ? source_extension(job.content) : extension_;
  if (extension == ".dew") {
    DEW_ASSIGN(Encoded encoded, encode(job.content, {}));
    bytes = std::move(encoded.bytes);
  } else {
    DEW_ASSIGN(bytes, write_as(job.content, extension, job.calibration ? &*job.calibration : nullptr));
  }
  if (directory_ == "-") return write_file("-", bytes, overwrite_);
  char name[16];
  std::snprintf(name, sizeof name, "%06u", job.number);
  std::error_code ignored;
  std::filesystem::create_directories(directory_, ignored);  // write_file says what is wrong
  return write_file((std::filesystem::path(directory_) / (name + extension)).string(), bytes, overwrite_);
}

}  // namespace dew::app
