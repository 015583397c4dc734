// SPDX-License-Identifier: Apache-2.0
#include "data/generate/ray_caster.h"

#if __has_include(<embree4/rtcore.h>)
#include <embree4/rtcore.h>
#else
#include <embree3/rtcore.h>
#endif

#include <cstring>

namespace dew::sim {

struct RayCaster::Impl {
  RTCDevice device = nullptr;
  RTCScene scene = nullptr;
  std::vector<Material> materials;
  ~Impl() {
    rtcReleaseScene(scene);
    rtcReleaseDevice(device);
  }
};

RayCaster::RayCaster(const TriangleMesh& at_begin, const TriangleMesh& at_end) : impl_(std::make_unique<Impl>()) {
  impl_->device = rtcNewDevice("threads=1");
  impl_->scene = rtcNewScene(impl_->device);
  impl_->materials = at_begin.materials;
  rtcSetSceneBuildQuality(impl_->scene, RTC_BUILD_QUALITY_LOW);
  if (at_begin.triangles.empty()) {
    rtcCommitScene(impl_->scene);
    return;
  }
  RTCGeometry geometry = rtcNewGeometry(impl_->device, RTC_GEOMETRY_TYPE_TRIANGLE);
  const bool moving = &at_begin != &at_end;
  rtcSetGeometryTimeStepCount(geometry, moving ? 2 : 1);
  for (unsigned step = 0; step < (moving ? 2u : 1u); ++step) {
    const auto& vertices = step == 0 ? at_begin.vertices : at_end.vertices;
    void* to = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, step, RTC_FORMAT_FLOAT3, 12, vertices.size());
    std::memcpy(to, vertices.data(), vertices.size() * 12);
  }
  void* to = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, 12, at_begin.triangles.size());
  std::memcpy(to, at_begin.triangles.data(), at_begin.triangles.size() * 12);
  rtcCommitGeometry(geometry);
  rtcAttachGeometry(impl_->scene, geometry);
  rtcReleaseGeometry(geometry);
  rtcCommitScene(impl_->scene);
}

RayCaster::~RayCaster() = default;
RayCaster::RayCaster(RayCaster&&) noexcept = default;
RayCaster& RayCaster::operator=(RayCaster&&) noexcept = default;

Hit RayCaster::cast(Vec3 origin, Vec3 direction, double near_m, double far_m, float time) const {
  RTCRayHit query = {};
  query.ray.org_x = static_cast<float>(origin.x);
  query.ray.org_y = static_cast<float>(origin.y);
  query.ray.org_z = static_cast<float>(origin.z);
  query.ray.dir_x = static_cast<float>(direction.x);
  query.ray.dir_y = static_cast<float>(direction.y);
  query.ray.dir_z = static_cast<float>(direction.z);
  query.ray.tnear = static_cast<float>(near_m);
  query.ray.tfar = static_cast<float>(far_m);
  query.ray.time = time;
  query.ray.mask = 0xffffffffu;
  query.hit.geomID = RTC_INVALID_GEOMETRY_ID;
#if RTC_VERSION_MAJOR >= 4
  rtcIntersect1(impl_->scene, &query);
#else
  RTCIntersectContext context;
  rtcInitIntersectContext(&context);
  rtcIntersect1(impl_->scene, &context, &query);
#endif
  Hit hit;
  if (query.hit.geomID == RTC_INVALID_GEOMETRY_ID) return hit;
  hit.found = true;
  hit.distance_m = static_cast<double>(query.ray.tfar);
  hit.normal =
      normalised({static_cast<double>(query.hit.Ng_x), static_cast<double>(query.hit.Ng_y), static_cast<double>(query.hit.Ng_z) + 1e-20});
  hit.material = impl_->materials[query.hit.primID];
  return hit;
}

}  // namespace dew::sim
