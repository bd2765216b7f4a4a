"""How often a model puts clips in an order that is known without listeners.

    python3 benchmarks/known_order.py distill-mos qamro-speech --output known_order [--clips 12] [--seed 0] [--json FILE]

Clean speech is better than the same speech with noise, clipped, low-passed, with lost frames or through a coder, and a
coder is better at a higher rate: known_order_pairs.py states every pair, and OUTPUT/pairs.jsonl lists them. The speech
comes from Debian's recordings and speech engines and from the rated codec audio of QAMRO_DATA (known_order_audio.py).
`qamro score` (in build/, or in $QAMRO_BUILD) scores every clip once per model. Brackets are 95 % intervals over clips
(bootstrap within each source). The last table is an assumption: a person's recording above synthesis of its sentence.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
from itertools import combinations

import known_order_audio as audio
from known_order_pairs import (CLEAN, LADDERS, Tally, conditions_of, drawn_clusters, outside_scale,
                               paired_difference, pairs_of_clip, summary, tally)

QAMRO = pathlib.Path(os.environ.get("QAMRO_BUILD", audio.ROOT / "build")) / "qamro"
PERSON = "english"  # the recording whose sentences the engines speak
PAIRS_PER_CLIP = len(pairs_of_clip("", "", {CLEAN, *audio.DEGRADE}))


def choose(clips_per_source):
    """Returns source → clips, the ladders, and what is left out: (what, needs, pairs)."""
    clips, left_out = {}, []
    for name, source in audio.SOURCES.items():
        lacking = audio.missing(source.needs)
        if lacking:
            left_out.append((f"source {name}", lacking, PAIRS_PER_CLIP * clips_per_source))
        else:
            clips[name] = source.clips()[:clips_per_source]
    ladders, count = [], sum(map(len, clips.values()))
    for ladder in LADDERS:
        lacking = audio.missing(audio.LADDER_NEEDS.get(ladder, ()))
        if lacking:
            left_out.append((f"condition {ladder}", lacking, count * len(pairs_of_clip("", "", {CLEAN, *conditions_of(ladder)}))))
        else:
            ladders.append(ladder)
    return clips, ladders, left_out


def say_left_out(left_out, kept):
    for what, lacking, pairs in left_out:
        needs = ", ".join(f"{need} (from {origin})" for need, _, origin in lacking)
        print(f"left out: {what}: missing {needs}; {100 * pairs / (kept + sum(one[2] for one in left_out)):.1f} % of "
              "all pairs", file=sys.stderr)


def score(model, paths, output):
    """(source, clip, condition) → score. A clip that could not be scored is named on stderr and left out."""
    manifest = output / "clips.jsonl"
    manifest.write_text("".join(json.dumps({"path": str(path)}) + "\n" for path in paths.values()), encoding="utf-8")
    rows = output / f"{model.strip('/').replace('/', '-')}.jsonl"
    done = subprocess.run([QAMRO, "score", manifest, "--model", model, "--output", rows, "--no-ranking"], check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"known_order: qamro score --model {model}: exit code {done.returncode}")
    keys = {str(path): key for key, path in paths.items()}
    scores = {}
    for row in map(json.loads, rows.read_text(encoding="utf-8").splitlines()):
        if "mos" in row:
            scores[keys[row["path"]]] = row["mos"]
        else:
            print(f"known_order: {row['path']}: not scored by {model}: {row.get('error')}", file=sys.stderr)
    return scores


def against_synthesis(scores, clips, kinds):
    """The recording of PERSON above each engine that speaks the same sentence: assumed, not known. All engines of a
    sentence stand beside the same recording, so the sentence is what is drawn again."""
    counted = Tally()
    for source in (name for name, kind in kinds.items() if kind == "synthesis"):
        for clip in set(clips.get(PERSON, ())) & set(clips[source]):
            counted.add((("engine", "all"), ("engine", source)), (PERSON, clip), scores.get((PERSON, clip, CLEAN)),
                        scores.get((source, clip, CLEAN)))
    return counted


def percent(value, interval, sign=""):
    low, high = (f"{100 * end:{sign}.1f}" for end in interval)
    return f"{100 * value:{sign}.1f} [{low} {high}]"


def print_table(title, shares, differences):
    """shares: model → group → summary; differences: "A - B" → group → difference."""
    print(f"\n{title}\n")
    print("| | | pairs | " + " | ".join([*shares, *differences]) + " |")
    print("|---|---|---" + "|---" * (len(shares) + len(differences)) + "|")
    first = next(iter(shares.values()))
    headings = list(dict.fromkeys(heading for heading, _ in first))
    for group in sorted(first, key=lambda group: headings.index(group[0])):
        cells = [percent(own[group]["right"], own[group]["interval"]) if group in own else "" for own in shares.values()]
        cells += [percent(own[group]["difference"], own[group]["interval"], "+") if group in own else ""
                  for own in differences.values()]
        print("| " + " | ".join([*group, str(first[group]["pairs"]), *cells]) + " |")


def compared(tallies, seed):
    """Shares of every model, differences of every two, over the same draws."""
    clusters = {one for counted in tallies.values() for total in counted.total.values() for one in total}
    draws = drawn_clusters(clusters, seed)
    return ({model: summary(counted, draws) for model, counted in tallies.items()},
            {f"{one} − {other}": paired_difference(tallies[one], tallies[other], draws)
             for one, other in combinations(tallies, 2)})


def as_json(compared_tables):
    return [{model: [{"heading": group[0], "name": group[1], **values} for group, values in own.items()]
             for model, own in table.items()} for table in compared_tables]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="names or folders of models with the axis mos")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("known_order"),
                        help="folder for audio, scores and pairs; audio that is there is kept (default: known_order)")
    parser.add_argument("--clips", type=int, default=12, help="clips per source, at most (default: 12)")
    parser.add_argument("--seed", type=int, default=0, help="of noise, lost frames and intervals (default: 0)")
    parser.add_argument("--json", type=pathlib.Path, help="also write all numbers to this file")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if audio.missing((("sox", "sox", "sox"),)):
        sys.exit("known_order: sox is missing, which all audio needs: apt-get install sox")
    clips, ladders, left_out = choose(options.clips)
    kinds = {source: audio.SOURCES[source].kind for source in clips}
    # The audio of another seed or number of clips must not be taken for this one's.
    paths = audio.make_audio(options.output.resolve() / "audio" / f"seed_{options.seed}", clips, ladders, options.seed)
    made = {CLEAN, *(condition for ladder in ladders for condition in conditions_of(ladder))}
    pairs = [pair for source, names in clips.items() for clip in names for pair in pairs_of_clip(source, clip, made)]
    say_left_out(left_out, len(pairs))
    (options.output / "pairs.jsonl").write_text("".join(json.dumps(pair._asdict()) + "\n" for pair in pairs))

    scores = {model: score(model, paths, options.output.resolve()) for model in options.models}
    tallies = {model: tally(pairs, own, kinds) for model, own in scores.items()}
    known = compared(tallies, options.seed)
    assumed = compared({model: against_synthesis(own, clips, kinds) for model, own in scores.items()}, options.seed)
    print(f"{len(pairs)} pairs of {len(paths)} clips: {len(clips)} sources, {sum(map(len, clips.values()))} clean clips")
    print_table("Share of pairs in the known order, % (equal scores count as wrong)", *known)
    if assumed[0][options.models[0]]:
        print_table(f"Assumed, not known: the {PERSON} recording above synthesis of the same sentence, %", *assumed)
    outside = {model: outside_scale(own) for model, own in scores.items()}
    print()
    for model, found in outside.items():
        print(f"{model}: {found['outside']} of {found['clips']} scores outside 1 to 5; lowest {found['lowest']:.3f}, "
              f"highest {found['highest']:.3f}; {tallies[model].unscored} pairs without a score")
    if options.json:
        options.json.write_text(json.dumps({
            "pairs": len(pairs), "clips": options.clips, "seed": options.seed, "outside_scale": outside,
            "left_out": [{"what": what, "missing": [need[0] for need in lacking], "pairs": count}
                         for what, lacking, count in left_out],
            "known": dict(zip(("shares", "differences"), as_json(known))),
            "assumed": dict(zip(("shares", "differences"), as_json(assumed)))}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
