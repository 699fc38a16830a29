"""How fast the kernels are, against what a user would pick and against what the machine can do.

    python -m assl_utils.bench.kernels [--quick] [--only knn mmr] [--encoder FOLDER] [--record]

Ours and the peer run in one process on the same arrays, several times in turn; medians are reported. In a whole run
each case has a process of its own. Beside both stands a floor, a time that this kind of algorithm cannot beat here: its
arithmetic at the rate of a plain matrix product, or its reading at the bandwidth of a plain copy, both measured in the
same run. A peer that takes long is repeated less often; ``peer_runs`` says how often.

A case is added with `case`: a function that is given the `Setting` and returns a `Case`.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from assl_utils import store
from assl_utils.machine import strips, threads
from assl_utils.selection import adbscan, utility
from assl_utils.space import clustering, neighbors, silhouette
from assl_utils.text import rouge

RUNS = 3
METRICS = ("rouge-1", "rouge-2", "rouge-l")
RECORD = "book/recorded/bench"  # what the book shows
COMPARED = (
    "numpy", "numba", "scikit-learn", "faiss-cpu", "rapidfuzz", "rouge-chinese", "torch", "sentence-transformers",
)  # fmt: skip
PATIENCE = 75.0  # seconds of one side after which it is not repeated again
CASES = {}


@dataclass
class Machine:
    """What the processor does at best, measured."""

    gemm: float  # float32 operations per second in a matrix product
    bandwidth: float  # bytes per second, read and written, in a copy


@dataclass
class Setting:
    """What a case is told before it makes its data."""

    machine: Machine
    quick: bool = False
    encoder: str | None = None  # a sentence-transformers model by name or folder, for ``embed``
    base: str = "embedded"  # a causal model by name or folder, for ``train_lora`` and ``generate``


@dataclass
class Case:
    """One comparison; ``ours`` and ``peer`` do the same work and return it."""

    n: int
    d: int
    ours: Callable
    peer: Callable
    peer_name: str
    floor_s: float
    floor: str  # what the floor is, in words
    agreement: Callable  # of both results: a number
    agreement_is: str  # what that number is, in words
    peer_times: int = 1  # the peer does one part of the work; its time is multiplied
    note: str = ""


def case(name):
    """Register a case under a name; the order of definition is the order of running."""

    def register(make):
        CASES[name] = make
        return make

    return register


def timed(*works, runs=RUNS, patience=PATIENCE):
    """Seconds of several runs of each work, fewer of one that takes long, and its last result, as a pair a work.

    The works take turns: a slow minute of a shared machine meets all of them.
    """
    seconds, results = [[] for _ in works], [None] * len(works)
    for _ in range(runs):
        for number, (work, taken) in enumerate(zip(works, seconds, strict=True)):
            if not taken or sum(taken) + taken[-1] < patience:
                start = time.perf_counter()
                results[number] = work()
                taken.append(time.perf_counter() - start)
    return list(zip(seconds, results, strict=True))


def measure_machine():
    """Rates of a 2048 × 2048 × 768 product and of a copy of 256 MB by all threads, the best of several."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((2048, 768), dtype=np.float32)
    out = np.empty((2048, 2048), dtype=np.float32)
    gemm = min(timed(lambda: np.matmul(a, a.T, out=out), runs=7)[0][0])
    source = np.ones(1 << 26, dtype=np.float32)
    target = np.zeros_like(source)
    with ThreadPoolExecutor(threads()) as pool:

        def copy():
            strips(pool, len(source), lambda i, j: np.copyto(target[i:j], source[i:j]))

        copied = min(timed(copy, runs=7)[0][0])
    return Machine(2 * 2048 * 2048 * 768 / gemm, 2 * source.nbytes / copied)


