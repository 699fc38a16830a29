"""Training as a reader would write it down: one row after the other, no packing, no Trainer.

Chapter 6 prints these functions and asserts that the trainer does the same; the experts themselves are trained by
:mod:`assl_utils.experts.training`, which is faster and can be interrupted.
"""

import math

import torch


def learning_rate(step, steps, warmup, lr, min_lr):
    """The rate of step 0, 1, …: it rises in a line to ``lr``, then falls along half a cosine to ``min_lr``."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return lr * step / rise
    progress = (step - rise) / (steps - rise)
    return min_lr + (lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


def answer_loss(model, batch):
    """Mean of -log p over the tokens of a batch's answers; the tokens of the questions are left out."""
    losses = []
    for sample in batch:
        ids = torch.tensor(sample.ids, device=model.device)
        logits = model(input_ids=ids[None]).logits[0]
        before = logits[sample.prompt_len - 1 : -1]  # a place predicts the token after it
        answer = ids[sample.prompt_len :]
        losses.append(torch.nn.functional.cross_entropy(before.float(), answer, reduction="none"))
    return torch.cat(losses).mean()


def training_step(model, batch, optimizer, rate):
    """Forward, loss, backward, step: what one batch does to the adapter."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]  # A and B; W is frozen
    loss = answer_loss(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def train(model, batches, warmup, lr, min_lr):
    """Every batch once, in order; the loss and the rate of each step."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.0)
    model.train()
    rates = [learning_rate(step, len(batches), warmup, lr, min_lr) for step in range(len(batches))]
    losses = [training_step(model, batch, optimizer, rate) for batch, rate in zip(batches, rates, strict=True)]
    return losses, rates
