"""Makes vocabulary.txt, a small vocabulary in the form of RWKV's, and expected.json: the ids that its author's own
tokenizer gives texts.

Usage: python make_expected.py [rwkv_vocab_v20230424.txt ids.json]
Needs the package `rwkv`; runs offline. With a vocabulary's file, writes the ids of the same texts by it to another file.
"""

import importlib.util
import json
import sys
from pathlib import Path

# The package itself would load torch.
ROOT = Path(importlib.util.find_spec("rwkv").submodule_search_locations[0])
spec = importlib.util.spec_from_file_location("rwkv_tokenizer", ROOT / "rwkv_tokenizer.py")
rwkv_tokenizer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rwkv_tokenizer)

HERE = Path(__file__).parent
TEXTS = json.loads((HERE.parent / "pre-tokenizers" / "expected.json").read_text())["texts"]


def vocabulary():
    """All bytes, then pieces of the texts: of text where they are text, of bytes where they end within a character."""
    pieces = set()
    for text in TEXTS:
        data = text.encode()
        for start in range(0, len(data), 3):
            for length in (2, 3, 4, 7, 11):
                pieces.add(data[start:start + length])
    pieces = sorted(piece for piece in pieces if len(piece) > 1)[::4]
    lines = []
    for number, piece in enumerate([bytes([byte]) for byte in range(256)] + pieces, 1):
        try:
            literal = repr(piece.decode())
        except UnicodeDecodeError:
            literal = repr(piece)
        lines.append(f"{number} {literal} {len(piece)}\n")
    return "".join(lines)


def ids(path):
    tokenizer = rwkv_tokenizer.TRIE_TOKENIZER(str(path))
    return [tokenizer.encode(text) for text in TEXTS]


if sys.argv[1:]:
    Path(sys.argv[2]).write_text(json.dumps({"texts": TEXTS, "ids": ids(sys.argv[1])}))
else:
    (HERE / "vocabulary.txt").write_text(vocabulary(), encoding="utf-8", newline="\n")
    (HERE / "expected.json").write_text(json.dumps(ids(HERE / "vocabulary.txt")).replace("], [", "],\n[") + "\n")
