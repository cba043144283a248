"""Steps per second of transformers as a naive explorer runs it: the whole text through the
model in each step, no cache. The shape is that of SmolLM2-135M, the weights are random.

Usage: transformers_steps.py TOKENS SECONDS
"""

import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

tokens, seconds = int(sys.argv[1]), float(sys.argv[2])
config = LlamaConfig(
    vocab_size=49152,
    hidden_size=576,
    intermediate_size=1536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    max_position_embeddings=8192,
    tie_word_embeddings=True,
)
torch.manual_seed(1)
model = LlamaForCausalLM(config).eval()
ids = torch.randint(0, 49152, (1, tokens))


def step():
    """What the original does for a click."""
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits[0, -1]
        return torch.topk(torch.softmax(logits / 0.7, dim=-1), 10)


step()
count, start = 0, time.time()
while time.time() - start < seconds:
    step()
    count += 1
print(count / (time.time() - start))
