#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "qamro/audio/container.h"
#include "qamro/audio/decoded_sound.h"
#include "qamro/audio/sound_file.h"
#include "qamro/core/error.h"

#ifdef QAMRO_WITH_FFMPEG

#include "qamro/audio/ffmpeg_library.h"

namespace qamro::audio {
namespace {

// Containers of sound and of film with sound that tell when a part is missing, and streams of packets. No
// playlists and no lists of other files among them. Not avi, flv, tta, dts, mpeg and mpegts, which FFmpeg
// reads over holes and cut ends in silence.
constexpr const char* kFormats =
    "aac,ac3,eac3,amr,amrnb,amrwb,ape,asf,caf,dsf,loas,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,ogg,voc,w64,"
    "wav,wv";
// A shortfall that the duration in a header leaves open: an encoder's delay, and rounding.
constexpr double kForgivenSeconds = 0.2;
constexpr int kBufferBytes = 64 * 1024;
// Of one piece of memory. FFmpeg takes what a file's tables claim to need before it reads them; those of two
// days of AAC need less.
constexpr std::size_t kMaxPieceBytes = std::size_t{256} << 20;

const FfmpegLibrary& ffmpeg() {
  return FfmpegLibrary::get();
}

std::string reason(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  if (ffmpeg().av_strerror(error, text.data(), text.size()) < 0) return "its decoder refuses a packet";
  return text.data();
}

struct Input {  // what FFmpeg reads; freed with its buffer, which FFmpeg may have replaced
  AVIOContext* io = nullptr;
  AVFormatContext* format = nullptr;
  AVCodecContext* codec = nullptr;
  SwrContext* converter = nullptr;
  AVPacket* packet = ffmpeg().av_packet_alloc();
  AVFrame* frame = ffmpeg().av_frame_alloc();

  Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    ffmpeg().swr_free(&converter);
    ffmpeg().avcodec_free_context(&codec);
    ffmpeg().avformat_close_input(&format);
    if (io != nullptr) ffmpeg().av_freep(static_cast<void*>(&io->buffer));
    ffmpeg().avio_context_free(&io);
    ffmpeg().av_packet_free(&packet);
    ffmpeg().av_frame_free(&frame);
  }
};

class FfmpegFile : public DecodedSound {
 public:
  FfmpegFile(std::shared_ptr<const AudioFile> file, std::string refusal)
      : DecodedSound(file->path()), file_(std::move(file)), refusal_(std::move(refusal)) {
    ffmpeg().av_log_set_level(AV_LOG_QUIET);  // its messages do not name the file
    ffmpeg().av_max_alloc(kMaxPieceBytes);
    open();
    check_ogg_pages(*file_);
    const std::int64_t behind = is_format("mp4")        ? bytes_behind_mp4(file_->descriptor())
                                : is_format("matroska") ? bytes_behind_matroska(file_->descriptor())
                                                        : 0;
    if (behind > 0) refuse_behind(path(), behind);
    if (behind < 0)
      throw DecodeError(fmt::format("{}: cut short: {} bytes are missing at its end", path(), -behind));
    check_format(path(), channels_, rate_hz_);
    count_frames([&](std::int64_t total) { check_counted(total); });
  }

  int sample_rate_hz() const override { return rate_hz_; }
  int channels() const override { return channels_; }
  std::string complaint() const override { return ""; }

 protected:
  std::int64_t decode(std::span<float> interleaved) override {
    std::size_t filled = 0;
    while (filled < interleaved.size()) {
      if (ready_at_ == ready_.size() && !decode_frame()) break;
      const std::size_t count = std::min(interleaved.size() - filled, ready_.size() - ready_at_);
      std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(ready_at_), count,
                  interleaved.begin() + static_cast<std::ptrdiff_t>(filled));
      ready_at_ += count;
      filled += count;
    }
    given_ += static_cast<std::int64_t>(filled) / channels_;
    return static_cast<std::int64_t>(filled) / channels_;
  }
  void rewind() override { open(); }

