// SPDX-License-Identifier: Apache-2.0
// Organised clouds: the sensor is found whatever the maker's formula, every mode keeps its promise, and what is no such cloud goes another
// way.
#include "pointcloud/sensor/organised.h"

#include <gtest/gtest.h>

#include "pointcloud/coding/organised_model.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/predicted_fields.h"
#include "tests/support/organised_clouds.h"

namespace dew::test {
namespace {

std::optional<OrganisedSweep> fitted(const Cloud& cloud) { return fit_organised(points_view(cloud), cloud.width, cloud.height, nullptr); }

/// Shapes of many makers.
std::vector<std::pair<const char*, OrganisedShape>> shapes() {
  std::vector<std::pair<const char*, OrganisedShape>> all;
  const auto add = [&](const char* name, auto&& change) {
    OrganisedShape shape;
    change(shape);
    all.emplace_back(name, shape);
  };
  add("plain", [](OrganisedShape&) {});
  add("beams begin off the axis", [](OrganisedShape& s) { s.forward_m = 0.015806, s.range_offset_m = -0.015806, s.tick_m = 0.001; });
  add("the same, destaggered, turned and lifted", [](OrganisedShape& s) {
    s.forward_m = 0.02767, s.range_offset_m = -0.02767, s.vertical_m = 0.03618, s.zero_rad = 3.14159265358979323846, s.destaggered = true,
    s.tick_m = 0.008;
    s.none = NoReturn::zero;
  });
  add("offsets of all kinds",
      [](OrganisedShape& s) { s.side_m = 0.026, s.vertical_m = 0.21, s.range_offset_m = 1.1, s.decimal_angles = false, s.tick_m = 0.002; });
  add("column by column", [](OrganisedShape& s) { s.column_major = true, s.tick_m = 0.005; });
  add("column by column, the header says otherwise", [](OrganisedShape& s) { s.column_major = s.swapped_header = true; });
  add("single precision", [](OrganisedShape& s) { s.floats = true, s.vertical_m = 0.036; });
  add("columns that stray", [](OrganisedShape& s) { s.jitter_deg = 0.05; });
  add("counter-clockwise, few columns", [](OrganisedShape& s) { s.clockwise = false, s.columns = 90, s.rows = 40; });
  add("whole millimetres", [](OrganisedShape& s) { s.decimals = 1000, s.rows = 32; });
  add("tenths of millimetres", [](OrganisedShape& s) { s.decimals = 10000; });
  add("signed zeros", [](OrganisedShape& s) { s.none = NoReturn::signed_zero; });
  add("two kinds of no-returns", [](OrganisedShape& s) { s.none = NoReturn::mixed; });
  add("payloads of NaNs", [](OrganisedShape& s) { s.none = NoReturn::odd_nan; });
  add("mostly empty", [](OrganisedShape& s) { s.empty_share = 0.8; });
  return all;
}

TEST(Organised, FindsTheSensorOfEveryShape) {
  Random random(1);
  for (const auto& [name, shape] : shapes()) {
    const Cloud cloud = organised_cloud(random, shape);
    const std::optional<OrganisedSweep> sweep = fitted(cloud);
    ASSERT_TRUE(sweep.has_value()) << name;
    EXPECT_EQ(sweep->model.lasers(), shape.rows) << name;
    EXPECT_EQ(sweep->model.column_major, shape.column_major) << name;
    if (shape.decimals == 0) {
      EXPECT_EQ(sweep->model.sensor.range_tick_um, std::lround(shape.tick_m * 1e6)) << name;
      EXPECT_EQ(sweep->model.sensor.single_precision, shape.floats) << name;
      EXPECT_LT(sweep->slack_m, 1e-4) << name;
    }
  }
}

TEST(Organised, ComesBackInEveryMode) {
  Random random(2);
  for (const auto& [name, shape] : shapes()) {
    const Cloud cloud = organised_cloud(random, shape);
    for (const Effort effort : {Effort::fast, Effort::normal}) {
      for (EncodeOptions options :
           {lossless(effort), within(0.0005, effort), within(0.00001, effort), within(0.02, effort), within(0.5, effort)}) {
        options.slice_count = 3;
        if (options.max_error_m == 0.0005) options.mode = Mode::lattice;
        const Result<Encoded> encoded = encode(cloud, options);
        ASSERT_TRUE(encoded.ok()) << name << encoded.error().message;
        EXPECT_EQ(inspect(encoded->bytes, {})->sensor[0].second, "organised") << name;
        const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
        ASSERT_TRUE(decoded.ok()) << name << decoded.error().message;
        const Cloud& same = std::get<Cloud>(decoded->content);
        EXPECT_TRUE(same_other_fields(cloud, same)) << name;
        if (options.mode == Mode::lossless) {
          EXPECT_TRUE(same_bits(cloud, same)) << name;
        } else {
          EXPECT_LE(largest_error_m(cloud, same), options.max_error_m) << name;
        }
        // No-returns are what they were.
        for (size_t i = 0; i < cloud.points; ++i) {
          if (std::isnan(cloud.find("x")->values<float>()[i])) {
            ASSERT_EQ(std::bit_cast<uint32_t>(cloud.find("x")->values<float>()[i]),
                      std::bit_cast<uint32_t>(same.find("x")->values<float>()[i]))
                << name;
          }
        }
      }
    }
  }
}

/// Driver's arithmetic in doubles, angles in hundredths of degrees: then nothing is left of ranges, times and coordinates.
TEST(Organised, ExactSensorsCostNoResidues) {
  Random random(3);
  OrganisedShape shape;
  shape.rows = 32;
  shape.columns = 512;
  shape.forward_m = 0.015806;
  shape.range_offset_m = -0.015806;
  shape.destaggered = true;
  const Cloud cloud = organised_cloud(random, shape);
  EncodeOptions options = lossless();
  const Result<Encoded> exact = encode(cloud, options);
  options.mode = Mode::lattice;
  options.max_error_m = 0.0005;
  const Result<Encoded> lattice = encode(cloud, options);
  ASSERT_TRUE(exact.ok() && lattice.ok());
  EXPECT_LT(exact->bytes.size(), lattice->bytes.size() * 102 / 100);
  const Result<FileInfo> info = inspect(exact->bytes, {});
  for (const auto& part : info->parts) {
    if (part.name == "time" || part.name == "ring" || part.name == "other") {
      EXPECT_LT(part.bytes, 700u) << part.name;
    }
  }
}

TEST(Organised, PointsOffTheModelAreKept) {
  Random random(4);
  for (const double share : {0.001, 0.05, 0.15, 0.5}) {
    Cloud cloud = organised_cloud(random, {});
    for (const char* axis : {"x", "y", "z"}) {
      for (float& value : cloud.find(axis)->values<float>()) {
        if (static_cast<double>(below(random, 3000)) < share * 1000)
          value = std::bit_cast<float>(static_cast<uint32_t>(below(random, 2) == 0 ? awkward_bits(random, FieldType::f32) : random()));
      }
    }
    for (const EncodeOptions& options : {lossless(Effort::fast), within(0.01, Effort::fast)}) {
      const Result<Encoded> encoded = encode(cloud, options);
      ASSERT_TRUE(encoded.ok()) << encoded.error().message;
      const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
      ASSERT_TRUE(decoded.ok());
      if (options.mode == Mode::lossless) {
        EXPECT_TRUE(same_bits(cloud, std::get<Cloud>(decoded->content)));
      } else {
        EXPECT_LE(largest_error_m(cloud, std::get<Cloud>(decoded->content)), 0.01);
      }
    }
  }
}

TEST(Organised, ListedCloudsComeBackInEveryMode) {
  Random random(10);
  OrganisedShape shape;
  shape.side_m = 0.003;
  for (const uint32_t mixed : {1u, 3u, 6u}) {
    Cloud cloud = listed_cloud(random, shape, mixed);
    // Some points twice, some nowhere: these are no shots.
    for (const char* axis : {"x", "y", "z"}) {
      const std::span<float> values = cloud.find(axis)->values<float>();
      values[7] = values[6];
      values[100] = std::numeric_limits<float>::quiet_NaN();
      values[200] = 1e30f;
    }
    for (const EncodeOptions& options : {lossless(), lossless(Effort::fast), within(0.0005), within(0.00001), within(0.05, Effort::fast)}) {
      const Result<Encoded> encoded = encode(cloud, options);
      ASSERT_TRUE(encoded.ok()) << mixed << encoded.error().message;
      EXPECT_EQ(inspect(encoded->bytes, {})->sensor[0].second, "organised") << mixed;
      const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_TRUE(same_other_fields(cloud, std::get<Cloud>(decoded->content)));
      if (options.mode == Mode::lossless) {
        EXPECT_TRUE(same_bits(cloud, std::get<Cloud>(decoded->content)));
      } else {
        EXPECT_LE(largest_error_m(cloud, std::get<Cloud>(decoded->content)), options.max_error_m);
      }
    }
  }
}

/// What a sort by packets does to equal times costs next to nothing, and parts of such a file are some of its points.
TEST(Organised, FilesThatWereSortedByPacketsComeBackAndCostNoOrder) {
  Random random(21);
  OrganisedShape shape;
  shape.side_m = 0.003;
  for (const uint32_t columns_of_packet : {4u, 6u}) {
    Cloud cloud = sorted_cloud(random, shape, columns_of_packet);
    const Cloud in_order = listed_cloud(random, shape, 1);
    // One that is no shot, but looks like one.
    cloud.find("z")->values<float>()[200] += 0.02f;
    for (const EncodeOptions& options : {lossless(), within(0.0005), within(0.05, Effort::fast)}) {
      const Result<Encoded> encoded = encode(cloud, options), plain = encode(in_order, options);
      ASSERT_TRUE(encoded.ok() && plain.ok()) << columns_of_packet;
      const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_TRUE(same_other_fields(cloud, std::get<Cloud>(decoded->content)));
      EXPECT_LE(largest_error_m(cloud, std::get<Cloud>(decoded->content)), options.mode == Mode::lossless ? 0 : options.max_error_m);
      const double bits = 8.0 * static_cast<double>(encoded->bytes.size()) / static_cast<double>(cloud.points),
                   without = 8.0 * static_cast<double>(plain->bytes.size()) / static_cast<double>(in_order.points);
      // The two clouds have other points: to the last bit their floats differ by more than an order takes.
      if (options.mode == Mode::lossless) continue;
      EXPECT_LT(bits, without + 0.9) << "a list of what the sort left would take three bits a point";
    }
    EncodeOptions sliced = within(0.0005);
    sliced.slice_count = 4;
    const Result<Encoded> encoded = encode(cloud, sliced);
    ASSERT_TRUE(encoded.ok());
    DecodeOptions one;
    one.slice = 2;
    const Result<Decoded> part = decode(encoded->bytes, one, {});
    ASSERT_TRUE(part.ok()) << part.error().message;
    const uint64_t points = std::get<Cloud>(part->content).points;
    EXPECT_GT(points, cloud.points / 8);
    EXPECT_LT(points, cloud.points / 2);
  }
}

/// Shots of the next turn cost a range and a few steps, not three floats.
TEST(Organised, LoosePointsOfSortedFilesAreStepsBesideAShot) {
  Random random(22);
  OrganisedShape shape;
  shape.rows = 64;
  Random same = random;
  const Cloud cloud = slowly_moved(sorted_cloud(random, shape, 6)), more = slowly_moved(sorted_cloud(same, shape, 6, true));
  ASSERT_GT(more.points, cloud.points + 40);
  const EncodeOptions options = within(0.0005);
  const Result<Encoded> few = encode(cloud, options), many = encode(more, options);
  ASSERT_TRUE(few.ok() && many.ok());
  const Result<Decoded> decoded = decode(many->bytes, {}, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_LE(largest_error_m(more, std::get<Cloud>(decoded->content)), options.max_error_m);
  EXPECT_TRUE(same_other_fields(more, std::get<Cloud>(decoded->content)));
  // Twelve bytes and a shot, if they were floats.
  EXPECT_LT(many->bytes.size(), few->bytes.size() + (more.points - cloud.points) * 9);
}

/// Points that a slow motion moved by up to a millimetre: within half of one without their very floats.
TEST(Organised, PointsNearTheModelAreMovedToTheBound) {
  Random random(11);
  Cloud cloud = organised_cloud(random, {});
  for (size_t i = 0; i < cloud.points; ++i) {
    const double at = static_cast<double>(i % cloud.width) / cloud.width;
    cloud.find("z")->values<float>()[i] += static_cast<float>(0.001 * exact::sin(6 * at));
    cloud.find("x")->values<float>()[i] += static_cast<float>(0.0007 * exact::cos(6 * at));
  }
  ASSERT_TRUE(fitted(cloud).has_value());
  EncodeOptions options;
  const Result<Encoded> encoded = encode(cloud, options);
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok());
  EXPECT_LE(largest_error_m(cloud, std::get<Cloud>(decoded->content)), options.max_error_m);
  const Result<FileInfo> info = inspect(encoded->bytes, {});
  for (const auto& part : info->parts) {
    if (part.name == "geometry") {
      EXPECT_LT(part.bytes * 8, 20 * info->returns);
    }
  }
}

/// Any numbers of any maker.
TEST(Organised, RandomSensorsComeBack) {
  size_t organised = 0;
  constexpr size_t kRounds = 24;
  for (size_t round = 0; round < kRounds; ++round) {
    Random random(100 + round);
    const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    OrganisedShape shape;
    shape.rows = 8 + static_cast<uint32_t>(below(random, 24));
    shape.columns = 96 + static_cast<uint32_t>(below(random, 300));
    shape.tick_m = std::array{0.001, 0.002, 0.0025, 0.004, 0.005, 0.008}[below(random, 6)];
    shape.forward_m = below(random, 2) == 0 ? 0 : 0.03 * unit();
    shape.side_m = below(random, 2) == 0 ? 0 : 0.05 * (unit() - 0.5);
    shape.vertical_m = below(random, 2) == 0 ? 0 : 0.4 * (unit() - 0.5);
    shape.range_offset_m = below(random, 2) == 0 ? -shape.forward_m : unit();
    shape.zero_rad = 6 * unit();
    shape.decimal_angles = below(random, 2) == 0;
    shape.column_major = below(random, 3) == 0;
    shape.swapped_header = below(random, 4) == 0;
    shape.clockwise = below(random, 2) == 0;
    shape.floats = below(random, 4) == 0;
    shape.jitter_deg = below(random, 3) == 0 ? 0.3 * unit() * 360 / shape.columns : 0;
    shape.destaggered = shape.jitter_deg == 0 && below(random, 2) == 0;
    shape.decimals = below(random, 5) == 0 ? std::pow(10, 3 + static_cast<double>(below(random, 3))) : 0;
    shape.none = static_cast<NoReturn>(below(random, 5));
    shape.empty_share = 0.7 * unit();
    const Cloud cloud = organised_cloud(random, shape);
    for (const EncodeOptions& options :
         {lossless(Effort::fast), within(0.001 * (1 + static_cast<double>(below(random, 40))), Effort::fast)}) {
      const Result<Encoded> encoded = encode(cloud, options);
      ASSERT_TRUE(encoded.ok()) << round << encoded.error().message;
      const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
      ASSERT_TRUE(decoded.ok()) << round;
      EXPECT_TRUE(options.mode == Mode::lossless ? same_bits(cloud, std::get<Cloud>(decoded->content))
                                                 : largest_error_m(cloud, std::get<Cloud>(decoded->content)) <= options.max_error_m)
          << round;
      organised += inspect(encoded->bytes, {})->sensor[0].second == "organised";
    }
  }
  EXPECT_GE(organised, 2 * kRounds * 9 / 10);
}

TEST(Organised, OtherCloudsAreNotTaken) {
  Random random(5);
  // Noise; a depth camera's plane; all empty; one point everywhere.
  Cloud cloud = organised_cloud(random, {});
  std::uniform_real_distribution<float> metres(-20, 20);
  for (const char* axis : {"x", "y", "z"}) {
    for (float& value : cloud.find(axis)->values<float>()) value = metres(random);
  }
  EXPECT_FALSE(fitted(cloud).has_value());
  for (uint32_t row = 0; row < cloud.height; ++row) {
    for (uint32_t column = 0; column < cloud.width; ++column) {
      const size_t i = size_t{row} * cloud.width + column;
      cloud.find("x")->values<float>()[i] = static_cast<float>(column) * 0.01f - 1;
      cloud.find("y")->values<float>()[i] = static_cast<float>(row) * 0.01f - 1;
      cloud.find("z")->values<float>()[i] = 3 + 0.001f * static_cast<float>(below(random, 9));
    }
  }
  EXPECT_FALSE(fitted(cloud).has_value());
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), 0.0f, 1.0f, std::numeric_limits<float>::infinity(), 3e38f}) {
    for (const char* axis : {"x", "y", "z"}) {
      for (float& v : cloud.find(axis)->values<float>()) v = value;
    }
    EXPECT_FALSE(fitted(cloud).has_value()) << value;
    const Result<Encoded> encoded = encode(cloud, lossless(Effort::fast));
    ASSERT_TRUE(encoded.ok());
    EXPECT_TRUE(same_bits(cloud, std::get<Cloud>(decode(encoded->bytes, {}, {})->content)));
  }
}

