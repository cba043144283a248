"""Writes a GGUF file of the Llama architecture, in Q4_0 or Q8_0, as transformers.js reads
models: a folder with config.json and onnx/model.onnx. The blocks of weights keep their
values: MatMulNBits of ONNX Runtime has the same, in another order. The embedding becomes
f32, which ONNX Runtime looks up as it is.

Only what a benchmark needs: one output of logits, for the last token.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
# Positions that cosines and sines are made for.
POSITIONS = 4096
MICROSOFT = "com.microsoft"


class Graph:
    """Nodes and weights, as they come."""

    def __init__(self, reader):
        self.tensors = {tensor.name: tensor for tensor in reader.tensors}
        self.nodes = []
        self.weights = []

    def weight(self, name, numbers):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(numbers), name))
        return name

    def numbers(self, name):
        tensor = self.tensors[name]
        return self.weight(name, dequantize(tensor.data, tensor.tensor_type))

    def node(self, operation, inputs, outputs=None, domain="", **attributes):
        """A node; the name of its first output, after the node's own if none is given."""
        name = f"{operation}_{len(self.nodes)}"
        outputs = outputs or [name]
        node = helper.make_node(operation, inputs, outputs, name, domain=domain, **attributes)
        self.nodes.append(node)
        return outputs[0]

    def product(self, x, name, output=None):
        """x times a packed matrix, transposed."""
        tensor = self.tensors[name]
        rows = tensor.data.shape[0]
        blocks = tensor.data.reshape(rows, -1, 2 + tensor_bytes(tensor))
        scales = np.ascontiguousarray(blocks[:, :, :2]).view(np.float16).astype(np.float32)
        values = blocks[:, :, 2:]
        if tensor.tensor_type == GGMLQuantizationType.Q4_0:
            bits = 4
            numbers = np.concatenate([values & 15, values >> 4], axis=2)
            values = numbers[:, :, 0::2] | numbers[:, :, 1::2] << 4
        else:
            bits = 8
            values = values ^ 128
        columns = blocks.shape[1] * BLOCK
        inputs = [
            x,
            self.weight(f"{name}.values", values),
            self.weight(f"{name}.scales", scales.reshape(rows, -1)),
        ]
        return self.node(
            "MatMulNBits",
            inputs,
            [output] if output else None,
            MICROSOFT,
            K=columns,
            N=rows,
            bits=bits,
            block_size=BLOCK,
            # Activations in 8 bits: the fastest way that there is.
            accuracy_level=4,
        )


