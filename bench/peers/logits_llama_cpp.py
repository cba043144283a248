"""llama.cpp by its Python package: the logits after each token of some texts.

Writes them as little-endian f32, row by row, and prints one line of JSON about the engine.
"""

import argparse
import ctypes
import json

import llama_cpp
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--texts", required=True, help="JSON: lists of token ids")
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    with open(options.texts) as file:
        texts = json.load(file)
    longest = max(len(ids) for ids in texts)
    model = llama_cpp.Llama(
        model_path=options.model,
        n_ctx=longest + 8,
        n_batch=longest + 8,
        n_ubatch=longest + 8,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        logits_all=True,
        verbose=False,
    )
    context, vocab_size = model.ctx, model.n_vocab()
    with open(options.out, "wb") as out:
        for ids in texts:
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
            batch.n_tokens = len(ids)
            for position, token in enumerate(ids):
                batch.token[position] = token
                batch.pos[position] = position
                batch.n_seq_id[position] = 1
                batch.seq_id[position][0] = 0
                batch.logits[position] = True
            if llama_cpp.llama_decode(context, batch) != 0:
                raise RuntimeError("llama_decode failed")
            logits = llama_cpp.llama_get_logits(context)
            shape = ctypes.c_float * (len(ids) * vocab_size)
            address = ctypes.cast(logits, ctypes.POINTER(shape))
            out.write(np.frombuffer(address.contents, dtype="<f4").tobytes())
            llama_cpp.llama_batch_free(batch)
    engine = f"llama.cpp (llama-cpp-python {llama_cpp.__version__})"
    print(json.dumps({"engine": engine, "vocab_size": vocab_size}))


main()
