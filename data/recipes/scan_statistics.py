#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Statistics of .lrf scans, to compare simulated ones with captures.

  scan_statistics.py capture/*.lrf                      one line for the mean of the files
  scan_statistics.py --simulate build/release/bin/dew-simulate SENSOR street|indoor [--seeds 8]

Columns (ranges in ticks unless said otherwise; differences between neighbouring columns of a laser, both with a return):
  none     share of cells without a return, %          n|n, n|r   the same after a cell without, with a return
  r50      median range, m                              d25..d90   quantiles of |difference|
  far      share of |difference| above 0.3 m, %         H          entropy of its magnitude class + raw bits
  dd50     median |second difference|                   n10..n50   quantiles of noise, mm: residue of parabolas over 9 columns
  I50 I95  intensity quantiles                          HI         entropy of intensity, bits
  dI50 dI90 HdI   the same for its differences from column to column
"""
import argparse
import struct
import subprocess
import sys
import tempfile

import numpy as np

NAMES = "none n|n n|r r50 d25 d50 d75 d90 far H dd50 n10 n25 n50 I50 I95 HI dI50 dI90 HdI".split()


def read_lrf(path):
    data = open(path, "rb").read()
    columns, lasers, range_bytes, tick_um, _, _ = struct.unpack("<6I", data[8:32])
    at = 32 + 6 * columns
    cells = columns * lasers
    ranges = np.frombuffer(data, f"<u{range_bytes}", cells, at).reshape(columns, lasers).astype(np.int64)
    intensity = np.frombuffer(data, "u1", cells, at + range_bytes * cells).reshape(columns, lasers).astype(int)
    return ranges, intensity, tick_um / 1000


def entropy(values):
    counts = np.unique(values, return_counts=True)[1]
    p = counts / counts.sum()
    return -(p * np.log2(p)).sum()


def magnitude_entropy(differences):
    size = np.abs(differences)
    kind = np.where(size == 0, 0, np.floor(np.log2(np.maximum(size, 1))) + 1).astype(int)
    return entropy(kind) + np.where(kind > 0, np.maximum(kind, 1), 0).mean()


def noise_mm(ranges, valid, tick_mm, window=9):
    ok = np.lib.stride_tricks.sliding_window_view(valid, window, axis=0).all(-1)
    pieces = np.lib.stride_tricks.sliding_window_view(ranges, window, axis=0)[ok] * tick_mm
    x = np.arange(window) - (window - 1) / 2
    basis = np.stack([np.ones(window), x, x * x], 1)
    rest = pieces - pieces @ (basis @ np.linalg.pinv(basis)).T
    return np.sqrt((rest**2).sum(1) / (window - 3))


def statistics(path):
    ranges, intensity, tick_mm = read_lrf(path)
    valid = ranges > 0
    both = valid[1:] & valid[:-1]
    step = (ranges[1:] - ranges[:-1])[both]
    bend = (ranges[2:] - 2 * ranges[1:-1] + ranges[:-2])[both[1:] & both[:-1]]
    shade = (intensity[1:] - intensity[:-1])[both]
    none_before = ~valid[:-1]
    return [
        100 * (1 - valid.mean()),
        100 * (~valid[1:])[none_before].mean() if none_before.any() else 0,
        100 * (~valid[1:])[~none_before].mean(),
        np.median(ranges[valid]) * tick_mm / 1000,
        *np.percentile(np.abs(step), (25, 50, 75, 90)),
        100 * (np.abs(step) * tick_mm > 300).mean(),
        magnitude_entropy(step),
        np.median(np.abs(bend)),
        *np.percentile(noise_mm(ranges, valid, tick_mm), (10, 25, 50)),
        *np.percentile(intensity[valid], (50, 95)),
        entropy(intensity[valid]),
        *np.percentile(np.abs(shade), (50, 90)),
        entropy(shade),
    ]


def simulated(tool, sensor, scene, seeds):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, seeds + 1):
            path = f"{folder}/{seed}.lrf"
            speed = "0.5" if scene == "indoor" else ("6" if seed % 3 == 2 else "0")
            command = [tool, "--sensor", sensor, "--scene", scene, "--seed", str(seed), "--ego-speed", speed, "--out", path]
            subprocess.check_call(command + (["--rotation-hz", "20"] if sensor == "VLP-16" else []))
            rows.append(statistics(path))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--simulate", nargs=3, metavar=("TOOL", "SENSOR", "SCENE"))
    parser.add_argument("--seeds", type=int, default=8)
    arguments = parser.parse_args()
    rows = simulated(*arguments.simulate, arguments.seeds) if arguments.simulate else [statistics(f) for f in arguments.files]
    if not rows:
        parser.error("no files")
    print(" ".join(f"{name:>6}" for name in NAMES))
    print(" ".join(f"{value:6.3g}" for value in np.mean(rows, axis=0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