def tensor_bytes(tensor):
    sizes = {GGMLQuantizationType.Q4_0: BLOCK // 2, GGMLQuantizationType.Q8_0: BLOCK}
    return sizes[tensor.tensor_type]


def shape_of(reader):
    """What config.json tells."""

    def field(name):
        return reader.fields[f"llama.{name}"].contents()

    embedding = next(t for t in reader.tensors if t.name == "token_embd.weight")
    return {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": int(field("embedding_length")),
        "num_hidden_layers": int(field("block_count")),
        "num_attention_heads": int(field("attention.head_count")),
        "num_key_value_heads": int(field("attention.head_count_kv")),
        "rms_norm_eps": float(field("attention.layer_norm_rms_epsilon")),
        "rope_theta": float(field("rope.freq_base")),
        "vocab_size": int(embedding.shape[1]),
    }


def build(reader, config):
    graph = Graph(reader)
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    width = config["hidden_size"] // heads
    epsilon = config["rms_norm_eps"]
    frequencies = config["rope_theta"] ** (-np.arange(0, width, 2) / width)
    angles = np.outer(np.arange(POSITIONS), frequencies)
    cos = graph.weight("cos", np.cos(angles).astype(np.float32))
    sin = graph.weight("sin", np.sin(angles).astype(np.float32))

    one = graph.weight("one", np.array([1], np.int64))
    counts = graph.node("ReduceSum", ["attention_mask", one], keepdims=0)
    last = graph.node("Sub", [counts, one])
    lengths = graph.node("Cast", [last], to=TensorProto.INT32)
    mask_shape = graph.node("Shape", ["attention_mask"])
    index = graph.weight("index", np.array(1, np.int64))
    total = graph.node("Gather", [mask_shape, index], axis=0)
    total = graph.node("Cast", [total], to=TensorProto.INT32)

    embedding = graph.numbers("token_embd.weight")
    stream = graph.node("Gather", [embedding, "input_ids"], axis=0)
    added = None

    def norm(name):
        """Adds what is to be added to the stream; the stream, normalised."""
        nonlocal stream, added
        weight = graph.numbers(name)
        if added is None:
            return graph.node(
                "SimplifiedLayerNormalization", [stream, weight], axis=-1, epsilon=epsilon
            )
        name = f"norm_{len(graph.nodes)}"
        outputs = [name, "", "", f"{name}_stream"]
        inputs = [stream, added, weight]
        graph.node(
            "SkipSimplifiedLayerNormalization", inputs, outputs, MICROSOFT, epsilon=epsilon
        )
        stream, added = outputs[3], None
        return name

    cache = [TensorProto.FLOAT, ["batch_size", kv_heads, "past_sequence_length", width]]
    inputs, outputs = [], []
    for layer in range(config["num_hidden_layers"]):
        block = f"blk.{layer}"
        x = norm(f"{block}.attn_norm.weight")
        parts = [graph.product(x, f"{block}.attn_{part}.weight") for part in "qkv"]
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        present = [f"present.{layer}.{part}" for part in ("key", "value")]
        inputs += [helper.make_tensor_value_info(name, *cache) for name in past]
        shape = ["batch_size", kv_heads, "total", width]
        outputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in present
        ]
        mixed = graph.node(
            "GroupQueryAttention",
            [*parts, *past, lengths, total, cos, sin],
            [f"mixed_{layer}", *present],
            MICROSOFT,
            num_heads=heads,
            kv_num_heads=kv_heads,
            do_rotary=1,
            # GGUF keeps the pairs of channels that turn together side by side.
            rotary_interleaved=1,
        )
        added = graph.product(mixed, f"{block}.attn_output.weight")
        x = norm(f"{block}.ffn_norm.weight")
        gate = graph.product(x, f"{block}.ffn_gate.weight")
        up = graph.product(x, f"{block}.ffn_up.weight")
        gate = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])])
        added = graph.product(graph.node("Mul", [gate, up]), f"{block}.ffn_down.weight")
    x = norm("output_norm.weight")
    starts = graph.weight("starts", np.array([-1], np.int64))
    ends = graph.weight("ends", np.array([np.iinfo(np.int64).max], np.int64))
    x = graph.node("Slice", [x, starts, ends, one])
    head = "output.weight" if "output.weight" in graph.tensors else "token_embd.weight"
    graph.product(x, head, "logits")

    text = [TensorProto.INT64, ["batch_size", "tokens"]]
    mask = [TensorProto.INT64, ["batch_size", "total"]]
    logits = [TensorProto.FLOAT, ["batch_size", 1, config["vocab_size"]]]
    made = helper.make_graph(
        graph.nodes,
        "llama",
        [
            helper.make_tensor_value_info("input_ids", *text),
            helper.make_tensor_value_info("attention_mask", *mask),
            *inputs,
        ],
        [helper.make_tensor_value_info("logits", *logits), *outputs],
        graph.weights,
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=sets, ir_version=8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    reader = GGUFReader(options.model)
    config = shape_of(reader)
    (options.out / "onnx").mkdir(parents=True, exist_ok=True)
    onnx.save(build(reader, config), options.out / "onnx" / "model.onnx")
    (options.out / "generation_config.json").write_text("{}")
    # Last, as a sign that all is there.
    (options.out / "config.json").write_text(json.dumps(config))


if __name__ == "__main__":
    main()
