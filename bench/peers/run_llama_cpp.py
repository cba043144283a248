"""llama.cpp by its Python package: prefill, then greedy decoding, timed round by round.

Prints one line of JSON in the form of the bench's own report.
"""

import argparse
import ctypes
import json
import resource
import time

import llama_cpp
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    start = time.perf_counter()
    model = llama_cpp.Llama(
        model_path=options.model,
        n_ctx=options.prompt + options.tokens + 8,
        n_batch=512,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        verbose=False,
    )
    load_seconds = time.perf_counter() - start
    context = model.ctx
    vocab_size = model.n_vocab()

    def read(ids: list[int]) -> int:
        """Reads some tokens; the most probable next one."""
        array = (llama_cpp.llama_token * len(ids))(*ids)
        batch = llama_cpp.llama_batch_get_one(array, len(ids))
        if llama_cpp.llama_decode(context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        logits = llama_cpp.llama_get_logits_ith(context, -1)
        address = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float * vocab_size))
        return int(np.argmax(np.frombuffer(address.contents, dtype=np.float32)))

    prefills, decodes = [], []
    # The first round warms up and does not count.
    for counted in range(options.rounds + 1):
        memory = llama_cpp.llama_get_memory(context)
        llama_cpp.llama_memory_clear(memory, True)
        ids = [(3 + 31 * i + 7 * counted) % 259 for i in range(options.prompt)]
        start = time.perf_counter()
        for first in range(0, len(ids), 512):
            token = read(ids[first : first + 512])
        prefill = time.perf_counter() - start
        start = time.perf_counter()
        for _ in range(options.tokens):
            token = read([token])
        decode = time.perf_counter() - start
        if counted:
            prefills.append(options.prompt / prefill)
            decodes.append(options.tokens / decode)
    print(
        json.dumps(
            {
                "engine": f"llama.cpp (llama-cpp-python {llama_cpp.__version__})",
                "format": "as in the file",
                "threads": options.threads,
                "load_seconds": load_seconds,
                "prefill": prefills,
                "decode": decodes,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


main()
