//! What is preferred of a model's files, and what came of choosing.

/// Which format of the weights is preferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// The smallest with hardly any loss: 8-bit GGUF, then what else there is.
    #[default]
    Compact,
    /// Half of that: GGUF of 4 or 5 bits, else weights that can be quantised to 4, then
    /// what else there is.
    Small,
    /// The weights as they were published, if they are there.
    Exact,
}

/// Files by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The weights: one GGUF file, or safetensors files in order.
    pub weights: Vec<String>,
    /// What goes with them.
    pub others: Vec<String>,
}

/// What came of choosing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selected {
    /// These files.
    Files(Selection),
    /// The weights are in several files, and this index says which. Choose again with it.
    NeedsIndex(String),
}

/// Why no files were chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is no file or folder of this name.
    Missing(String),
    /// There are none that can be used; what goes behind "the model cannot be used: ".
    Because(String),
}
