"""Makes a GGUF file of a Llama in llama.cpp's own few bits, from the same numbers in f32.

    python quantise.py --model FOLDER_OR_GGUF --f32 F32.gguf --out Q4_K_M.gguf

Writes the f32 numbers as a GGUF file, too. With --dither, those of blocks are moved at random
within the steps of their blocks: a model like the real one, whose numbers are on no grid that a
format could have exactly. Needs gguf, llama-cpp-python, numpy and safetensors.
"""

import argparse
import ctypes
import json
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from safetensors.numpy import load_file

WHOLE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
# llama.cpp's names of the parts of a block, by Hugging Face's.
PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
# Steps between the lowest and the highest number of a block of 32.
STEPS = {
    gguf.GGMLQuantizationType.Q4_0: 15,
    gguf.GGMLQuantizationType.Q4_1: 15,
    gguf.GGMLQuantizationType.Q5_0: 31,
    gguf.GGMLQuantizationType.Q5_1: 31,
    gguf.GGMLQuantizationType.Q8_0: 254,
    gguf.GGMLQuantizationType.Q6_K: 63,
}


def neighbours(weight, heads):
    """Rows of q or k with the turned pairs beside each other, not half a head apart."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def from_folder(folder):
    """Shape and tensors of a Hugging Face folder, by llama.cpp's names."""
    config = json.loads((folder / "config.json").read_text())
    heads = config["num_attention_heads"]
    turned = {"attn_q": heads, "attn_k": config.get("num_key_value_heads", heads)}
    tensors = {}
    for name, data in load_file(folder / "model.safetensors").items():
        data = data.astype(np.float32)
        if name in WHOLE:
            tensors[WHOLE[name]] = data
            continue
        _, _, layer, part = name.removesuffix(".weight").split(".", 3)
        part = PARTS[part]
        tensors[f"blk.{layer}.{part}.weight"] = neighbours(data, turned[part]) if part in turned else data
    shape = {
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"],
        "head_count": heads,
        "head_count_kv": turned["attn_k"],
        "layer_norm_rms_eps": config["rms_norm_eps"],
        "rope_freq_base": config.get("rope_theta", 10000.0),
        "rope_dimension_count": config["hidden_size"] // heads,
    }
    return shape, tensors


def dithered(data, kind, random):
    """The numbers of a matrix in blocks, each moved by up to half of its block's step."""
    blocks = data.reshape(-1, 32)
    symmetric = kind == gguf.GGMLQuantizationType.Q8_0
    spread = 2 * abs(blocks).max(1) if symmetric else blocks.max(1) - blocks.min(1)
    moves = random.random(blocks.shape, dtype=np.float32) - 0.5
    return (blocks + moves * (spread / STEPS[kind])[:, None]).reshape(data.shape)


def from_gguf(file, dither=False):
    """Shape and tensors of a GGUF file; blocks as the numbers that they stand for."""
    reader = gguf.GGUFReader(file)
    value = lambda key: reader.get_field(f"llama.{key}").contents()
    keys = {"layer_norm_rms_eps": "attention.layer_norm_rms_epsilon", "rope_freq_base": "rope.freq_base",
            "rope_dimension_count": "rope.dimension_count", "head_count": "attention.head_count",
            "head_count_kv": "attention.head_count_kv"}
    plain = ["context_length", "embedding_length", "block_count", "feed_forward_length"]
    shape = {name: value(keys.get(name, name)) for name in [*plain, *keys]}
    tensors = {t.name: np.array(gguf.dequantize(t.data, t.tensor_type), np.float32) for t in reader.tensors}
    random = np.random.default_rng(1)
    for tensor in reader.tensors if dither else []:
        if len(tensor.shape) == 2:
            tensors[tensor.name] = dithered(tensors[tensor.name], tensor.tensor_type, random)
    return shape, tensors


def write(shape, tensors, out):
    """A GGUF file in f32."""
    writer = gguf.GGUFWriter(out, "llama")
    for name, value in shape.items():
        getattr(writer, f"add_{name}")(value)
    vocabulary = tensors["token_embd.weight"].shape[0]
    writer.add_vocab_size(vocabulary)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([f"t{token}" for token in range(vocabulary)])
    writer.add_token_types([1] * vocabulary)
    for name, data in tensors.items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--f32", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--type", default="Q4_K_M", help="llama.cpp's name of the mixture")
    parser.add_argument("--dither", action="store_true")
    options = parser.parse_args()
    if options.model.is_dir():
        write(*from_folder(options.model), options.f32)
    else:
        write(*from_gguf(options.model, options.dither), options.f32)
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{options.type}")
    settings.nthread = 2
    code = llama_cpp.llama_model_quantize(str(options.f32).encode(), str(options.out).encode(), ctypes.byref(settings))
    if code:
        raise SystemExit(f"llama.cpp cannot quantise {options.f32}")


if __name__ == "__main__":
    main()
