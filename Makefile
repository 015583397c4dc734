# SPDX-License-Identifier: Apache-2.0
# The front doors. Plain `make` lists them; each is a thin line over CMakePresets.json.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

PREFIX ?= /usr/local
T ?= 60
JOBS ?= $(shell nproc)
SAMPLES := data/samples
BIN := build/release/bin
OUT := demo-out
FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/*_fuzz.cpp)))

# Debian 12 packages: everything that a bare machine lacks, and nothing that is not used.
BUILD_PACKAGES := g++ cmake ninja-build libhwy-dev libxxhash-dev nlohmann-json3-dev zlib1g-dev libzstd-dev libwebp-dev libdraco-dev libmeshoptimizer-dev
DEMO_PACKAGES := $(BUILD_PACKAGES) libpng-dev libopengl-dev libegl-dev libegl1 libgl1-mesa-dri
# For the module in the page of dew view --html. 304 MB on disk and over two minutes of compiling: the demo takes the stored one without them.
WASM_PACKAGES := clang-19 lld-19 wasi-libc libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32 nodejs
TEST_PACKAGES := $(DEMO_PACKAGES) ccache libgtest-dev libjpeg62-turbo-dev libsodium-dev libmosquitto-dev mosquitto libembree-dev liblzma-dev zstd xz-utils zpaq parallel libglfw3-dev libimgui-dev libgl1 xvfb xdotool iproute2 $(WASM_PACKAGES)
OPTIONAL_PACKAGES := $(TEST_PACKAGES) chromium libtorch-dev libopenblas0-pthread libpcl-dev libopen3d-dev
LINT_PACKAGES := clang-format-14 clang-tidy-14
# No Debian package has nvcc; where it is installed, test-optional compiles what there is for it.
NVCC := $(firstword $(shell command -v nvcc) $(wildcard /usr/local/cuda/bin/nvcc))

# install_packages LIST: through apt, and only if one is missing, so that a prepared machine needs no network.
define install_packages
missing=""; \
for package in $(1); do dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
if [ -n "$$missing" ]; then \
  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
  $$sudo apt-get update -qq; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
fi
endef

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1 | \2/' | awk -F'|' '{printf "%-22s%s\n", $$1, $$2}'

.PHONY: demo
demo: ## from a bare Debian 12: install what the demo needs, build, code the sample frames, print a table, write a picture
	@$(call install_packages,$(DEMO_PACKAGES))
	cmake --preset release -DDEW_DEVELOPER=OFF
	cmake --build --preset release -j $(JOBS) --target dew dew-view dew-splat-scene dew_page
	@apps/demo.sh $(BIN) $(SAMPLES) $(OUT)

.PHONY: test
test: ## from a bare Debian 12: install what the tests need, build everything, run every test
	@$(call install_packages,$(TEST_PACKAGES))
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS)
	ctest --test-dir build/release --output-on-failure -j $(JOBS)

.PHONY: test-optional
test-optional: ## the same with torch, PCL and Open3D (some 4 GB of packages), and CUDA where nvcc is installed
	@$(call install_packages,$(OPTIONAL_PACKAGES))
	cmake --preset release -B build/optional -DDEW_DEVELOPER=ON -DDEW_WITH_TORCH=ON -DDEW_WITH_PCL=ON -DDEW_WITH_OPEN3D=ON -DDEW_WITH_DRACO=ON $(if $(NVCC),-DDEW_WITH_CUDA=ON)
	cmake --build build/optional -j $(JOBS)
	ctest --test-dir build/optional --output-on-failure -j $(JOBS)

.PHONY: plain
plain: ## build with every optional package left out; the programs must say what they lack, and the rest must work
	cmake --preset release -B build/plain -DDEW_DEVELOPER=OFF $(foreach package,TORCH PCL OPEN3D DRACO CUDA SIMULATOR ZLIB ZSTD WEBP PNG JPEG OPENGL WINDOW WASM SODIUM MQTT,-DDEW_WITH_$(package)=OFF)
	cmake --build build/plain -j $(JOBS) --target dew dew-view
	tests/e2e/plain.sh build/plain/bin $(SAMPLES)

.PHONY: quick
quick: ## build and run the fast tests, with what is installed
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS)
	ctest --test-dir build/release --output-on-failure -j $(JOBS) -LE slow

.PHONY: golden
golden: ## write the golden files of tests/golden anew; read the difference before you commit it
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS) --target golden

.PHONY: page-module
page-module: ## write the stored module of the page anew (viewer/web/stored), after a change of the format
	@$(call install_packages,$(BUILD_PACKAGES) $(WASM_PACKAGES))
	cmake --preset release -DDEW_DEVELOPER=ON -DDEW_WITH_WASM=ON
	cmake --build --preset release -j $(JOBS) --target page-module

.PHONY: golden-pictures
golden-pictures: ## write the stored pictures of the viewer anew; look at them before you commit
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS) --target golden-pictures

.PHONY: bench
bench: ## measure the coders, and every sample in every mode beside the peers that are installed
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS)
	tests/bench/run.sh $(BIN) $(SAMPLES)

# splat-transform asks for node 22, but runs on Debian's 18 (npm only warns); spz's module needs the name that node 18 knows modules by.
.PHONY: peers
peers: ## install the splat codecs of others that `dew bench --peers` runs beside ours (npm packages, into build/peers)
	@$(call install_packages,zstd xz-utils)
	@if ! command -v npm > /dev/null; then $(call install_packages,nodejs npm); fi
	mkdir -p build/peers
	cp tests/bench/splat_peer_spz.mjs build/peers
	npm install --prefix build/peers --ignore-scripts --no-audit --no-fund @adobe/spz@0.2.3 @playcanvas/splat-transform@3.7.0
	cp build/peers/node_modules/@adobe/spz/dist/spz.js build/peers/node_modules/@adobe/spz/dist/spz.mjs

.PHONY: fuzz
fuzz: ## run each fuzzer for T seconds (make fuzz T=600); what it finds stays in build/fuzz
	@$(call install_packages,clang-14 libclang-rt-14-dev)
	cmake --preset fuzz -DDEW_DEVELOPER=ON
	cmake --build --preset fuzz -j $(JOBS) --target $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
	  mkdir -p build/fuzz/found/$$fuzzer; \
	  echo "== $$fuzzer for $(T) s"; \
	  (cd build/fuzz && bin/$$fuzzer -max_total_time=$(T) -print_final_stats=1 found/$$fuzzer $(CURDIR)/tests/fuzz/corpus/$$fuzzer); \
	done

.PHONY: scale
scale: ## three million splats through encode and decode, their memory held against what is promised (some 20 minutes on two cores)
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS) --target dew dew-splat-scene dew-peak-memory
	tests/scale/run.sh $(BIN) 3000000
	tests/scale/run.sh $(BIN) 3000000 --effort fast

.PHONY: splat-floors
splat-floors: ## bits and PSNR of trained splat scenes (../shared/data/splats) against what they must reach at least (some three minutes)
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS) --target dew
	tests/bench/splat_floors.sh $(BIN)/dew ../shared/data/splats

.PHONY: stream-hour
stream-hour: ## an hour of streaming over a bad link on a simulated clock, held against growth of memory (some ten minutes)
	cmake --preset release -DDEW_DEVELOPER=ON
	cmake --build --preset release -j $(JOBS) --target stream-bench
	$(BIN)/stream-bench hour $(SAMPLES)/vlp16_indoor.lrf

.PHONY: stream-work
stream-work: ## what bounds, rates and losses do to odometry (PCL's NDT, on ../shared/data) and to the recall of simulated objects
	@$(call install_packages,$(BUILD_PACKAGES) libembree-dev libpcl-dev)
	cmake --preset release -B build/optional -DDEW_DEVELOPER=ON -DDEW_WITH_PCL=ON
	cmake --build build/optional -j $(JOBS) --target recall-bench odometry-bench
	build/optional/bin/recall-bench 30
	@for drive in kitti_raw_sequence kitti_odometry_hdl64e; do \
	  if [ -d ../shared/data/lidar/$$drive ]; then echo "$$drive"; build/optional/bin/odometry-bench ../shared/data/lidar/$$drive/0*; else echo "$$drive: not there"; fi; \
	done

.PHONY: format
format: ## format every source file
	git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i

.PHONY: lint
lint: ## check format and run clang-tidy (some 20 minutes on two cores)
	@$(call install_packages,$(LINT_PACKAGES))
	git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run --Werror
	cmake --preset release -DDEW_DEVELOPER=ON
	git ls-files 'entropy/*.cpp' 'pointcloud/*.cpp' 'apps/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy-14 -p build/release --quiet --extra-arg=-Wno-unknown-warning-option

.PHONY: install
install: ## install program, libraries, headers, man page and completions under PREFIX (/usr/local)
	cmake --preset release
	cmake --build --preset release -j $(JOBS)
	cmake --install build/release --prefix $(PREFIX)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build $(OUT)