def describe_machine(machine):
    """Processor, memory, versions and measured rates."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = lines[0] if lines else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "processor": model,
        "threads": threads(),
        "memory_gb": round(memory / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in COMPARED},
        "load_before": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "gemm_gflops": round(machine.gemm / 1e9, 1),
        "copy_gb_per_s": round(machine.bandwidth / 1e9, 1),
    }


def topics(n, d, seed=0):
    """Unit vectors like those of sentences: topics of different size and spread, a spectrum that decays."""
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, d + 1, dtype=np.float32) ** -0.5
    share = rng.dirichlet(np.full(60, 0.5))
    topic = rng.choice(60, n, p=share)
    centre = rng.standard_normal((60, d), dtype=np.float32)
    spread = rng.uniform(0.3, 1.2, 60).astype(np.float32)
    X = (centre[topic] + spread[topic, None] * rng.standard_normal((n, d), dtype=np.float32)) * spectrum
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def nearest_of_random_centres(X, ks, seed=0):
    """A clustering for each K: every point to the nearest of K points drawn at random."""
    rng = np.random.default_rng(seed)
    return {k: clustering.canonical((X @ X[rng.choice(len(X), k, replace=False)].T).argmax(axis=1)) for k in ks}


def pairs_floor(n, d, machine):
    """Each pair multiplied once at the rate of the matrix product."""
    return {"floor_s": n * n * d / machine.gemm, "floor": "one inner product per pair of points at the GEMM rate"}


@case("knn")
def bench_knn(setting):
    """20 nearest neighbours of every point."""
    from sklearn.neighbors import NearestNeighbors

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)
    return Case(
        n,
        d,
        ours=lambda: neighbors.knn(X, k, device="cpu")[1],
        peer=lambda: NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False),
        peer_name="sklearn NearestNeighbors",
        agreement=lambda a, b: float((a == b).mean()),
        agreement_is="share of equal neighbours",
        **pairs_floor(n, d, setting.machine),
    )


@case("knn_faiss")
def bench_knn_faiss(setting):
    """The same against faiss, which is faster than scikit-learn, in float32 and without a rule for ties."""
    import faiss
    from threadpoolctl import threadpool_info

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)
    faiss.omp_set_num_threads(threads())

    def flat():
        index = faiss.IndexFlatL2(d)
        index.add(X)
        return index.search(X, k + 1)[1]

    def equal(a, b):
        others = [row[row != i][:k] for i, row in enumerate(b)]
        return float(np.mean([len(np.intersect1d(one, two)) for one, two in zip(a, others, strict=True)]) / k)

    return Case(
        n,
        d,
        ours=lambda: neighbors.knn(X, k, device="cpu")[1],
        peer=flat,
        peer_name="faiss IndexFlatL2",
        agreement=equal,
        agreement_is="share of neighbours in common, in any order",
        note="faiss brings a BLAS of its own: " + ", ".join(sorted({p["internal_api"] for p in threadpool_info()})),
        **pairs_floor(n, d, setting.machine),
    )


@case("adbscan")
def bench_adbscan(setting):
    """Sub-clusters by A-DBSCAN; the peer has one MinPts, the first one, and the same radius."""
    from sklearn.cluster import DBSCAN
    from sklearn.metrics import adjusted_rand_score
    from sklearn.neighbors import NearestNeighbors

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)

    def peer():
        distance, _ = NearestNeighbors(n_neighbors=k).fit(X).kneighbors()
        eps = float(np.median(distance[:, -1]))
        minpts = eps / distance.mean(axis=1).min() / 2
        return DBSCAN(eps=eps, min_samples=max(1, int(np.ceil(minpts)))).fit(X).labels_

    return Case(
        n,
        d,
        ours=lambda: adbscan.adbscan(X, k, minpts_rule="as_printed", device="cpu").labels,
        peer=peer,
        peer_name="sklearn NearestNeighbors + DBSCAN",
        agreement=lambda a, b: float(adjusted_rand_score(a, b)),
        agreement_is="adjusted Rand index; below 1 where Algorithm 1 and DBSCAN treat border points differently",
        note='minpts_rule="as_printed", the reading that DBSCAN can follow',
        **pairs_floor(n, d, setting.machine),
    )


@case("sweep_k")
def bench_sweep_k(setting):
    """Silhouettes of 14 clusterings; K-Means itself is the same for both sides and not timed."""
    from sklearn.metrics import silhouette_score

    n, d, ks = (5_000 if setting.quick else 40_000), 768, range(2, 16)
    X = topics(n, d)
    labels = nearest_of_random_centres(X, ks)
    return Case(
        n,
        d,
        ours=lambda: [float(values.mean()) for values in silhouette.silhouettes(X, labels).values()],
        peer=lambda: float(silhouette_score(X, labels[6])),
        peer_name="sklearn silhouette_score per K",
        peer_times=len(ks),
        agreement=lambda a, b: abs(a[list(ks).index(6)] - b),
        agreement_is="difference of the mean silhouette at K = 6",
        note="the peer is timed for K = 6, its time taken 14 times",
        **pairs_floor(n, d, setting.machine),
    )


@case("mmr")
def bench_mmr(setting):
    """The greedy order by utility (13), from an empty set; the peer keeps the largest similarity in an array."""
    n, d, picks = (10_000 if setting.quick else 40_000), 768, (400 if setting.quick else 2_000)
    X = topics(n, d)
    rng = np.random.default_rng(1)
    raw, lora = rng.beta(2, 3, size=(2, n))
    score = raw - lora - lora / (raw + 1)
    centroid = X.mean(axis=0)

    def incremental():
        utility = 0.2 * (X @ centroid) / np.linalg.norm(centroid) + 0.6 * score
        largest, order = np.zeros(n, dtype=np.float32), []
        for _ in range(picks):
            best = int(np.argmax(utility - 0.2 * largest))
            similar = X @ X[best]
            largest = np.maximum(largest, similar) if order else similar
            utility[best] = -np.inf
            order.append(best)
        return np.array(order)

    return Case(
        n,
        d,
        ours=lambda: utility.mmr(X, centroid, score, [], picks),
        peer=incremental,
        peer_name="incremental NumPy",
        floor_s=X.nbytes / setting.machine.bandwidth,
        floor="one reading of the vectors at the bandwidth of a copy",
        agreement=lambda a, b: float((a == b).mean()),
        agreement_is="share of equal picks, place by place",
        note=f"{picks} picks",
    )


def answer_pairs(n):
    """Answers and references of 10 to 110 characters, as lists; an answer repeats two thirds of its reference."""
    rng = np.random.default_rng(2)
    references, hypotheses = [], []
    for length in rng.integers(10, 110, size=n):
        reference = [chr(0x4E00 + c) for c in rng.integers(0, 800, size=length)]
        kept = rng.random(length) < 0.67
        references.append(reference)
        hypotheses.append(
            [
                t if keep else chr(0x4E00 + c)
                for t, keep, c in zip(reference, kept, rng.integers(0, 800, size=length), strict=True)
            ]
        )
    return hypotheses, references


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


@case("embed")
def bench_embed(setting):
    """Vectors of mixed-length Chinese texts by a transformer encoder; the peer is its own ``encode``."""
    import torch

    from assl_utils.corpus.running_text import raw_text
    from assl_utils.space.encoder import choose_mode, embed, load_encoder, token_counts

    n = 150 if setting.quick else 600
    rng = np.random.default_rng(4)
    lines = iter(raw_text(n * 8, 5))
    texts = ["".join(next(lines) for _ in range(count)) for count in np.minimum(rng.geometric(0.45, size=n), 8)]
    encoder = load_encoder(setting.encoder, device="cpu") if setting.encoder else small_encoder()
    way = choose_mode(encoder, texts)
    weights = sum(m.weight.numel() for m in encoder.modules() if isinstance(m, torch.nn.Linear))
    tokens = int(token_counts(texts, encoder, None).sum())
    plain = "a real encoder" if setting.encoder else "random weights in the shape of multilingual-e5-small"
    return Case(
        n,
        encoder.get_embedding_dimension(),
        ours=lambda: embed(texts, encoder, mode=way),
        peer=lambda: encoder.encode(texts, show_progress_bar=False),
        peer_name="SentenceTransformer.encode",
        floor_s=2 * tokens * weights / product_rate(way.precision),
        floor=f"the products with the weights at the GEMM rate of {way.precision}",
        agreement=lambda a, b: float((a * b).sum(1).min() / np.linalg.norm(b, axis=1).max()),
        agreement_is="smallest cosine",
        note=f"{plain}; {tokens:,} tokens; ours by {way.backend} in {way.precision}",
    )


def small_encoder():
    """An encoder of the shape of multilingual-e5-small with random weights: as fast as the real one, and as large."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    from assl_utils import pretrained

    tokenizer = pretrained.load_tokenizer("embedded")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=384, num_hidden_layers=12, num_attention_heads=12,
        intermediate_size=1536, max_position_embeddings=512, initializer_range=0.05,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, pretrained.quiet():
        BertModel(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        module = Transformer(folder)
    module.max_seq_length = 512
    return SentenceTransformer(modules=[module, Pooling(384, pooling_mode="mean"), Normalize()], device="cpu")


def product_rate(precision):
    """Operations per second of torch's matrix product in a precision."""
    import torch

    from assl_utils.experts import estimate

    return estimate.measure("cpu", getattr(torch, precision)).products


@case("train_lora")
def bench_train_lora(setting):
    """One epoch of LoRA; the peer is a plain Trainer on the same rows in the same order, padded to the longest."""
    import torch
    from peft import get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors.torch import load_file
    from torch.utils.data import SequentialSampler
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    from assl_utils import pretrained
    from assl_utils.corpus import build
    from assl_utils.experts import estimate, generation, models, training, training_sets
    from assl_utils.tasks import wordings

    n, held = (96, 40) if setting.quick else (800, 200)  # rows to learn, rows to be judged by
    made = build.build(seed=0)[0]
    table = wordings.assign(made, 0).sample(n + held, random_state=0).reset_index(drop=True)
    rows, others = table[:n], table[n:]
    how = {"lr": 3e-3 if setting.base == "embedded" else 1e-4, "batch_size": 8, "epochs": 1, "dropout": 0.0}
    base = models.load(setting.base, device="cpu")
    lesson = training_sets.prepare(base[1], rows, epochs=1, batch_size=8)
    told = [sample for batch in lesson.batches() for sample in batch]  # both sides see the rows in this order
    prompts = [wordings.prompt(i, x) for i, x in zip(others["instruction"], others["input"], strict=True)]

    config = {"r": 16, "alpha": 32, "dropout": 0.0, "target_modules": training.TARGET_MODULES}

    def loss(weights):
        with training.attached(base[0], 0, **config) as wrapped:
            set_peft_model_state_dict(wrapped, weights)
            answers = others["output"].tolist()
            return float(generation.log_likelihood(wrapped, base[1], prompts, answers, "default").mean())

    def ours():
        with tempfile.TemporaryDirectory() as folder:
            training.train_lora(setting.base, rows, folder, model=base, **how)
            return load_file(f"{folder}/adapter_model.safetensors")

    class Plain(Trainer):
        def _get_train_sampler(self, *args, **kwargs):
            return SequentialSampler(self.train_dataset)

    def peer():
        data = [
            {"input_ids": list(s.ids), "attention_mask": [1] * len(s.ids),
             "labels": [-100] * s.prompt_len + list(s.ids[s.prompt_len :])} for s in told
        ]  # fmt: skip
        with training.attached(base[0], 0, **config) as wrapped, tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                folder, num_train_epochs=1, per_device_train_batch_size=8, learning_rate=how["lr"], warmup_steps=0.1,
                lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs={"min_lr": 1e-5}, weight_decay=0.0,
                report_to="none", save_strategy="no", logging_strategy="no", use_cpu=True, disable_tqdm=True, seed=0,
                bf16=base[0].dtype == torch.bfloat16,
            )  # fmt: skip
            collate = DataCollatorForSeq2Seq(base[1], padding=True)
            with pretrained.quiet():
                Plain(wrapped, arguments, train_dataset=data, data_collator=collate).train()
            return {name: tensor.clone() for name, tensor in get_peft_model_state_dict(wrapped).items()}

    tokens = sum(lesson.tokens())
    answers = sum(len(s.ids) - s.prompt_len for s in told)
    padded = sum(max(len(s.ids) for s in batch) * len(batch) for batch in lesson.batches())
    body, head = estimate.weights(base[0])
    rate = product_rate(str(base[0].dtype).removeprefix("torch."))
    return Case(
        n,
        round(tokens / n),
        ours=ours,
        peer=peer,
        peer_name="transformers Trainer",
        floor_s=4 * (body * tokens + head * answers) / rate,
        floor="the products with the weights, forward and back, at the GEMM rate",
        agreement=lambda a, b: abs(loss(a) - loss(b)) / loss(b),
        agreement_is=f"relative difference of the loss on {held} other rows",
        note=f"{pretrained.label(setting.base)}, batches of 8; d is the mean length in tokens; {tokens:,} tokens, "
        f"{padded:,} when padded",
    )