 private:
  static int read_bytes(void* self, std::uint8_t* bytes, int size) {
    auto& file = *static_cast<FfmpegFile*>(self);
    const auto got =
        read_at(file.file_->descriptor(), file.position_, std::span(bytes, static_cast<std::size_t>(size)));
    file.position_ += static_cast<std::int64_t>(got);
    return got == 0 ? AVERROR_EOF : static_cast<int>(got);
  }
  static std::int64_t seek_bytes(void* self, std::int64_t offset, int whence) {
    auto& file = *static_cast<FfmpegFile*>(self);
    const std::int64_t size = file.file_->bytes();
    if (whence == AVSEEK_SIZE) return size;
    const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.position_ : size;
    if (offset < -base || base + offset > size) return AVERROR(EINVAL);
    return file.position_ = base + offset;
  }
  // Files that a file names are not opened.
  static int refuse_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EPERM);
  }

  bool is_format(std::string_view name) const {
    return std::string_view(input_->format->iformat->name).find(name) != std::string_view::npos;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw DecodeError(fmt::format("{}: damaged after {:.3f} s: {}", path(),
                                  rate_hz_ > 0 ? static_cast<double>(given_) / rate_hz_ : 0.0, what));
  }

  void open() {
    input_ = std::make_unique<Input>();
    ready_.clear();
    ready_at_ = 0;
    given_ = 0;
    position_ = 0;
    auto* buffer = static_cast<unsigned char*>(ffmpeg().av_malloc(kBufferBytes));
    input_->io =
        ffmpeg().avio_alloc_context(buffer, kBufferBytes, 0, this, &read_bytes, nullptr, &seek_bytes);
    input_->format = ffmpeg().avformat_alloc_context();
    if (input_->io == nullptr || input_->format == nullptr) throw DecodeError(path() + ": out of memory");
    input_->format->pb = input_->io;
    input_->format->io_open = &refuse_open;
    input_->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    ffmpeg().av_opt_set(input_->format, "format_whitelist", kFormats, 0);
    // FFmpeg frees the context if it fails.
    if (ffmpeg().avformat_open_input(&input_->format, nullptr, nullptr, nullptr) < 0 ||
        ffmpeg().avformat_find_stream_info(input_->format, nullptr) < 0)
      throw DecodeError(refusal_ + "; 'ffmpeg -i FILE NEW.wav' converts what FFmpeg reads");
    open_decoder();
  }

  void open_decoder() {
    const AVCodec* decoder = nullptr;
    stream_ = ffmpeg().av_find_best_stream(input_->format, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    if (stream_ == AVERROR_STREAM_NOT_FOUND)
      throw DecodeError(fmt::format("{}: expected sound, got a file of format {} without any", path(),
                                    input_->format->iformat->name));
    if (stream_ < 0 || decoder == nullptr)
      throw DecodeError(
          fmt::format("{}: this build has no decoder for its sound ('ffmpeg -i FILE NEW.wav' "
                      "may convert it)",
                      path()));
    input_->codec = ffmpeg().avcodec_alloc_context3(decoder);
    const AVStream* stream = input_->format->streams[stream_];
    input_->codec->thread_count = 1;
    input_->codec->pkt_timebase = stream->time_base;  // for the samples to skip at the start
    int error = ffmpeg().avcodec_parameters_to_context(input_->codec, stream->codecpar);
    if (error >= 0) error = ffmpeg().avcodec_open2(input_->codec, decoder, nullptr);
    if (error < 0) throw DecodeError(fmt::format("{}: cannot decode its sound: {}", path(), reason(error)));
    rate_hz_ = input_->codec->sample_rate;
    channels_ = input_->codec->ch_layout.nb_channels;
  }

  // The next frame with samples into `ready_`. False at the end.
  bool decode_frame() {
    ready_.clear();
    ready_at_ = 0;
    while (ready_.empty()) {
      const int got = ffmpeg().avcodec_receive_frame(input_->codec, input_->frame);
      if (got == AVERROR_EOF) return false;
      if (got >= 0) {
        convert();
        ffmpeg().av_frame_unref(input_->frame);
      } else if (got == AVERROR(EAGAIN)) {
        send_packet();
      } else {
        refuse(reason(got));
      }
    }
    return true;
  }

  void send_packet() {
    int got = 0;
    do {
      ffmpeg().av_packet_unref(input_->packet);
      got = ffmpeg().av_read_frame(input_->format, input_->packet);
    } while (got >= 0 && input_->packet->stream_index != stream_);
    if (got < 0 && got != AVERROR_EOF) refuse(reason(got));
    const bool at_end = got < 0;
    if (!at_end && (input_->packet->flags & AV_PKT_FLAG_CORRUPT) != 0)
      refuse("a packet is marked as damaged");
    const int sent = ffmpeg().avcodec_send_packet(input_->codec, at_end ? nullptr : input_->packet);
    if (sent < 0 && sent != AVERROR_EOF) refuse(reason(sent));
  }

  // To interleaved float, with the format that the frame has.
  void convert() {
    const AVFrame& frame = *input_->frame;
    if (frame.sample_rate != rate_hz_ || frame.ch_layout.nb_channels != channels_)
      refuse(fmt::format("expected {} Hz and {} channels throughout, got {} Hz and {}", rate_hz_, channels_,
                         frame.sample_rate, frame.ch_layout.nb_channels));
    if (input_->converter == nullptr) {
      AVChannelLayout layout{};
      ffmpeg().av_channel_layout_default(&layout, channels_);
      const int error =
          ffmpeg().swr_alloc_set_opts2(&input_->converter, &layout, AV_SAMPLE_FMT_FLT, rate_hz_, &layout,
                                       static_cast<AVSampleFormat>(frame.format), rate_hz_, 0, nullptr);
      if (error < 0 || ffmpeg().swr_init(input_->converter) < 0) refuse("its samples cannot be converted");
    }
    ready_.resize(static_cast<std::size_t>(frame.nb_samples) * static_cast<std::size_t>(channels_));
    auto* out = reinterpret_cast<std::uint8_t*>(ready_.data());
    const int got =
        ffmpeg().swr_convert(input_->converter, &out, frame.nb_samples,
                             const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
    if (got < 0) refuse(reason(got));
    ready_.resize(static_cast<std::size_t>(got) * static_cast<std::size_t>(channels_));
  }

  void check_counted(std::int64_t total) const {
    if (total <= 0)
      throw DecodeError(fmt::format("{}: expected samples, got an audio file without any", path()));
    const AVStream* stream = input_->format->streams[stream_];
    const bool is_promise = is_format("mp4") || is_format("asf") || is_format("wav") || is_format("matroska");
    double promised = 0;
    if (stream->duration != AV_NOPTS_VALUE)
      promised = static_cast<double>(stream->duration) * av_q2d(stream->time_base);
    else if (input_->format->duration != AV_NOPTS_VALUE && input_->format->nb_streams == 1)
      promised = static_cast<double>(input_->format->duration) / AV_TIME_BASE;
    if (is_promise && seconds(total) < promised - kForgivenSeconds)
      throw DecodeError(fmt::format("{}: truncated or damaged: its header promises {:.3f} s, got {:.3f} s",
                                    path(), promised, seconds(total)));
  }

  std::shared_ptr<const AudioFile> file_;
  std::string refusal_;
  std::unique_ptr<Input> input_;
  std::int64_t position_ = 0;  // in the file
  int stream_ = -1;
  int rate_hz_ = 0;
  int channels_ = 0;
  std::vector<float> ready_;  // interleaved
  std::size_t ready_at_ = 0;
  std::int64_t given_ = 0;
};

}  // namespace

std::unique_ptr<SoundSource> open_with_ffmpeg(std::shared_ptr<const AudioFile> file,
                                              const std::string& refusal) {
  if (!ffmpeg().why_missing.empty())
    throw DecodeError(fmt::format(
        "{}; FFmpeg's libraries, which read more, are not installed ({}): 'ffmpeg -i FILE NEW.wav' converts what FFmpeg reads",
        refusal, ffmpeg().why_missing));
  return std::make_unique<FfmpegFile>(std::move(file), refusal);
}

}  // namespace qamro::audio

#else

namespace qamro::audio {

std::unique_ptr<SoundSource> open_with_ffmpeg(std::shared_ptr<const AudioFile> /*file*/,
                                              const std::string& refusal) {
  throw DecodeError(refusal +
                    "; this build has no FFmpeg: 'ffmpeg -i FILE NEW.wav' converts what FFmpeg reads");
}

}  // namespace qamro::audio

#endif
