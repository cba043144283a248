//! The sources of a decoder's tensors: safetensors or GGUF files, which are converted
//! tensor by tensor to the format in memory, or files of packed weights, which already
//! have it.

mod altup;
mod attention;
mod decoder_weights;
mod feed_forward;
mod gguf;
mod gguf_latent;
mod latent;
mod layer_weights;
mod layout;
mod loader;
mod matrix;
mod mixture;
mod packed;
mod parts;
mod placement;
mod projections;
mod recurrence;
mod safetensors;
mod shards;
mod source;
mod stats;
mod stored;
mod stored_rows;
mod stream_weights;
mod tensor_id;
mod wkv;

pub use self::decoder_weights::{
    AttentionWeights, ConvolutionWeights, DecoderView, DecoderWeights,
    EmbeddingProjections, ExpertsWeights, FeedForward, LatentWeights, LayerWeights,
    MixerWeights, MlpWeights, RecurrenceNumbers, RecurrenceWeights, SharedExpert,
    WkvNumbers,
};
pub use self::gguf::GgufSource;
pub use self::loader::LoadMatrix;
pub use self::matrix::Matrix;
pub use self::packed::{
    PackedSink, PackedSource, PackedState, PackedWriter, RecordingSource, pack_all,
    packed_state, verify_packed,
};
pub use self::parts::{NormWeights, Projection};
pub use self::placement::Placement;
pub use self::safetensors::SafetensorsSource;
pub use self::shards::shard_names;
pub use self::source::TensorSource;
pub use self::stats::WeightStats;
pub use self::stored::StoredMatrix;
pub use self::stream_weights::{LayerInputs, StreamWeights};
pub use self::tensor_id::{Role, Shifted, TensorId};
