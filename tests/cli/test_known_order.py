"""The bookkeeping of benchmarks/known_order.py: which pairs are stated, what is counted, and the intervals."""
import math
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))
import known_order  # noqa: E402
import known_order_audio as audio  # noqa: E402
from known_order_pairs import (CLEAN, LADDERS, conditions_of, drawn_clusters, outside_scale,  # noqa: E402
                               paired_difference, pairs_of_clip, summary, tally)

EVERYTHING = {CLEAN, *(condition for ladder in LADDERS for condition in conditions_of(ladder))}
KINDS = {"person": "recording", "engine": "synthesis"}
CLIPS = [(source, clip) for source in KINDS for clip in ("a", "b", "c")]
PAIRS = [pair for source, clip in CLIPS for pair in pairs_of_clip(source, clip, EVERYTHING)]


def scores_by(score):
    """score(source, clip, ladder, place): place 0 is the clean clip."""
    found = {}
    for source, clip in CLIPS:
        for ladder, rungs in LADDERS.items():
            for place, rung in enumerate(((CLEAN,), *rungs)):
                for condition in rung:
                    found[source, clip, condition] = score(source, clip, ladder, place)
    return found


def shares(scores):
    return summary(tally(PAIRS, scores, KINDS), drawn_clusters(CLIPS, 0))


def test_every_pair_is_stated_once_and_from_better_to_worse():
    pairs = pairs_of_clip("person", "a", EVERYTHING)
    assert len(set(pairs)) == len(pairs) == 54
    stated = {(pair.better, pair.worse) for pair in pairs}
    assert (CLEAN, "opus_24kbps") in stated and ("opus_24kbps", "opus_6kbps") in stated
    assert not any((worse, better) in stated for better, worse in stated)
    assert ("codec2_3200bps", "codec2_700bps") in stated and ("codec2_1300bps", "codec2_700bps") not in stated
    # Nothing is said of two coders, or of noise against clipping.
    place = {condition: ladder for ladder in LADDERS for condition in conditions_of(ladder)}
    assert all(better == CLEAN or place[better] == place[worse] == pair.ladder
               for pair in pairs for better, worse in [pair[3:]])
    assert sum(math.comb(len(rungs) + 1, 2) for rungs in LADDERS.values()) == 54 - 2  # two more on Codec2's last rung


def test_what_was_not_made_is_in_no_pair():
    pairs = pairs_of_clip("person", "a", EVERYTHING - {"opus_12kbps", CLEAN})
    assert {(pair.better, pair.worse) for pair in pairs if pair.ladder == "opus"} == {("opus_24kbps", "opus_6kbps")}
    assert pairs_of_clip("person", "a", {CLEAN}) == []


@pytest.mark.parametrize("score, right", [(lambda *key: -key[3], 1.0), (lambda *key: key[3], 0.0), (lambda *_: 3.0, 0.0)])
def test_all_right_all_wrong_and_all_tied(score, right):
    for group, found in shares(scores_by(score)).items():
        assert found["right"] == right
        assert found["ties"] == (found["pairs"] if score(*"abc", 1) == score(*"abc", 2) else 0)
        low, high = found["interval"]
        # No draw of clips differs, yet three or six clips do not make the share certain.
        end = 0.025 ** (1 / found["clips"])
        assert (low, high) == ((pytest.approx(end), 1.0) if right else (0.0, pytest.approx(1 - end))), group


def test_each_pair_counts_for_its_source_kind_condition_and_order():
    wrong_opus = scores_by(lambda source, clip, ladder, place: place if (source, ladder) == ("engine", "opus") else -place)
    found = shares({**wrong_opus, **{(*one, CLEAN): 1.0 for one in CLIPS}})
    per_clip = len(pairs_of_clip("", "", EVERYTHING))
    opus = math.comb(len(LADDERS["opus"]), 2)  # clean (1) ≥ its versions; those of the engine are in the wrong order
    assert found["source", "person"]["right"] == 1.0
    assert found["kind", "synthesis"] == {**found["source", "engine"]}
    assert found["all", "all"]["pairs"] == 6 * per_clip
    assert found["condition", "mp3"]["right"] == 1.0
    wrong = opus + len(LADDERS["opus"])  # 1 is not above 1, 2 or 3 either
    assert found["source", "engine"]["right"] == pytest.approx(1 - wrong / per_clip)
    assert found["all", "all"]["right"] == pytest.approx(1 - wrong / (2 * per_clip))
    assert found["condition", "opus"]["right"] == pytest.approx(0.5)
    assert found["order", "clean above degraded"]["pairs"] == 6 * len(EVERYTHING - {CLEAN})
    assert found["source", "engine"]["clips"] == 3 and found["all", "all"]["clips"] == 6


def test_a_clip_without_a_score_leaves_out_its_pairs_and_is_counted():
    scores = scores_by(lambda *key: -key[3])
    del scores["person", "a", "opus_12kbps"]
    counted = tally(PAIRS, scores, KINDS)
    assert counted.unscored == 3  # clean above it, 24 kbit/s above it, it above 6 kbit/s
    found = summary(counted, drawn_clusters(CLIPS, 0))
    assert found["all", "all"]["pairs"] == len(PAIRS) - 3 and found["all", "all"]["right"] == 1.0


