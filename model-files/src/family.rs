//! The families of decoders, by the names and the layout that their tensors have.

/// A family whose checkpoints name and lay out their tensors alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama, Mistral, Qwen 2 and 3, SmolLM3, Granite, StableLM, Cohere, Helium, ERNIE 4.5.
    Llama,
    /// Mixtral, Qwen's, Granite's and OLMo's mixtures of experts: Llamas otherwise.
    Moe,
    /// gpt-oss.
    GptOss,
    /// Gemma 2 and 3: four norms to a block.
    Gemma,
    /// Gemma 3n: a Gemma 3 with several residual streams and inputs for each layer.
    Gemma3n,
    /// OLMo 2 and 3, EXAONE 4: norms after attention and MLP.
    Olmo2,
    /// Phi-3: one matrix for queries, keys and values, and one for gate and up.
    Phi3,
    /// Phi-1.5 and 2.
    Phi,
    /// GPT-2.
    Gpt2,
    /// GPT-Neo, such as the models of TinyStories.
    GptNeo,
    /// GPT-BigCode, such as SantaCoder and StarCoder.
    GptBigcode,
    /// StarCoder 2: a Llama whose MLP has GPT-2's names.
    Starcoder2,
    /// OPT.
    Opt,
    /// GLM and GLM-4: Phi-3's MLP, and norms with names of their own.
    Glm,
    /// GPT-NeoX, such as Pythia.
    GptNeox,
    /// Bloom.
    Bloom,
    /// MPT.
    Mpt,
    /// Falcon 7B and its successors before Falcon 3, which is a Llama.
    Falcon,
    /// LFM2: short convolutions between attention.
    Lfm2,
    /// Mamba, Mamba 2 and Falcon Mamba: state spaces alone.
    Mamba,
    /// Granite 4: state spaces, and attention in some layers.
    GraniteHybrid,
    /// RecurrentGemma: gated linear recurrences, and attention in some layers.
    RecurrentGemma,
    /// DeepSeek-V2 and V3, GLM-4.5 and 4.7: experts in most layers, and mostly latent attention.
    Deepseek,
    /// Qwen 3.5 and Qwen3-Next: the gated delta rule, and gated attention in some layers.
    Qwen35,
    /// RWKV-4.
    Rwkv4,
    /// RWKV-7.
    Rwkv7,
}

/// The supported architectures, by their names in a `config.json`, for error messages.
pub const SUPPORTED: [&str; 68] = [
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "smollm3",
    "gemma2",
    "gemma3",
    "phi3",
    "gpt2",
    "granite",
    "olmo",
    "olmo2",
    "olmo3",
    "stablelm",
    "lfm2",
    "gpt_neox",
    "gpt_neo",
    "gpt_bigcode",
    "starcoder2",
    "opt",
    "phi",
    "falcon",
    "bloom",
    "mpt",
    "cohere",
    "cohere2",
    "glm",
    "glm4",
    "helium",
    "ernie4_5",
    "exaone4",
    "gemma",
    "ministral",
    "ministral3",
    "mistral3",
    "cwm",
    "internlm3",
    "iquestcoder",
    "seed_oss",
    "mixtral",
    "qwen2_moe",
    "qwen3_moe",
    "granitemoe",
    "olmoe",
    "gpt_oss",
    "mamba",
    "mamba2",
    "falcon_mamba",
    "granitemoehybrid",
    "recurrent_gemma",
    "qwen3_5",
    "qwen3_5_moe",
    "qwen3_next",
    "deepseek_v2",
    "deepseek_v3",
    "glm4_moe",
    "glm4_moe_lite",
    "arcee",
    "nemotron",
    "hunyuan_v1_dense",
    "youtu",
    "minicpm3",
    "ernie4_5_moe",
    "lfm2_moe",
    "vaultgemma",
    "gemma3n",
    "rwkv",
    "rwkv7",
];
