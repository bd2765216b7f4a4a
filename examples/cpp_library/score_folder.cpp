// score_folder FOLDER [MODEL]: prints each audio file below FOLDER with its scores.
#include <qamro/core/error.h>
#include <qamro/data/manifest.h>
#include <qamro/models/predictor.h>
#include <qamro/models/registry.h>
#include <qamro/scoring/score_clips.h>

#include <iostream>

int main(int argc, char** argv) try {
  if (argc < 2) throw qamro::InvalidInput("expected score_folder FOLDER [MODEL]");
  const auto clips = qamro::data::read_manifest({argv[1]}, std::cin);
  const auto model = qamro::models::open_predictor(argc > 2 ? argv[2] : qamro::models::kDefaultModel);

  qamro::scoring::score_clips(*model, clips, {.encoding = {.threads = 2}}, [](auto&& clip) {
    std::cout << clip.clip.path_as_given;
    for (const double score : clip.scores) std::cout << ' ' << score;
    if (!clip.error.empty()) std::cout << " error: " << clip.error;
    std::cout << '\n';
    return true;
  });
} catch (const qamro::Error& error) {
  std::cerr << "score_folder: " << error.what() << '\n';
  return 2;
}