@case("generate")
def bench_generate(setting):
    """Greedy answers to the examination's questions; the peer is ``generate``, one question at a time."""
    import torch

    from assl_utils import pretrained
    from assl_utils.corpus import build
    from assl_utils.experts import estimate, generation, models
    from assl_utils.tasks import wordings

    longest, batch = 48, 256
    questions = wordings.evaluation_instructions(build.build(seed=0)[1], 0)
    questions = questions.sample(40 if setting.quick else len(questions), random_state=0)
    prompts = [wordings.prompt(i, x) for i, x in zip(questions["instruction"], questions["input"], strict=True)]
    model, tokenizer = models.load(setting.base, device="cpu")
    ends = sorted(generation.end_tokens(model, tokenizer))

    def peer():
        answers = []
        for prompt in prompts:
            ids = models.encode_chat(tokenizer, prompt)[0]
            with torch.inference_mode(), pretrained.quiet():
                out = model.generate(
                    input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                    max_new_tokens=longest, do_sample=False, eos_token_id=ends, pad_token_id=0,
                )[0, len(ids) :]  # fmt: skip
            answers.append(tokenizer.decode([t for t in out if t not in tokenizer.all_special_ids]).strip())
        return answers

    told = generation.answer(model, tokenizer, prompts, max_new_tokens=longest, batch_size=batch)
    read, written = int(told["prompt_tokens"].sum()), int(told["answer_tokens"].sum())
    rate = product_rate(str(model.dtype).removeprefix("torch."))
    device = estimate.Device(rate, setting.machine.bandwidth)
    n = len(prompts)
    return Case(
        n,
        round(read / n),
        ours=lambda: generation.generate(model, tokenizer, prompts, max_new_tokens=longest, batch_size=batch),
        peer=peer,
        peer_name="generate, one at a time",
        floor_s=estimate.answering_floor(model, read, written, batch, device),
        floor="every token read and written through the weights at the GEMM rate, or the weights read for each step",
        agreement=lambda a, b: float(np.mean([one == two for one, two in zip(a, b, strict=True)])),
        agreement_is="share of equal answers",
        note=f"{pretrained.label(setting.base)}; d is the mean length of a question; answers of {written / n:.1f} tokens, "
        f"at most {longest}",
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


def run_case(name, setting):
    """Time one case and return its row."""
    made = CASES[name](setting)
    made.ours()  # compiles
    (ours, our_result), (peer, peer_result) = timed(made.ours, made.peer)
    ours_s, peer_s = statistics.median(ours), statistics.median(peer) * made.peer_times
    return {
        "name": name,
        "n": made.n,
        "d": made.d,
        "ours_s": ours_s,
        "peer": made.peer_name,
        "peer_s": peer_s,
        "ratio": peer_s / ours_s,
        "floor_s": made.floor_s,
        "over_floor": ours_s / made.floor_s,
        "floor": made.floor,
        "agreement": made.agreement(our_result, peer_result),
        "agreement_is": made.agreement_is,
        "ours_runs": len(ours),
        "peer_runs": len(peer),
        "note": made.note,
    }


def _alone(name, options):
    """Time one case in a process of its own, where no library of another case holds threads or memory."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bench.json"
        command = [
            sys.executable,
            "-m",
            "assl_utils.bench.kernels",
            "--only",
            name,
            "--base",
            options.base,
            "--out",
            str(out),
        ]
        command += ["--quick"] * options.quick + (["--encoder", options.encoder] if options.encoder else [])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return store.read_json(out)["results"][0]


def main(arguments=None):
    """Command line: run the cases, print a line each, write the results once all are there."""
    parser = argparse.ArgumentParser(
        prog="python -m assl_utils.bench.kernels", description="Time the kernels against their peers."
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, within three minutes")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--encoder", metavar="FOLDER", help="a real encoder for embed, by name or folder")
    parser.add_argument("--base", metavar="FOLDER", default="embedded", help="a real model for train_lora and generate")
    parser.add_argument("--out", type=Path, default=Path("runs/bench/bench.json"))
    parser.add_argument("--record", action="store_true", help=f"also keep the results in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    names = options.only or list(CASES)
    if options.record and (options.only or options.quick):
        parser.error("--record keeps a whole run: without --only and --quick")
    start = time.perf_counter()
    machine = measure_machine()
    setting = Setting(machine, options.quick, options.encoder, options.base)
    report = {"quick": options.quick, "machine": describe_machine(machine), "results": []}
    print(f"machine: {machine.gemm / 1e9:.0f} GFLOP/s in a product, {machine.bandwidth / 1e9:.0f} GB/s in a copy")
    for turn, name in enumerate(names, 1):
        print(f"[{turn}/{len(names)}] {name}: {CASES[name].__doc__.splitlines()[0]}", flush=True)
        row = run_case(name, setting) if options.only else _alone(name, options)
        report["results"].append(row)
        print(
            f"      n={row['n']} d={row['d']}  ours {row['ours_s']:.3g} s  {row['peer']} {row['peer_s']:.3g} s  "
            f"ratio {row['ratio']:.3g}  {row['over_floor']:.3g} x floor  ({time.perf_counter() - start:.0f} s so far)",
            flush=True,
        )
    report["wall_s"] = time.perf_counter() - start
    store.write_json(report, options.out)
    print(f"written: {options.out}")
    if options.record:
        real = f" --encoder {Path(options.encoder).name}" if options.encoder else ""
        real += f" --base {Path(options.base).name}" if options.base != "embedded" else ""
        about = {"date": time.strftime("%Y-%m-%d"), "command": f"python -m assl_utils.bench.kernels{real} --record"}
        print(f"kept: {store.write_json(about | report, store.root() / RECORD / 'record.json')}")


if __name__ == "__main__":
    main()