TEST(Organised, AKnownModelGivesTheSameFile) {
  Random random(6);
  const Cloud cloud = organised_cloud(random, {});
  EncodeOptions options = lossless(Effort::fast);
  const Result<Encoded> first = encode(cloud, options);
  ASSERT_TRUE(first.ok());
  options.sensor = first->sensor;
  const Result<Encoded> second = encode(cloud, options);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->bytes, second->bytes);
  // Another sensor's frame does not follow it.
  OrganisedShape other;
  other.vertical_m = 1;
  const Cloud elsewhere = organised_cloud(random, other);
  const Result<Encoded> third = encode(elsewhere, options);
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(same_bits(elsewhere, std::get<Cloud>(decode(third->bytes, {}, {})->content)));
}

TEST(Organised, ModelsComeBackAndEveryTruncationIsRefused) {
  Random random(7);
  for (const auto& [name, shape] : shapes()) {
    const std::optional<OrganisedSweep> sweep = fitted(organised_cloud(random, shape));
    ASSERT_TRUE(sweep.has_value()) << name;
    for (const OrganisedModel& model : {sweep->model, coarser(sweep->model)}) {
      ByteWriter writer;
      write_organised_model(model, writer);
      const Bytes bytes = writer.take();
      Budget budget(DecodeLimits{});
      ByteReader reader(bytes);
      const Result<OrganisedModel> same = read_organised_model(reader, bytes.size(), budget);
      ASSERT_TRUE(same.ok()) << name << same.error().message;
      EXPECT_EQ(*same, model) << name;
      for (size_t size = 0; size < bytes.size(); ++size) {
        ByteReader cut(ByteSpan(bytes).subspan(0, size));
        EXPECT_FALSE(read_organised_model(cut, size, budget).ok()) << name << size;
      }
    }
  }
}

