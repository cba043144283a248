"""Makes expected.json: what transformers renders of chat templates.

Usage: python make_expected.py
Needs transformers and jinja2; runs offline. Renders the templates beside this file and, if it is there, those of
../../../../shared/data/chat-templates (or of NEXTTOKEN_TEST_DATA); of the latter only lengths and hashes are written.
"""

import datetime
import json
import os
from pathlib import Path

import jinja2
import transformers
from transformers.utils import chat_template_utils as utils

HERE = Path(__file__).parent
DATA = Path(os.environ.get("NEXTTOKEN_TEST_DATA") or HERE.parents[3] / "shared/data") / "chat-templates"
NOW = 1767323045  # 2026-01-02, 03:04:05 UTC


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, datetime.timezone.utc)


utils.datetime = Clock


def chat(text):
    """'s', 'u' and 'a' begin the messages of a conversation."""
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return [{"role": roles[line[0]], "content": line[1:]} for line in text.split("\0") if line]


CONVERSATIONS = [chat(text) for text in [
    "",
    "uHi",
    "sYou are terse. \0uHi",
    "uWhat is 2 + 2?\0a4, I think.\0u  Are you\nsure? é☃ \"quoted\" {{ x }} ",
    "sBe kind.\0uHi\0a<think>\nhm\n</think>\n\nHello.\0uBye\0aBye.\0uStill there?",
    "uHi\0aHello",
    "sOnly instructions.",
    "aI begin.\0uHi",
    "uOne\0uTwo",
    "uHi\0aHello\0sNow be short.\0uBye",
    "u\0a\0u",
    "u<|im_end|>\r\n{% raw %}</s>[INST]\0a\n\n  kept?  \n\0u\u00a0x\u2028y\tz\u200b 𝒳",
]]
BEGUN = [chat(text) for text in [
    "uWhat is 2 + 2?\0aThe answer is ",
    "sYou are terse. \0uHi\0aHello.\0uBye\0a \nSee you,\n\n- one",
    "uHi\0a",
]]


def render(template, messages, begun):
    """The text; or why there is none: the sentence of raise_exception, or that it fails."""
    try:
        # As transformers, which is told the texts of tokens by the tokenizer.
        texts, _ = utils.render_jinja_template(
            [messages], chat_template=template, add_generation_prompt=not begun, continue_final_message=begun,
            bos_token="<BOS>", eos_token="<EOS>")
        return {"text": texts[0]}
    except jinja2.exceptions.TemplateError as error:
        return {"refused": error.message} if type(error) is jinja2.exceptions.TemplateError else {"fails": True}
    except Exception:
        return {"fails": True}


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def all_of(template, begun=True):
    return [render(template, messages, False) for messages in CONVERSATIONS] + \
        [render(template, messages, True) for messages in BEGUN if begun]


def shortened(rendering):
    text = rendering.get("text")
    return rendering if text is None else {"bytes": len(text.encode()), "fnv": fnv(text)}


if __name__ == "__main__":
    read = lambda path: path.read_bytes().decode()
    # A begun reply that is shown as a value of Python has no end in the text.
    own = {path.stem: all_of(read(path), path.stem != "values") for path in sorted(HERE.glob("*.jinja"))}
    published = {path.stem: [shortened(r) for r in all_of(read(path))] for path in sorted(DATA.glob("*.jinja"))}
    (HERE / "expected.json").write_text(json.dumps({
        "transformers_version": transformers.__version__, "jinja2_version": jinja2.__version__, "now": NOW,
        "conversations": CONVERSATIONS, "begun": BEGUN, "own": own, "published": published,
    }, ensure_ascii=False, indent=1) + "\n")
    for name, renderings in own.items():
        print(name, ["ok" if "text" in r else "refused" if "refused" in r else "FAILS" for r in renderings])