def noisy(seed, spread):
    generator = random.Random(seed)
    return scores_by(lambda source, clip, ladder, place: generator.gauss(-place, spread))


def test_the_difference_is_paired_and_its_sign_is_of_the_first():
    draws = drawn_clusters(CLIPS, 0)
    good, bad = (tally(PAIRS, noisy(1, spread), KINDS) for spread in (0.3, 3.0))
    found = paired_difference(good, bad, draws)["all", "all"]
    other = paired_difference(bad, good, draws)["all", "all"]
    expected = summary(good, draws)["all", "all"]["right"] - summary(bad, draws)["all", "all"]["right"]
    assert found["difference"] == pytest.approx(expected) and expected > 0.1
    assert found["interval"][0] <= found["difference"] <= found["interval"][1] and found["interval"][0] > 0
    assert other["difference"] == -found["difference"]
    assert paired_difference(good, good, draws)["all", "all"] == {"difference": 0.0, "interval": [0.0, 0.0]}


def test_no_difference_is_given_of_other_pairs():
    scores = noisy(1, 0.3)
    full = tally(PAIRS, scores, KINDS)
    del scores["person", "a", "opus_12kbps"]
    found = paired_difference(full, tally(PAIRS, scores, KINDS), drawn_clusters(CLIPS, 0))
    assert ("all", "all") not in found and ("source", "engine") in found


def test_draws_keep_the_number_of_clips_of_each_source_and_depend_on_the_seed_alone():
    draws = drawn_clusters(CLIPS, 0)
    assert draws == drawn_clusters(list(reversed(CLIPS)), 0) and draws != drawn_clusters(CLIPS, 1)
    assert all(sum(count for one, count in draw.items() if one[0] == source) == 3 for draw in draws for source in KINDS)


def test_scores_outside_the_scale_are_counted_and_its_ends_are_inside():
    found = outside_scale(dict(enumerate([1.0, 5.0, 5.0001, 0.9, 3.0])))
    assert (found["outside"], found["clips"], found["lowest"], found["highest"]) == (2, 5, 0.9, 5.0001)


def test_synthesis_against_the_recording_counts_clean_clips_of_the_same_sentence():
    kinds = {known_order.PERSON: "recording", "good": "synthesis", "bad": "synthesis"}
    clips = {known_order.PERSON: ["a", "b"], "good": ["b", "c"], "bad": ["a", "b"]}
    level = {known_order.PERSON: 4.0, "good": 4.5, "bad": 2.0}
    scores = {(source, clip, CLEAN): level[source] for source, names in clips.items() for clip in names}
    counted = known_order.against_synthesis(scores, clips, kinds)
    found = summary(counted, drawn_clusters([(known_order.PERSON, "a"), (known_order.PERSON, "b")], 0))
    assert {group[1]: (one["right"], one["pairs"]) for group, one in found.items()} == {
        "good": (0.0, 1), "bad": (1.0, 2), "all": (pytest.approx(2 / 3), 3)}
    assert found["engine", "all"]["clips"] == 2  # the sentences, not the engines


def test_what_is_missing_is_named_with_its_share(monkeypatch, capsys):
    here = {"sound": audio.Source("recording", (), lambda: ["a", "b"], None),
            "gone": audio.Source("synthesis", (("an engine", "no_such_program_here", "nowhere"),), list, None)}
    monkeypatch.setattr(audio, "SOURCES", here)
    monkeypatch.setattr(audio, "LADDER_NEEDS", {"opus": (("a coder", "/no/such/file*", "nowhere"),)})
    clips, ladders, left_out = known_order.choose(2)
    assert clips == {"sound": ["a", "b"]} and "opus" not in ladders and len(ladders) == len(LADDERS) - 1
    per_clip = known_order.PAIRS_PER_CLIP
    assert [pairs for _, _, pairs in left_out] == [2 * per_clip, 2 * 6]
    known_order.say_left_out(left_out, 2 * per_clip - 12)
    said = capsys.readouterr().err
    assert "source gone: missing an engine (from nowhere); 50.0 % of all pairs" in said
    assert f"condition opus: missing a coder (from nowhere); {100 * 12 / (4 * per_clip):.1f} % of all pairs" in said


def test_worse_conditions_are_worse_signals():
    """More noise, less of the clip below the limit, more frames lost; and the same bytes for the same seed."""
    wave = [round(8000 * math.sin(0.05 * i) * math.sin(0.0007 * i)) for i in range(16000)]

    def distance(degrade, *amount):
        made = degrade(*amount, wave, random.Random("seed"))
        assert list(made) == list(degrade(*amount, wave, random.Random("seed")))
        return sum((one - other) ** 2 for one, other in zip(made, wave)) / sum(one * one for one in wave)

    assert distance(audio.with_noise, audio.white, 10) == pytest.approx(0.1)
    assert distance(audio.with_noise, audio.pink, 0) == pytest.approx(1.0)
    for degrade, steps in ((audio.clipped, (6, 12, 24)), (audio.with_lost_frames, (3, 10, 30))):
        found = [distance(degrade, step) for step in steps]
        assert found == sorted(found) and 0 < found[0] < found[1]
