"""Pairs of clips whose order is known without listeners, and how many of them scores put right; imported, not run.

A clip is one sentence of one source: (source, clip). Its versions are the clean one and one per condition.
"""
import random
import statistics
from collections import Counter, defaultdict
from itertools import combinations, product
from typing import NamedTuple

CLEAN = "clean"
# From the best to the worst. The clean clip stands before each ladder. Within a ladder, a later rung keeps less of the
# same signal: more of the same noise, fewer bits through the same coder, a narrower band. Nothing is said of two
# conditions on one rung: Codec2's 700C is another, newer design than 1300.
LADDERS = {
    "white noise": (("white_30dB",), ("white_20dB",), ("white_10dB",), ("white_0dB",)),
    "pink noise": (("pink_20dB",), ("pink_10dB",), ("pink_0dB",)),
    "clipping": (("clipped_6dB",), ("clipped_12dB",), ("clipped_24dB",)),
    "low-pass": (("lowpass_4000Hz",), ("lowpass_2000Hz",), ("lowpass_1000Hz",)),
    "lost frames": (("lost_3percent",), ("lost_10percent",), ("lost_30percent",)),
    "telephone": (("g711_64kbps",), ("gsm_13kbps",)),
    "codec2": (("codec2_3200bps",), ("codec2_1300bps", "codec2_700bps")),
    "opus": (("opus_24kbps",), ("opus_12kbps",), ("opus_6kbps",)),
    "mp3": (("mp3_32kbps",), ("mp3_16kbps",), ("mp3_8kbps",)),
}
LEVEL = 0.95
ROUNDS = 2000


class Pair(NamedTuple):
    source: str
    clip: str
    ladder: str
    better: str  # condition
    worse: str  # condition


def conditions_of(ladder):
    return [condition for rung in LADDERS[ladder] for condition in rung]


def pairs_of_clip(source, clip, made):
    """All pairs of one clip. made: its conditions that exist, the clean one among them or not."""
    return [Pair(source, clip, ladder, better, worse)
            for ladder, rungs in LADDERS.items()
            for upper, lower in combinations(((CLEAN,), *rungs), 2)
            for better, worse in product(upper, lower) if {better, worse} <= made]


def groups_of(pair, kinds):
    """The groups that a pair counts for, as (heading, name). kinds: source → "recording" or "synthesis"."""
    rung = "clean above degraded" if pair.better == CLEAN else "better above worse, both degraded"
    return (("all", "all"), ("order", rung), ("kind", kinds[pair.source]), ("source", pair.source),
            ("condition", pair.ladder))


class Tally:
    """Right and total pairs of each group, by clip: the clips are what is drawn again for an interval."""

    def __init__(self):
        self.right = defaultdict(Counter)  # group → (source, clip) → pairs in the known order
        self.total = defaultdict(Counter)
        self.ties = Counter()  # group → pairs with equal scores; they are not in the known order
        self.unscored = 0

    def add(self, groups, cluster, better, worse):
        """better, worse: the scores of a pair; None if the clip has none."""
        if better is None or worse is None:
            self.unscored += 1
            return
        for group in groups:
            self.total[group][cluster] += 1
            self.right[group][cluster] += better > worse
            self.ties[group] += better == worse


def tally(pairs, scores, kinds):
    """scores: (source, clip, condition) → score."""
    counted = Tally()
    for pair in pairs:
        counted.add(groups_of(pair, kinds), pair[:2], scores.get((*pair[:2], pair.better)),
                    scores.get((*pair[:2], pair.worse)))
    return counted


def drawn_clusters(clusters, seed, rounds=ROUNDS):
    """Bootstrap draws of (source, clip): as many clips of each source as it has. Each draw: cluster → times."""
    by_source = defaultdict(list)
    for cluster in sorted(clusters):
        by_source[cluster[0]].append(cluster)
    generator = random.Random(f"{seed}:clips")
    return [Counter(one for own in by_source.values() for one in generator.choices(own, k=len(own)))
            for _ in range(rounds)]


def percentile_interval(values):
    ordered = sorted(values)
    cut = int((1 - LEVEL) / 2 * len(ordered))
    return [ordered[cut], ordered[-1 - cut]]


def share(right, total):
    return sum(right.values()) / sum(total.values())


def share_interval(right, total, draws):
    """If every clip has all pairs right, or all wrong, no draw can differ. Then the interval is that of Clopper and
    Pearson for as many clips."""
    point = share(right, total)
    if point in (0.0, 1.0):
        reach = ((1 - LEVEL) / 2) ** (1 / len(total))
        return [reach, 1.0] if point == 1.0 else [0.0, 1 - reach]
    return percentile_interval(drawn_shares(right, total, draws))


def drawn_shares(right, total, draws):
    shares = []
    for draw in draws:
        pairs = sum(count * total[one] for one, count in draw.items())
        if pairs:
            shares.append(sum(count * right[one] for one, count in draw.items()) / pairs)
    return shares


def summary(counted, draws):
    """group → {"pairs", "clips", "right", "interval", "ties"}; shares in [0, 1]."""
    return {group: {"pairs": sum(total.values()), "clips": len(total), "right": share(counted.right[group], total),
                    "interval": share_interval(counted.right[group], total, draws), "ties": counted.ties[group]}
            for group, total in counted.total.items()}


def paired_difference(first, second, draws):
    """group → {"difference", "interval"}: the share of `first` minus that of `second`, over the same draws of clips.
    Only groups in which both scored the same pairs."""
    found = {}
    for group, total in first.total.items():
        if second.total[group] != total:
            continue
        gain = {one: first.right[group][one] - second.right[group][one] for one in total}
        values = drawn_shares(Counter(gain), total, draws)
        found[group] = {"difference": share(gain, total), "interval": percentile_interval(values)}
    return found


def outside_scale(scores, scale=(1.0, 5.0)):
    values = list(scores.values())
    return {"clips": len(values), "outside": sum(not scale[0] <= value <= scale[1] for value in values),
            "lowest": min(values), "mean": statistics.fmean(values), "highest": max(values)}
