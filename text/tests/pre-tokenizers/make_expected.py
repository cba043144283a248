"""Makes expected.json: the ids that llama.cpp and the tokenizers library give texts under each pre-tokenizer's name.

Usage: python make_expected.py
Needs tokenizers, gguf and llama-cpp-python (which brings llama.cpp); runs offline.

The vocabulary is trained on the texts themselves, without splitting them: many of its tokens go across words, so a text
that is split at another place has other ids. Each name is put into a GGUF file that llama.cpp reads, and its rule, as the
models' own tokenizer.json writes it, into the library; both must agree, but for the texts that are listed as
"apart": llama.cpp composes no characters, knows fewer letters as capitals or small, takes a run of digits for one word
in deepseek-llm, and only ASCII white space and word ends for such in some patterns. There the library is right.
"""

import ctypes
import json
import tempfile
from pathlib import Path

import gguf
from llama_cpp import llama_cpp
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = Path(__file__).parent
TEXTS = [
    "", " ", "a", "  a  b   c    d", "I'm sure you'll say it's what they've, we'd and I'D; 'RE 'tis o'clock 'Ll 'm",
    "1 22 333 4444 55555 666666 7777777 3.1415 1,000,000 0x1F -12 1e10 ½ ² Ⅷ ٣٤٥ १२३४ ４５６ 一二三 3rd 2x4",
    "line\nnext\r\nthird\n\n\nfourth\r\r\n  \n\t\n end\n", "\t\ttabs\t and \u00a0\u00a0no-break \u3000wide\u2003em\u200bzero ",
    "tail   ", "tail\n", "\n\n  head", "  \n  \n", "a \nb  \n c\t\nd",
    "Hello, World! (yes) [no] {maybe} <tag> \"quoted\" 'single' `tick` -- --- ... ... ?! #hash @at $5 €6 100% a&b ~x ^y |z| \\n /path/to",
    "fn main() {\n    let x: i32 = 42; // comment\n\tif (a != b && c->d[0] >= 1e-5) { return \"s\\n\"; }\n}\n",
    "def f(self, **kwargs):\n    return [x**2 for x in range(10) if x % 2 == 0]  # squares\n\n\nclass A_b2: pass",
    "<html lang=\"en\"><p>Text&nbsp;more</p></html>\n<!-- note -->", "camelCase PascalCase HTTPServer iPhone XMLHttp2Request ABCdef ǅungla ÀÉÎ àéî ÀÉîo",
    "Größe naïve café cafe\u0301 résumé re\u0301sume\u0301 Å A\u030a ñandú İstanbul ﬁne ŉ ß ẞ Æther",
    "Нещо на български, по-нататък! Ёлка ΑΒΓ αβγ άέή ὰὲὴ Հայերեն ქართული ᲐᲑᲒ",
    "我想在apple工作1314151天～，你好，世界！今天天气很好。“引号”《书名》、顿号…… 龥龦㐀𠀀", "日本語のテキストとカタカナとｶﾅ、ー々〆 2024年1月1日。ﾊﾝｶｸ",
    "한국어 텍스트입니다. 안녕하세요? ㄱㄴㄷ ㅏㅑ 가\u1100\u1161각 123원", "ภาษาไทยไม่มีช่องว่าง กำลังดี ๑๒๓ ขอบคุณครับ", "កាន់តែពិសេសអាច នេះ ១២៣",
    "हिन्दी में लिखा हुआ, नमस्ते दुनिया। বাংলা ভাষা தமிழ் తెలుగు", "العربية، مرحبا بالعالم؟ ۔ עברית שָׁלוֹם", "Tiếng Việt rất hay, đường phố Hà Nội",
    "🚀 (normal) 😶\u200d🌫️ (multiple emojis concatenated) ✅ 🦙🦙 👩\u200d🚀👍🏽 🇩🇪 ☃ ❤️", "ㄅㄆㄇ ！？，。、：；（）【】「」『』〈〉—…—… ‘a’ “b” ～",
    "≠ ≤ ∑∫√ → ← ⇒ © ® ™ ° µ € £ ¥ ₹ § ¶ • ‰ ℂ ℝ Ω Å K", "=======------======= ''''''```````\"\"\"\"......!!!!!!??????",
    "don't DON'T Don'T can't've y'all'd rock'n'roll '90s 'twas l'été d'Artagnan’s it’s", "_snake_case__ __init__ a_b_1 $var_1 @user_2 #tag_3",
    "https://example.org/path?q=1&r=two#frag mail@example.org C:\\Users\\x 192.168.0.1 12:34:56 2024-01-01T00:00:00Z",
    "  7  88   999\t\t4444  x", "x=1;y=2;z=3,a+b-c*d/e%f^g|h~i!j?k:l", " leading", "  two", "   three\n   four", "a\u0301 \u0301b x\u20dd\ufe0f e\u0327\u0301", "\u200b\u200d\ufeff mixed\u00ad soft",
    "Don’t—ever…do «ça» ‹là› ‚low‘ „low“", "1२3 4๕6 7٨9 a1b2c3 1a2b3c v1.2.3-beta+4", "100000000000 12345678901234567890 1234 567 89 0",
    "ꙀꙁꚀ ﬀﬁ ＡＢＣａｂｃ １２３ 𐐀𐐨 𝐀𝐁𝐂 𝟏𝟐𝟑", "Ⴀ Ꭰ ᏸ ᴀ Ḁ ἀ ᾀ ῼ ₐ ⁿ ª º ʰ ˈ", "\u0085next\u2028line\u2029para\u000bvt\u000cff end",
]
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"
# The letters of DeepSeek's first tokenizer, as ranges of code points.
LETTERS = (
    "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 "
    "3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A "
    "1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 "
    "1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 "
    "212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D "
    "A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 "
    "104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943"
)
ranges = [[chr(int(end, 16)) for end in part.split("-")] for part in LETTERS.split()]
LETTERS = "[" + "".join("-".join(ends) for ends in ranges) + "]"
FIRST_CJK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
THIRD_CJK = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"


