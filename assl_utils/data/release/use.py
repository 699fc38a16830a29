"""The expert nearest to a question answers it: python use.py "问题"."""

import json
import os
import sys
from bisect import bisect_left
from pathlib import Path

import numpy as np
import torch
from peft import PeftModel
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

question = " ".join(sys.argv[1:]).strip()[:10_000] or sys.exit(__doc__)
os.chdir(Path(__file__).resolve().parent)
info = json.loads(Path("release.json").read_text(encoding="utf-8"))
base, encoder = (os.environ.get(f"SILVERSIGHT_{name}", info[name.lower()]) for name in ("BASE", "ENCODER"))

vector = SentenceTransformer(encoder, **info["load_encoder"]).encode([question], **info["encode"])
distances = np.linalg.norm(vector - np.load("router/centroids.npy"), axis=1)
expert = info["experts"][np.append(distances, info["limit"]).argmin()]

tokenizer = AutoTokenizer.from_pretrained(base, revision=info["load"]["revision"])
model = AutoModelForCausalLM.from_pretrained(base, **info["load"], generation_config=GenerationConfig(**info["write"]))
model = model if expert == "base" else PeftModel.from_pretrained(model, f"adapters/{expert}")


def chat(cut):  # the question as the model reads it, without so many characters of its end
    return tokenizer.apply_chat_template([{"role": "user", "content": question[: len(question) - cut]}], **info["chat"])


cut = bisect_left(range(len(question)), True, key=lambda n: min(chat(0).shape[1], chat(n).shape[1]) <= info["room"])
ids = chat(cut).to(model.device)
answer = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))[0, ids.shape[1] :].tolist()
print(expert, tokenizer.decode([token for token in answer if token not in tokenizer.all_special_ids]).strip(), sep="\n")
