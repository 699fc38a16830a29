"""Cases on texts: ROUGE, and pairs of nearly equal texts."""

import statistics

import numpy as np

from assl_utils.bench.case import Case, case
from assl_utils.bench.made_up import answer_pairs
from assl_utils.bench.rates import timed
from assl_utils.text import rouge

METRICS = ("rouge-1", "rouge-2", "rouge-l")


@case("rouge_l")
def bench_rouge_l(setting):
    """ROUGE-L over characters for many pairs of answers and references."""
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cpdist
    from rouge_chinese import Rouge

    n = 500 if setting.quick else 10_000
    hypotheses, references = answer_pairs(n)
    texts = [" ".join(h) for h in hypotheses], [" ".join(r) for r in references]
    joined = ["".join(h) for h in hypotheses], ["".join(r) for r in references]
    alone = timed(lambda: cpdist(*joined, scorer=LCSseq.similarity, dtype=np.int64, workers=-1))[0][0]
    return Case(
        n,
        round(float(np.mean([len(r) for r in references]))),
        ours=lambda: rouge.rouge_l(hypotheses, references).f.to_numpy(),
        peer=lambda: np.array([s["rouge-l"]["f"] for s in Rouge(metrics=["rouge-l"]).get_scores(*texts)]),
        peer_name="rouge-chinese",
        floor_s=statistics.median(alone),
        floor="the longest common subsequences alone, of strings ready made (rapidfuzz)",
        agreement=lambda a, b: float(np.abs(a - b).max()),
        agreement_is="largest difference of F1",
        note="d is the mean length in characters",
    )


@case("rouge")
def bench_rouge(setting):
    """ROUGE-1, ROUGE-2 and ROUGE-L together, as rouge-chinese computes them when nothing is said."""
    from rouge_chinese import Rouge

    n = 500 if setting.quick else 10_000
    hypotheses, references = answer_pairs(n)
    texts = [" ".join(h) for h in hypotheses], [" ".join(r) for r in references]

    def ours():
        tables = (rouge.rouge_n(hypotheses, references, 1), rouge.rouge_n(hypotheses, references, 2))
        return np.stack([table.f for table in (*tables, rouge.rouge_l(hypotheses, references))])

    return Case(
        n,
        round(float(np.mean([len(r) for r in references]))),
        ours=ours,
        peer=lambda: np.array([[score[m]["f"] for m in METRICS] for score in Rouge().get_scores(*texts)]).T,
        peer_name="rouge-chinese, all three",
        floor_s=4 * sum(map(len, hypotheses + references)) / setting.machine.bandwidth,
        floor="one reading of the characters at the bandwidth of a copy",
        agreement=lambda a, b: float(np.abs(a - b).max()),
        agreement_is="largest difference of F1",
        note="d is the mean length in characters",
    )


@case("near_pairs")
def bench_near_pairs(setting):
    """Pairs of nearly equal texts (5-grams, Jaccard 0.8) among generated news and copies with a few edits."""
    from datasketch import MinHash, MinHashLSH

    from assl_utils.corpus.running_text import raw_text
    from assl_utils.text import near, normal

    n = 2_000 if setting.quick else 20_000
    rng = np.random.default_rng(3)
    texts = [normal.normalise(text) for text in raw_text(n, 5)]
    for text in texts[: n // 4]:
        at = rng.integers(0, len(text), size=1 + len(text) // 60)
        texts.append("".join(c for i, c in enumerate(text) if i not in set(at.tolist())))
    texts = list(dict.fromkeys(texts))

    def sketched():
        index, sketches, sets = MinHashLSH(threshold=0.8, num_perm=128), [], []
        for i, text in enumerate(texts):
            sets.append(near.shingles(text))
            sketches.append(MinHash(num_perm=128))
            sketches[-1].update_batch([gram.encode() for gram in sets[-1]])
            index.insert(i, sketches[-1])
        candidates = ((i, j) for i, sketch in enumerate(sketches) for j in index.query(sketch))
        return {(i, j) for i, j in candidates if near.jaccard(sets[i], sets[j]) >= 0.8}

    return Case(
        len(texts),
        round(float(np.mean([len(text) for text in texts]))),
        ours=lambda: {(i, j) for i, j, _ in near.near_pairs(texts, texts, 0.8)},
        peer=sketched,
        peer_name="datasketch MinHash + LSH, verified",
        floor_s=4 * sum(map(len, texts)) / setting.machine.bandwidth,
        floor="one reading of the characters at the bandwidth of a copy",
        agreement=lambda a, b: len(a & b) / len(a | b),
        agreement_is="pairs of both by pairs of either; ours are all there are",
        note="d is the mean length in characters",
    )
