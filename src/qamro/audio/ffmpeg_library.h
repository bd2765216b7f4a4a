#pragma once

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

namespace qamro::audio {

// What is called of FFmpeg.
// clang-format off
#define QAMRO_FFMPEG_FUNCTIONS(X) \
  X(av_channel_layout_default) X(av_find_best_stream) X(av_frame_alloc) X(av_frame_free) \
  X(av_frame_unref) X(av_freep) X(av_log_set_level) X(av_malloc) X(av_max_alloc) X(av_opt_set) X(av_packet_alloc) \
  X(av_packet_free) X(av_packet_unref) X(av_read_frame) X(av_strerror) X(avcodec_alloc_context3) \
  X(avcodec_free_context) X(avcodec_open2) X(avcodec_parameters_to_context) X(avcodec_receive_frame) \
  X(avcodec_send_packet) X(avformat_alloc_context) X(avformat_close_input) \
  X(avformat_find_stream_info) X(avformat_open_input) X(avio_alloc_context) X(avio_context_free) \
  X(swr_alloc_set_opts2) X(swr_convert) X(swr_free) X(swr_init)
// clang-format on

// FFmpeg's libraries, of the version that this program was compiled for, loaded when the first file needs
// them: they bring a hundred libraries more, which would slow every start down.
class FfmpegLibrary {
 public:
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name cannot stand in them
#define QAMRO_FFMPEG_MEMBER(name) decltype(&::name) name = nullptr;
  QAMRO_FFMPEG_FUNCTIONS(QAMRO_FFMPEG_MEMBER)
#undef QAMRO_FFMPEG_MEMBER
  std::string why_missing;  // empty if all is there

  static const FfmpegLibrary& get() {
    static const FfmpegLibrary library;
    return library;
  }

 private:
  FfmpegLibrary() {
    void* format = load("libavformat", LIBAVFORMAT_VERSION_MAJOR);
    void* resample = load("libswresample", LIBSWRESAMPLE_VERSION_MAJOR);
    if (!why_missing.empty()) return;
      // Symbols of libavcodec and libavutil, on which libavformat depends, are found through it.
#define QAMRO_FFMPEG_FIND(name) find(name, #name, format, resample);
    QAMRO_FFMPEG_FUNCTIONS(QAMRO_FFMPEG_FIND)
#undef QAMRO_FFMPEG_FIND
  }

  void* load(const char* name, int version) {
    void* library = dlopen(fmt::format("{}.so.{}", name, version).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr && why_missing.empty()) why_missing = dlerror();
    return library;
  }
  template <typename Function>
  void find(Function& function, const char* name, void* format, void* resample) {
    void* symbol = dlsym(format, name);
    if (symbol == nullptr) symbol = dlsym(resample, name);
    if (symbol == nullptr) why_missing = fmt::format("FFmpeg has no {}", name);
    function = reinterpret_cast<Function>(symbol);
  }
};

#undef QAMRO_FFMPEG_FUNCTIONS

}  // namespace qamro::audio
