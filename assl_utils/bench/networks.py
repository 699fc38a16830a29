"""Cases on models: vectors by an encoder, training by LoRA, and answers."""

import tempfile

import numpy as np

from assl_utils.bench.case import Case, case
from assl_utils.bench.made_up import small_encoder
from assl_utils.bench.rates import product_rate


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
    mode = choose_mode(encoder, texts)
    weights = sum(m.weight.numel() for m in encoder.modules() if isinstance(m, torch.nn.Linear))
    tokens = int(token_counts(texts, encoder, None).sum())
    plain = "a real encoder" if setting.encoder else "random weights in the shape of multilingual-e5-small"
    return Case(
        n,
        encoder.get_embedding_dimension(),
        ours=lambda: embed(texts, encoder, mode=mode),
        peer=lambda: encoder.encode(texts, show_progress_bar=False),
        peer_name="SentenceTransformer.encode",
        floor_s=2 * tokens * weights / product_rate(mode.precision),
        floor=f"the products with the weights at the GEMM rate of {mode.precision}",
        agreement=lambda a, b: float((a * b).sum(1).min() / np.linalg.norm(b, axis=1).max()),
        agreement_is="smallest cosine",
        note=f"{plain}; {tokens:,} tokens; ours by {mode.backend} in {mode.precision}",
    )


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

    n, held = (96, 40) if setting.quick else (800, 200)  # rows to train on, rows to measure the loss on
    made = build.build(seed=0)[0]
    table = wordings.assign(made, 0).sample(n + held, random_state=0).reset_index(drop=True)
    rows, others = table[:n], table[n:]
    how = {"lr": 3e-3 if setting.base == "embedded" else 1e-4, "batch_size": 8, "epochs": 1, "dropout": 0.0}
    base = models.load(setting.base, device="cpu")
    trained = training_sets.prepare(base[1], rows, epochs=1, batch_size=8)
    samples = [sample for batch in trained.batches() for sample in batch]  # both sides see the rows in this order
    prompts = wordings.prompts(others)

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
             "labels": [-100] * s.prompt_len + list(s.ids[s.prompt_len :])} for s in samples
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

    tokens = sum(trained.tokens())
    answers = sum(len(s.ids) - s.prompt_len for s in samples)
    padded = sum(max(len(s.ids) for s in batch) * len(batch) for batch in trained.batches())
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
    """Greedy answers to the evaluation questions; the peer is ``generate``, one question at a time."""
    import torch

    from assl_utils import pretrained
    from assl_utils.corpus import build
    from assl_utils.experts import estimate, generation, models
    from assl_utils.tasks import wordings

    longest, batch = 48, 256
    questions = wordings.evaluation_instructions(build.build(seed=0)[1], 0)
    questions = questions.sample(40 if setting.quick else len(questions), random_state=0)
    prompts = wordings.prompts(questions)
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

    answered = generation.answer(model, tokenizer, prompts, max_new_tokens=longest, batch_size=batch)
    read, written = int(answered["prompt_tokens"].sum()), int(answered["answer_tokens"].sum())
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
        note=f"{pretrained.label(setting.base)}; d is the mean length of a question; "
        f"answers of {written / n:.1f} tokens, at most {longest}",
    )
