// SPDX-License-Identifier: Apache-2.0
#include "apps/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace dew::app {
namespace {

namespace fs = std::filesystem;

constexpr size_t kReadBlockBytes = size_t{1} << 20;

Error system_error(const std::string& what) { return {Code::io, 0, what + ": " + std::strerror(errno)}; }

/// Closes what it holds.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number > 2) close(number);
  }
};

Status write_all(int descriptor, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("cannot write");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Error exists_already() { return {Code::io, 0, "exists already; --force overwrites it"}; }

/// Moves `from` to `to`; without Overwrite::yes the system itself refuses to replace a file that appeared meanwhile.
Status move_into_place(const std::string& from, const std::string& to, Overwrite overwrite) {
  if (overwrite == Overwrite::yes) {
    if (rename(from.c_str(), to.c_str()) != 0) return system_error("cannot rename to it");
    return {};
  }
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) return exists_already();
  // Some file systems know no RENAME_NOREPLACE; a hard link refuses just as well.
  if (link(from.c_str(), to.c_str()) != 0) return errno == EEXIST ? exists_already() : system_error("cannot rename to it");
  unlink(from.c_str());
  return {};
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  const Descriptor file{path == "-" ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return system_error("cannot open");
  struct stat facts {};
  if (fstat(file.number, &facts) == 0 && S_ISDIR(facts.st_mode)) return Error{Code::io, 0, "is a folder, not a file"};
  Bytes bytes;
  if (S_ISREG(facts.st_mode)) bytes.reserve(static_cast<size_t>(facts.st_size) + 1);
  while (true) {
    const size_t have = bytes.size();
    bytes.resize(std::max(have + kReadBlockBytes, bytes.capacity()));
    const ssize_t got = read(file.number, bytes.data() + have, bytes.size() - have);
    bytes.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
    if (got < 0 && errno != EINTR) return system_error("cannot read");
  }
}

Status check_output(const std::string& path, Overwrite overwrite) {
  if (path == "-") return {};
  if (is_folder(path)) return Error{Code::io, 0, "is a folder, not a file"};
  if (overwrite == Overwrite::no && access(path.c_str(), F_OK) == 0) return exists_already();
  return {};
}

Status write_file(const std::string& path, ByteSpan bytes, Overwrite overwrite) {
  if (path == "-") return write_all(1, bytes);
  DEW_TRY(check_output(path, overwrite));
  struct stat facts {};
  // A pipe or device is written to; renaming would replace it.
  if (stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    const Descriptor device{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (device.number < 0) return system_error("cannot open");
    return write_all(device.number, bytes);
  }
  const std::string aside = path + ".part-" + std::to_string(getpid());
  Status status;
  {
    const Descriptor file{open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (file.number < 0) return system_error("cannot create");
    status = write_all(file.number, bytes);
    if (status.ok() && fsync(file.number) != 0) status = system_error("cannot write");
  }
  if (status.ok()) status = move_into_place(aside, path, overwrite);
  if (!status.ok()) unlink(aside.c_str());
  return status;
}

std::string display_name(const std::string& path) { return path == "-" ? "pipe" : path; }

void complain(const std::string& file, const Error& error) {
  const bool about_bytes = error.offset > 0 || error.code == Code::truncated || error.code == Code::corrupt;
  const std::string place = about_bytes ? " (byte " + std::to_string(error.offset) + ")" : "";
  std::fprintf(stderr, "dew: %s: %s%s\n", display_name(file).c_str(), error.message.c_str(), place.c_str());
}

std::string base_name(const std::string& path) { return path == "-" ? "stdin" : fs::path(path).filename().string(); }

std::string extension(const std::string& path) {
  std::string text = fs::path(path).extension().string();
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Result<std::vector<Job>> plan_jobs(const std::vector<std::string>& operands, std::string (*name_of)(const std::string& input)) {
  const std::string& last = operands.back();
  if (operands.size() == 2 && !last.ends_with('/') && !is_folder(last)) return std::vector<Job>{{operands[0], last}};
  std::error_code failure;
  if (last == "-" || (fs::exists(last, failure) && !is_folder(last))) {
    return Error{Code::invalid_argument, 0, "several inputs need an output folder, and '" + last + "' is none"};
  }
  std::vector<Job> jobs;
  for (size_t i = 0; i + 1 < operands.size(); ++i) {
    jobs.push_back({operands[i], (fs::path(last) / name_of(operands[i])).string()});
    for (size_t j = 0; j < i; ++j) {
      if (jobs[j].output == jobs[i].output) {
        return Error{Code::invalid_argument, 0, jobs[j].input + " and " + jobs[i].input + " would both become " + jobs[i].output};
      }
    }
  }
  fs::create_directories(last, failure);
  if (failure) return Error{Code::io, 0, "cannot make the folder " + last + ": " + failure.message()};
  return jobs;
}

Result<std::vector<std::string>> expand_folders(const std::vector<std::string>& paths, const std::vector<std::string>& extensions) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code failure;
    if (!fs::exists(path, failure)) return Error{Code::io, 0, path + ": no such file or folder"};
    if (!is_folder(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure)) {
      const std::string name = entry->path().string();
      if (std::find(extensions.begin(), extensions.end(), extension(name)) != extensions.end()) inside.push_back(name);
    }
    if (failure) return Error{Code::io, 0, path + ": " + failure.message()};
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

}  // namespace dew::app
