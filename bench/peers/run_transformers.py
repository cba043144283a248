"""transformers with PyTorch in f32, on random weights of the shape that a GGUF file has.

Prints one line of JSON in the form of the bench's own report.
"""

import argparse
import json
import resource
import time

import torch
import transformers
from gguf import GGUFReader


def shape(path: str) -> transformers.LlamaConfig:
    fields = GGUFReader(path).fields

    def number(name: str) -> int:
        return int(fields[f"llama.{name}"].contents())

    return transformers.LlamaConfig(
        hidden_size=number("embedding_length"),
        intermediate_size=number("feed_forward_length"),
        num_hidden_layers=number("block_count"),
        num_attention_heads=number("attention.head_count"),
        num_key_value_heads=number("attention.head_count_kv"),
        max_position_embeddings=number("context_length"),
        vocab_size=len(fields["tokenizer.ggml.tokens"].data),
        tie_word_embeddings=True,
    )


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    start = time.perf_counter()
    model = transformers.LlamaForCausalLM(shape(options.model)).eval()
    load_seconds = time.perf_counter() - start

    prefills, decodes = [], []
    # The first round warms up and does not count.
    for counted in range(options.rounds + 1):
        ids = [(3 + 31 * i + 7 * counted) % 259 for i in range(options.prompt)]
        start = time.perf_counter()
        # Logits of the last token only, as everywhere else.
        out = model(torch.tensor([ids]), use_cache=True, logits_to_keep=1)
        token = out.logits[0, -1].argmax()
        prefill = time.perf_counter() - start
        start = time.perf_counter()
        for _ in range(options.tokens):
            out = model(
                token.reshape(1, 1), past_key_values=out.past_key_values, use_cache=True
            )
            token = out.logits[0, -1].argmax()
        decode = time.perf_counter() - start
        if counted:
            prefills.append(options.prompt / prefill)
            decodes.append(options.tokens / decode)
    print(
        json.dumps(
            {
                "engine": f"transformers {transformers.__version__}, PyTorch {torch.__version__}",
                "format": "f32",
                "threads": options.threads,
                "load_seconds": load_seconds,
                "prefill": prefills,
                "decode": decodes,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


main()
