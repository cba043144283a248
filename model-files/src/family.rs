//! The families of decoders, by the names and the layout that their tensors have.

/// A family whose checkpoints name and lay out their tensors alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama, Mistral, Qwen 2 and 3, SmolLM3, Granite, StableLM.
    Llama,
    /// Gemma 2 and 3: four norms to a block.
    Gemma,
    /// OLMo 2: norms after attention and MLP.
    Olmo2,
    /// Phi-3: one matrix for queries, keys and values, and one for gate and up.
    Phi3,
    /// Phi-1.5 and 2.
    Phi,
    /// GPT-2.
    Gpt2,
    /// GPT-NeoX, such as Pythia.
    GptNeox,
    /// Falcon 7B and its successors before Falcon 3, which is a Llama.
    Falcon,
    /// LFM2: short convolutions between attention.
    Lfm2,
}

/// The supported architectures, by their names in a `config.json`, for error messages.
pub const SUPPORTED: [&str; 16] = [
    "llama", "mistral", "qwen2", "qwen3", "smollm3", "gemma2", "gemma3", "phi3", "gpt2",
    "granite", "olmo2", "stablelm", "lfm2", "gpt_neox", "phi", "falcon",
];
