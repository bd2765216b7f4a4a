#include "qamro/experiments/paper_tables.h"

namespace qamro::experiments {

const PaperTable& table_1() {
  static const PaperTable table{
      "Table I: MusicEval, test split, system level",
      {"MI", "TA"},
      {metrics::kMetrics.begin(), metrics::kMetrics.end()},
      {{"MusicEval-baseline", kRegressionOnly, {{.247, .851, .845, .655}, {.143, .819, .779, .578}}},
       {"QAMRO", kQamro, {{.139, .961, .972, .876}, {.109, .918, .916, .763}}},
       {"w/o quality-aware weighting", kAdaptiveMargin, {{.172, .910, .924, .779}, {.101, .894, .885, .707}}},
       {"w/o adaptive margin", kFixedMargin, {{.214, .886, .875, .687}, {.134, .875, .838, .643}}}}};
  return table;
}

const PaperTable& table_2() {
  static const PaperTable table{
      "Table II: AES-Natural, SRCC, system level",
      {"PQ", "PC", "CE", "CU"},
      {metrics::Metric::srcc},
      {{"Audiobox-Aesthetics", kRegressionOnly, {{.864}, {.938}, {.845}, {.809}}},
       {"QAMRO", kQamro, {{.883}, {.942}, {.869}, {.852}}},
       {"w/o quality-aware weighting", kAdaptiveMargin, {{.874}, {.940}, {.861}, {.843}}},
       {"w/o adaptive margin", kFixedMargin, {{.871}, {.939}, {.853}, {.829}}}}};
  return table;
}

}  // namespace qamro::experiments