def llama_3(numbers, marks="", breaks=r"[\r\n]*", signs=""):
    return (CONTRACTIONS + rf"|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}{marks}]+|{numbers}"
            rf"| ?[^\s\p{{L}}{marks}\p{{N}}{signs}]+{breaks}|{SPACES}")


def capitals(numbers, endings=""):
    return (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{endings}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{endings}"
            rf"|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}")


O200K = capitals(r"\p{N}{1,3}", CONTRACTIONS + "?")
DEEPSEEK_3 = [r"\p{N}{1,3}", THIRD_CJK,
              "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
              "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
RULES = {
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT_2, r"\p{N}+", r"[0-9][0-9][0-9]"],
    "gpt-2": [GPT_2],
    "llama-bpe": [llama_3(r"\p{N}{1,3}")],
    "qwen2": [llama_3(r"\p{N}")],
    "qwen35": [llama_3(r"\p{N}", r"\p{M}")],
    "seed-coder": [llama_3(r"\p{N}", breaks="", signs=r"\r\n")],
    "minicpm5": [r"\p{N}{1,3}", llama_3(r"\p{N}+")],
    "smollm": [r"\p{N}", GPT_2],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT_2, r"[0-9][0-9][0-9]"],
    "tekken": [capitals(r"\p{N}")],
    "gpt-4o": [O200K],
    "tiny_aya": [r"\d{1,3}(?=(?:\d{3})*\b)", O200K],
    "youtu": ["[\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f\ufe30-\ufe4f]+"
              "|[\u3105-\u312f]+|" + THIRD_CJK, capitals(r"\p{N}", CONTRACTIONS + "?")],
    "bloom": [BLOOM],
    "viking": [BLOOM, r"\p{N}"],
    "deepseek-llm": ["[\r\n]", rf"\s?{LETTERS}+", "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
                     r"\s+$", FIRST_CJK, r"\p{N}"],
    "deepseek-coder": ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", FIRST_CJK, r"\p{N}"],
    "deepseek-v3": DEEPSEEK_3,
}
# Other names of the same rules.
NAMES = {
    "gpt-2": "phi-2 mpt olmo jais trillion exaone4 a.x-4.0 gigachat granite-docling mellum",
    "llama-bpe": "llama3 llama-v3 falcon3 falcon-h1 lfm2 midm-2.0 pixtral smaug-bpe dbrx chatglm-bpe glm4 glm5",
    "qwen2": "deepseek-r1-qwen megrez stablelm2 hunyuan kormo solar-open",
    "smollm": "starcoder refact command-r codeshell exaone minerva-7b mellum2",
    "gpt-4o": "llama4 kanana2 talkie",
    "tiny_aya": "cohere2moe",
    "bloom": "poro-chat gpt3-finnish",
    "deepseek-v3": "hunyuan-dense joyai-llm",
}
# Where a word that is a token becomes that token.
WHOLE_WORDS = set("llama-bpe llama3 llama-v3 falcon3 falcon-h1 lfm2 midm-2.0 pixtral glm4 glm5 tekken minicpm5 youtu".split())
# The models' own tokenizers compose characters; llama.cpp does not.
COMPOSED = set("qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan qwen35".split())


