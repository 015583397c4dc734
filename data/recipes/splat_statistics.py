#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Statistics of Gaussian-splat scenes, to compare constructed ones with trained ones.

  splat_statistics.py scene.ply ...         one column for each file (3DGS .ply, binary little endian, float32 properties)

Rows: quantiles are named by their percent. "order" compares the distance from a splat to the next one of the file with that to a random
one; "near" is the correlation with the nearest of 2,000 splats taken at random around a place.
"""
import sys

import numpy as np


def read_ply(path):
    data = open(path, "rb").read()
    end = data.index(b"end_header\n") + 11
    lines = data[:end].decode("ascii").split("\n")
    count = int(next(line for line in lines if line.startswith("element vertex")).split()[2])
    names = [line.split()[2] for line in lines if line.startswith("property")]
    table = np.frombuffer(data, "<f4", count * len(names), end).reshape(count, len(names))
    return {name: table[:, i].astype(np.float64) for i, name in enumerate(names)}


def quantiles(rows, name, values, percents):
    for percent in percents:
        rows[f"{name} {percent}%"] = np.percentile(values, percent)


def nearest_pairs(places, rng):
    """Pairs of splats that are neighbours: the nearest in a block of the sorted order along a random axis."""
    order = np.argsort(places @ rng.normal(size=3))
    pairs = []
    for start in rng.integers(0, max(1, len(order) - 2000), 4):
        block = order[start : start + 2000]
        gaps = np.linalg.norm(places[block][:, None] - places[block][None], axis=2)
        np.fill_diagonal(gaps, np.inf)
        pairs.append(np.stack([block, block[gaps.argmin(1)]], 1))
    return np.concatenate(pairs)


def statistics(path):
    s = read_ply(path)
    rng = np.random.default_rng(1)
    column = lambda prefix, count: np.stack([s[f"{prefix}{i}"] for i in range(count)], 1)
    places = np.stack([s["x"], s["y"], s["z"]], 1)
    scales, quaternions, dc = column("scale_", 3), column("rot_", 4), column("f_dc_", 3)
    rest = len([name for name in s if name.startswith("f_rest_")])
    rows = {"splats": len(places), "degree": {0: 0, 9: 1, 24: 2, 45: 3}[rest]}
    middle = np.median(places, 0)
    far = np.linalg.norm(places - middle, axis=1)
    quantiles(rows, "distance", far, (50, 90, 99, 99.9))
    quantiles(rows, "opacity logit", s["opacity"], (0.1, 5, 25, 50, 75, 90, 95, 99))
    for limit in (0.005, 0.02, 0.1, 0.5, 0.9):
        rows[f"opacity < {limit}"] = 100 * np.mean(1 / (1 + np.exp(-s["opacity"])) < limit)
    rows["opacity < 0.1 of the far 1%"] = 100 * np.mean(s["opacity"][far > np.percentile(far, 99)] < -2.2)
    quantiles(rows, "log-scale", scales, (0.1, 5, 25, 50, 75, 95, 99.9))
    quantiles(rows, "log anisotropy", np.ptp(scales, axis=1), (5, 25, 50, 75, 95, 99))
    quantiles(rows, "|quaternion|", np.linalg.norm(quaternions, axis=1), (0.1, 5, 50, 95, 99.9))
    quantiles(rows, "dc", dc, (1, 25, 50, 75, 99))
    pairs = nearest_pairs(places, rng)
    near = lambda values: np.corrcoef(values[pairs[:, 0]].ravel(), values[pairs[:, 1]].ravel())[0, 1]
    rows["near dc"], rows["near log-scale"], rows["near opacity"] = near(dc), near(np.sort(scales, 1)), near(s["opacity"])
    if rest:
        sh = column("f_rest_", rest).reshape(len(places), 3, rest // 3)
        for degree, part in ((1, slice(0, 3)), (2, slice(3, 8)), (3, slice(8, 15))):
            values = sh[:, :, part]
            if values.size == 0:
                continue
            rows[f"sh {degree} rms"] = np.sqrt(np.mean(values**2))
            rows[f"sh {degree} 99.9% of |value|"] = np.percentile(np.abs(values), 99.9)
            rows[f"sh {degree} below 0.01"] = 100 * np.mean(np.abs(values) < 0.01)
            rows[f"sh {degree} exactly 0"] = 100 * np.mean(values == 0)
            rows[f"sh {degree} red to green"] = np.corrcoef(values[:, 0].ravel(), values[:, 1].ravel())[0, 1]
            rows[f"sh {degree} red to blue"] = np.corrcoef(values[:, 0].ravel(), values[:, 2].ravel())[0, 1]
            rows[f"near sh {degree}"] = near(values.reshape(len(places), -1))
        energy = np.sqrt(np.mean(sh**2, axis=(1, 2)))
        quantiles(rows, "sh rms of a splat", energy, (5, 50, 95, 99.9))
    step = np.linalg.norm(places[1:] - places[:-1], axis=1)
    other = np.linalg.norm(places - places[rng.permutation(len(places))], axis=1)
    rows["order: next / random"] = np.median(step) / np.median(other)
    return rows


columns = [statistics(path) for path in sys.argv[1:]]
names = list(dict.fromkeys(name for rows in columns for name in rows))
for name in names:
    print(f"{name:28}" + "".join(f"{rows[name]:12.4g}" if name in rows else " " * 12 for rows in columns))
