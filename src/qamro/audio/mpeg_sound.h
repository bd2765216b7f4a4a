#pragma once

#include <memory>
#include <optional>

#include "qamro/audio/container.h"
#include "qamro/audio/sound_file.h"

namespace qamro::audio {

// MPEG audio (mp1, mp2, mp3), alone in a file or in a wav, as libmpg123 decodes it when libsndfile calls it:
// the samples are those of libsndfile. All frames that the file holds are given; a file whose frames are not
// all of one stream is refused. `data`: the file's samples if it is a container of chunks. Null if the file
// holds no MPEG audio. skips_junk: also looks for the first frame behind bytes that are no sound. Throws
// DecodeError.
std::unique_ptr<SoundSource> open_mpeg(const std::shared_ptr<const AudioFile>& file,
                                       const std::optional<SampleData>& data, bool skips_junk = false);

}  // namespace qamro::audio
