"""Writes a GGUF file as transformers reads it, in bf16: a folder with config.json,
model.safetensors and the tokenizer."""

import argparse
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--out", type=Path, required=True)
options = parser.parse_args()
place = {"pretrained_model_name_or_path": options.model.parent, "gguf_file": options.model.name}
model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
# The weights are numbers by now; what still calls them a GGUF file's is not to be saved.
model.hf_quantizer = None
if hasattr(model.config, "quantization_config"):
    del model.config.quantization_config
model.to(torch.bfloat16).save_pretrained(options.out)
AutoTokenizer.from_pretrained(**place).save_pretrained(options.out)
