//! Names of architectures that have code of their own, in transformers 5.24 or with their
//! weights, and are not read here. Whatever their settings look like, they are not taken for
//! another family's.

/// Whether an architecture has code of its own that is not known here.
pub(super) fn has_other_code(name: &str) -> bool {
    OTHER_CODE.contains(&name)
}

#[rustfmt::skip]
const OTHER_CODE: &[&str] = &[
    "RefinedWeb", "RefinedWebModel", "afmoe", "apertus", "apertus1p5_text",
    "aria_text", "axk1", "axk2", "baichuan", "bailing_hybrid", "bamba", "bart", "beam",
    "bert", "bert-generation", "big_bird", "bigbird_pegasus", "biogpt", "bitnet",
    "blenderbot", "blenderbot-small", "blt", "bluelm", "camembert", "chatglm",
    "codegen", "codeshell", "cohere2_moe", "cohere_compass_text", "cpmant", "ctrl",
    "data2vec-text", "dbrx", "deepseek", "deepseek_v32",
    "deepseek_v4", "diffllama", "doge", "dory", "dots1", "dots3_note",
    "dots3_note_text", "electra", "emu3", "ernie", "exaone",
    "exaone_moe", "falcon_h1", "flex_olmo", "flint", "fuyu",
    "gemma4", "gemma4_assistant", "gemma4_text", "gemma4_unified",
    "gemma4_unified_assistant", "gemma4_unified_text", "git", "glm_moe_dsa", "got_ocr2", "gpt-sw3", "gpt_neox_japanese",
    "gptj", "granite_swa", "granitemoe_swa",
    "granitemoeshared", "hrm_text",
    "hunyuan_v1_moe", "hy_v3", "hy_v4", "hyperclovax", "inkling2_loop_text",
    "inkling2_text", "inkling_text", "internlm", "internlm2", "jais2", "jamba",
    "jetmoe", "kimi_linear", "kolibri1", "laguna", "lara_mini", "lfm3",
    "llama4", "llama4_text", "longcat_flash", "m2m_100", "marian",
    "mbart", "megatron-bert", "mellum", "mimo_v2_flash", "minicpm", 
    "minimax", "minimax_m2", "minimax_m3_vl_text", "mllama",
    "modernbert-decoder", "moshi", "moss_transcribe_diarize", "mt5", "musicgen",
    "musicgen_melody", "mvp", "nanochat", "nemotron_h",
    "olmo_hybrid", "openai-gpt", "openelm", "orion", "pegasus", "persimmon",
    "phi4_multimodal", "phimoe", "plbart", "prophetnet", "qwen",
    "qwen4_exp", "qwen4_exp_text", "reformer", "rembert", "roberta",
    "roberta-prelayernorm", "roc_bert", "roformer", "rwkv5", "rwkv6",
    "sarvam_mla", "sarvam_moe", "solar_open", "speech_to_text", "stablelm_epoch", "t5",
    "telechat", "trocr", "umt5", "whisper", "xgen", "xglm", "xlm",
    "xlm-roberta", "xlm-roberta-xl", "xlnet", "xlstm", "xmod", "zamba",
    "zamba2", "zaya",
];