def spelled(steps, composed):
    """The library's parts: the texts' normalizer and pre-tokenizer."""
    splits = [pre_tokenizers.Split(Regex(step), "isolated") for step in steps]
    return (normalizers.NFC() if composed else normalizers.Sequence([]),
            pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))


def vocabulary():
    trained = Tokenizer(models.BPE())
    trained.normalizer, trained.pre_tokenizer = spelled([], False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1800, initial_alphabet=alphabet, show_progress=False)
    trained.train_from_iterator(TEXTS, trainer)
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [tuple(merge) for merge in model["merges"]]


def by_library(tokens, merges, name, rule):
    vocab = {token: at for at, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab, merges, ignore_merges=name in WHOLE_WORDS))
    tokenizer.normalizer, tokenizer.pre_tokenizer = spelled(RULES[rule], name in COMPOSED)
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]


def by_llama_cpp(tokens, merges, name, folder):
    path = str(Path(folder) / "vocabulary.gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(path.encode(), params)
    vocab = llama_cpp.llama_model_get_vocab(model)
    answers = []
    for text in TEXTS:
        data = text.encode()
        ids = (ctypes.c_int32 * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(vocab, data, len(data), ids, len(ids), False, False)
        answers.append(list(ids[:count]))
    llama_cpp.llama_model_free(model)
    return answers


def main():
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, None)
    tokens, merges = vocabulary()
    rules = {name: rule for rule in RULES for name in [rule, *NAMES.get(rule, "").split()]}
    expected, apart = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, rule in rules.items():
            expected[name] = by_library(tokens, merges, name, rule)
            other = by_llama_cpp(tokens, merges, name, folder)
            differ = [at for at, pair in enumerate(zip(expected[name], other)) if pair[0] != pair[1]]
            if differ:
                apart[name] = differ
                print(name, "llama.cpp differs:", [TEXTS[at] for at in differ])
    # A rule that no text tells from another is not tested.
    for rule in RULES:
        same = [other for other in RULES if other != rule and expected[other] == expected[rule]]
        assert not same, f"{rule} is as {same}"
    groups = {}
    for name, ids in expected.items():
        groups.setdefault(json.dumps(ids), []).append(name)
    text = json.dumps({
        "tokens": tokens, "merges": [" ".join(merge) for merge in merges], "texts": TEXTS,
        "rules": [{"names": names, "ids": json.loads(ids)} for ids, names in groups.items()], "apart": apart,
    }, ensure_ascii=True)
    (HERE / "expected.json").write_text(text.replace('], "', '],\n"') + "\n")


main()
