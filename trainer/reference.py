"""Loads the shipped GGUF file in Python transformers and writes the logits that the engine is held against.

    pip install torch transformers gguf
    python trainer/reference.py demo-model
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

PROMPTS = ["Once upon a time, there was a little", "Lily and Ben went to the", '"Hello," said the']
# Hugging Face's names of the parts of a block, by llama.cpp's.
PARTS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
WHOLE = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}


def halves(weight, heads):
    """Rows of q or k with the turned pairs half a head apart, not neighbours as in the file."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def load(folder):
    """The model of a folder, its 8-bit weights as floats."""
    config = LlamaConfig.from_pretrained(folder)
    state = {}
    for tensor in gguf.GGUFReader(folder / "model.gguf").tensors:
        data = np.array(gguf.dequantize(tensor.data, tensor.tensor_type))
        if tensor.name in WHOLE:
            state[WHOLE[tensor.name]] = torch.from_numpy(data)
            continue
        _, layer, part, suffix = tensor.name.split(".")
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
        data = halves(data, heads) if heads else data
        state[f"model.layers.{layer}.{PARTS[part]}.{suffix}"] = torch.from_numpy(data)
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model = LlamaForCausalLM(config).float().eval()
    model.load_state_dict(state)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    model, tokenizer = load(folder), AutoTokenizer.from_pretrained(folder)
    prompts = []
    for text in PROMPTS:
        ids = tokenizer(text).input_ids
        with torch.no_grad():
            top = torch.topk(model(torch.tensor([ids])).logits[0, -1], 10)
        prompts.append({"text": text, "ids": ids, "top10": list(zip(top.indices.tolist(), top.values.tolist()))})
    (folder / "reference.json").write_text(json.dumps({"prompts": prompts}) + "\n")


if __name__ == "__main__":
    main()
