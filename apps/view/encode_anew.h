// SPDX-License-Identifier: Apache-2.0
/// Encodes what is open at another bound and decodes it again, for comparing.
///
///   DEW_ASSIGN(EncodedAnew made, encode_anew(opened.original, {.max_error_m = 0.02}, request));
#pragma once

#include "apps/view/session.h"

namespace dew::app {

/// Errors: invalid_argument for a bound out of range; those of the codecs. Cost: that of encoding.
Result<EncodedAnew> encode_anew(const OpenedFile& original, const EncodeWish& wish, const ViewRequest& request);

}  // namespace dew::app
