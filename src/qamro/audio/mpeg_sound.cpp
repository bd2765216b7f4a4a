#include "qamro/audio/mpeg_sound.h"

#include <fmt/format.h>
#include <mpg123.h>

#include <vector>

#include "qamro/audio/container.h"
#include "qamro/audio/decoded_sound.h"
#include "qamro/audio/mpeg_stream.h"
#include "qamro/audio/spliced_file.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

// Encoders disagree on whether a length tag counts its own frame and the decoder's delay.
constexpr std::int64_t kForgivenSamples = std::int64_t{3} * 1152;
constexpr int kWavMp2 = 0x50, kWavMp3 = 0x55;

void check_frames(const std::string& path, const MpegFrames& frames) {
  if (frames.gap_bytes > 0)
    throw DecodeError(
        fmt::format("{}: damaged: {} bytes that are no MPEG frames, the first at byte {} ('ffmpeg "
                    "-i FILE -c copy NEW' keeps the frames)",
                    path, frames.gap_bytes, frames.gap_at));
  if (frames.behind > 0) refuse_behind(path, frames.behind);
  if (frames.count <= 0)
    throw DecodeError(fmt::format("{}: expected samples, got an audio file without any", path));
  if (!frames.promised) return;
  const std::int64_t forgiven = kForgivenSamples / frames.samples_per_frame;
  if (frames.count > *frames.promised + forgiven)
    throw DecodeError(
        fmt::format("{}: expected one stream of {} MPEG frames, as its length tag says, got more after it: "
                    "{} frames (split or re-encode the file)",
                    path, *frames.promised, frames.count - *frames.promised));
  // A file that ends inside a frame has been cut: it may not lack one.
  if (frames.count < *frames.promised - (frames.is_cut ? 0 : forgiven))
    throw DecodeError(fmt::format("{}: truncated or damaged: expected {} MPEG frames, got {}", path,
                                  *frames.promised, frames.count));
}

class MpegSound : public DecodedSound {
 public:
  MpegSound(std::shared_ptr<const AudioFile> file, const MpegFrames& frames, LengthTag tag)
      : DecodedSound(file->path()),
        file_(std::move(file)),
        frames_(frames),
        silent_samples_(tag.silent_samples),
        stream_(file_->descriptor(), std::move(tag.bytes), frames.begin, frames.end) {
    open();
    check_format(path(), channels_, static_cast<int>(rate_hz_));
    count_frames([&](std::int64_t total) { check_counted(total); });
  }
  using DecodedSound::set_note;

  int sample_rate_hz() const override { return static_cast<int>(rate_hz_); }
  int channels() const override { return channels_; }
  std::string complaint() const override { return complaint_; }

 protected:
  std::int64_t decode(std::span<float> interleaved) override {
    std::size_t filled = 0;
    const std::size_t whole = interleaved.size() - interleaved.size() % static_cast<std::size_t>(channels_);
    while (filled < whole) {
      std::size_t done = 0;
      const int error =
          mpg123_read(decoder_.get(), reinterpret_cast<unsigned char*>(interleaved.data() + filled),
                      (whole - filled) * sizeof(float), &done);
      filled += done / sizeof(float);
      if (error != MPG123_OK && error != MPG123_DONE) complaint_ = mpg123_plain_strerror(error);
      if (error != MPG123_OK || done == 0) break;
    }
    return static_cast<std::int64_t>(filled) / channels_;
  }
  void rewind() override { open(); }

 private:
  void open() {
    int error = MPG123_OK;
    decoder_.reset(mpg123_new(nullptr, &error));
    if (!decoder_) throw DecodeError(fmt::format("{}: libmpg123: {}", path(), mpg123_plain_strerror(error)));
    mpg123_handle* decoder = decoder_.get();
    const auto read = [](void* self, void* bytes, std::size_t count) -> ssize_t {
      return static_cast<SplicedFile*>(self)->read(bytes, static_cast<std::int64_t>(count));
    };
    const auto seek = [](void* self, off_t offset, int whence) -> off_t {
      return static_cast<SplicedFile*>(self)->seek(offset, whence);
    };
    mpg123_replace_reader_handle(decoder, read, seek, nullptr);
    mpg123_param(decoder, MPG123_REMOVE_FLAGS, MPG123_AUTO_RESAMPLE, 1.0);
    // Its messages do not name the file.
    mpg123_param(decoder, MPG123_ADD_FLAGS,
                 MPG123_FORCE_FLOAT | MPG123_GAPLESS | MPG123_NO_FRANKENSTEIN | MPG123_QUIET, 1.0);
    int encoding = 0;
    stream_.seek(0, SEEK_SET);
    if ((error = mpg123_open_handle(decoder, &stream_)) != MPG123_OK ||
        (error = mpg123_getformat(decoder, &rate_hz_, &channels_, &encoding)) != MPG123_OK ||
        (error = mpg123_format(decoder, rate_hz_, channels_, MPG123_ENC_FLOAT_32)) != MPG123_OK)
      throw DecodeError(
          fmt::format("{}: libmpg123 cannot read it: {}", path(), mpg123_plain_strerror(error)));
    std::vector<float> silence(static_cast<std::size_t>(silent_samples_ * channels_));
    if (silent_samples_ > 0) decode(silence);
  }

  void check_counted(std::int64_t total) const {
    if (!complaint_.empty())
      throw DecodeError(fmt::format("{}: damaged after {:.3f} s: {}", path(), seconds(total), complaint_));
    if (frames_.samples() - total > kForgivenSamples)
      throw DecodeError(fmt::format("{}: truncated or damaged: expected {} samples in {} MPEG frames, got {}",
                                    path(), frames_.samples(), frames_.count, total));
  }

  std::shared_ptr<const AudioFile> file_;
  MpegFrames frames_;
  std::int64_t silent_samples_;  // put before the sound by a length tag of ours
  SplicedFile stream_;
  std::unique_ptr<mpg123_handle, void (*)(mpg123_handle*)> decoder_{nullptr, &mpg123_delete};
  long rate_hz_ = 0;  // NOLINT(google-runtime-int): as libmpg123 has it
  int channels_ = 0;
  std::string complaint_;
};

}  // namespace

std::unique_ptr<SoundSource> open_mpeg(const std::shared_ptr<const AudioFile>& file,
                                       const std::optional<SampleData>& data, bool skips_junk) {
  if (data && data->wav_format != kWavMp2 && data->wav_format != kWavMp3) return nullptr;
  const std::int64_t begin = data ? data->begin : 0;
  const auto frames =
      mpeg_frames(file->descriptor(), begin, data ? begin + data->present : file->bytes(), skips_junk);
  if (!frames) return nullptr;
  check_frames(file->path(), *frames);
  static const int ready = mpg123_init();
  if (ready != MPG123_OK) throw DecodeError(file->path() + ": libmpg123 cannot start");
  auto sound = std::make_unique<MpegSound>(file, *frames, length_tag_for(*frames));
  const std::int64_t junk = frames->begin - end_of_tags(file->descriptor(), begin);
  if (junk > 0)
    sound->set_note(fmt::format("{} bytes before the first MPEG frame are no sound and were skipped", junk));
  else if (frames->is_cut)
    sound->set_note("the file ends inside an MPEG frame: it may have been cut");
  return sound;
}

}  // namespace qamro::audio