/// Any place in the order of floats is a float and back.
TEST(CoordinateRounding, PlacesOfFloatsAreInOrder) {
  Random random(8);
  for (int i = 0; i < 20000; ++i) {
    const float a = std::bit_cast<float>(static_cast<uint32_t>(random())), b = std::bit_cast<float>(static_cast<uint32_t>(random()));
    EXPECT_EQ(std::bit_cast<uint32_t>(float_at(float_place(a))), std::bit_cast<uint32_t>(a));
    if (a < b) {
      EXPECT_LT(float_place(a), float_place(b));
    }
  }
  EXPECT_EQ(float_place(-0.0f) + 1, float_place(0.0f));
}

TEST(CoordinateRounding, StepsOfAValueGiveItBack) {
  Random random(9);
  std::uniform_real_distribution<double> metres(-200, 200);
  for (const CoordinateRounding rounding :
       {CoordinateRounding{}, CoordinateRounding{RoundingKind::comb, 1000}, CoordinateRounding{RoundingKind::digits, 7},
        CoordinateRounding{RoundingKind::digits, 4}, CoordinateRounding{RoundingKind::offsets, 1800}}) {
    for (int i = 0; i < 20000; ++i) {
      const double exact = i == 0   ? 0.0
                           : i == 1 ? -0.0
                           : i == 2 ? -1e-60
                                    : metres(random) * std::pow(10.0, -static_cast<double>(below(random, 9)));
      const RoundedCoordinate near = rounding.round(exact, 10);
      const float value = rounding.value(near, near.steps);
      const std::optional<int64_t> steps = rounding.steps_of(near, value);
      ASSERT_TRUE(steps.has_value()) << exact;
      // Two decimals may be one float; any of them will do.
      EXPECT_EQ(std::bit_cast<uint32_t>(rounding.value(near, *steps)), std::bit_cast<uint32_t>(value)) << exact;
      EXPECT_LT(near.margin, 8);
      EXPECT_LT(near.fineness, kFinenessClasses);
      if (rounding.kind == RoundingKind::to_float) {
        EXPECT_EQ(value, static_cast<float>(exact));
      }
    }
  }
}

}  // namespace
}  // namespace dew::test
