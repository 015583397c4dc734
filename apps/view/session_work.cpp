// SPDX-License-Identifier: Apache-2.0
// What a session does in the background: encoding anew, measuring what splats are worth.
#include <atomic>

#include "apps/files.h"
#include "apps/view/encode_anew.h"
#include "apps/view/session.h"
#include "gaussians/significance/scores.h"
#include "gaussians/significance/views.h"

namespace dew::app {
namespace {

/// Of the original, and of the decoded where there is one; both from the same cameras. Errors: those of drawing.
Result<std::vector<viewer::Attribute>> significance_of(const Splats& original, const Splats* decoded, uint32_t threads) {
  MadeViewsOptions options;
  options.count = 16;
  options.threads = threads;
  DEW_ASSIGN(const std::vector<Camera> views, made_views(original, options));
  if (views.empty()) return Error{Code::unsupported_feature, 0, "no place was found from which the scene can be seen"};
  std::vector<viewer::Attribute> made;
  for (const Splats* splats : {&original, decoded}) {
    if (splats == nullptr) continue;
    DEW_ASSIGN(const std::vector<double> scores, splat_scores(*splats, views, Score::removal_error, threads));
    made.push_back({viewer::kSignificance, "", {scores.begin(), scores.end()}});
  }
  return made;
}

}  // namespace

/// The background thread, and what to do with what it made.
struct Session::Worker {
  std::atomic<bool> done{false};
  Taken taken;
  std::thread thread;
};

Session::Session(ViewRequest request) : request_(std::move(request)) {}

Session::~Session() {
  if (worker_) worker_->thread.join();
}

Status Session::start_encoding(const EncodeWish& wanted) {
  if (!opened_) return Error{Code::invalid_argument, 0, "nothing is open"};
  if (!wanted.lossless && !holds_splats() && !(wanted.max_error_m > 0 && wanted.max_error_m <= 1e6))
    return Error{Code::invalid_argument, 0, "the error bound must be above 0 and at most 1,000 km"};
  if (!wanted.lossless && holds_splats() && !(wanted.quality_db >= 20 && wanted.quality_db <= 80))
    return Error{Code::invalid_argument, 0, "the quality must be 20 to 80 dB"};
  return start_work("encoding ...", [this, original = &opened_->original, wanted, request = request_]() -> Taken {
    auto made = std::make_shared<Result<EncodedAnew>>(encode_anew(*original, wanted, request));
    return [this, made]() -> Status {
      DEW_ASSIGN(EncodedAnew encoded, std::move(*made));
      take_decoded(std::move(encoded));
      return {};
    };
  });
}

Status Session::start_significance() {
  if (!holds_splats()) return Error{Code::invalid_argument, 0, "significance is told of splats, and none are open"};
  const auto* original = &std::get<Splats>(opened_->original.content);
  const auto* decoded = has_decoded() ? &std::get<Splats>(opened_->decoded->content) : nullptr;
  return start_work("drawing from all sides ...", [this, original, decoded, threads = request_.threads]() -> Taken {
    auto scores = std::make_shared<Result<std::vector<viewer::Attribute>>>(significance_of(*original, decoded, threads));
    return [this, scores]() -> Status {
      DEW_ASSIGN(std::vector<viewer::Attribute> made, std::move(*scores));
      std::get<viewer::SplatLayer>(opened_->pair.original.frames.front()).set(std::move(made[0]));
      if (made.size() > 1) std::get<viewer::SplatLayer>(opened_->pair.decoded->frames.front()).set(std::move(made[1]));
      ++revision_;
      set_colour(viewer::kSignificance);
      say("significance: squared error of the pictures without a splat, from cameras made for it");
      return {};
    };
  });
}

Status Session::start_work(std::string saying, std::function<Taken()> work) {
  finish_measuring();
  if (busy()) return Error{Code::invalid_argument, 0, "something is under way"};
  worker_ = std::make_unique<Worker>();
  // What the thread reads is not changed while it lives: open() refuses.
  worker_->thread = std::thread([worker = worker_.get(), work = std::move(work)] {
    worker->taken = work();
    worker->done = true;
  });
  say(std::move(saying));
  return {};
}

void Session::take_finished_work() {
  if (worker_ && worker_->done) finish_work();
}

void Session::finish_work() {
  if (!worker_) return;
  measuring_ = false;
  worker_->thread.join();
  const std::unique_ptr<Worker> worker = std::move(worker_);
  const Status status = worker->taken();
  if (!status.ok()) complain_of(status.error());
}

Status Session::save_encoded(const std::string& path) const {
  if (!has_decoded() || !opened_->decoded->is_dew) return Error{Code::invalid_argument, 0, "there is no encoded file to save"};
  return write_file(path, opened_->decoded->bytes, request_.overwrite ? Overwrite::yes : Overwrite::no);
}

}  // namespace dew::app
