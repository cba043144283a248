//! What a tokenizer does to text that is not at the start of a sequence: it adds no space that
//! belongs only before the first word. (The library decides by the text's offset, here always
//! 0.)

use tokenizers::normalizers::{NormalizerWrapper, Sequence as Normalizers};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::pre_tokenizers::sequence::Sequence;

/// The pre-tokenizer for text that follows added tokens in the same text. One that puts a
/// space before each part of a text still does.
pub(super) fn after_added_tokens(
    pre_tokenizer: PreTokenizerWrapper,
) -> PreTokenizerWrapper {
    without_prefix(pre_tokenizer, &|scheme| scheme == PrependScheme::First, false)
}

/// The pre-tokenizer for text that continues another: no space is ever added to it.
pub(super) fn of_continuation(pre_tokenizer: PreTokenizerWrapper) -> PreTokenizerWrapper {
    without_prefix(pre_tokenizer, &|_| true, true)
}

/// The normalizer for text that continues another; `None` if it changes nothing.
pub(super) fn normalizer_of_continuation(
    normalizer: NormalizerWrapper,
) -> Option<NormalizerWrapper> {
    match normalizer {
        NormalizerWrapper::Prepend(_) => None,
        NormalizerWrapper::Sequence(sequence) => {
            let steps = sequence.into_iter().filter_map(normalizer_of_continuation);
            Some(NormalizerWrapper::Sequence(Normalizers::new(steps.collect())))
        }
        other => Some(other),
    }
}

fn without_prefix(
    pre_tokenizer: PreTokenizerWrapper,
    is_prefix: &dyn Fn(PrependScheme) -> bool,
    byte_level: bool,
) -> PreTokenizerWrapper {
    match pre_tokenizer {
        PreTokenizerWrapper::Metaspace(mut metaspace) => {
            if is_prefix(metaspace.prepend_scheme) {
                metaspace.prepend_scheme = PrependScheme::Never;
            }
            PreTokenizerWrapper::Metaspace(metaspace)
        }
        PreTokenizerWrapper::ByteLevel(mut bytes) if byte_level => {
            bytes.add_prefix_space = false;
            PreTokenizerWrapper::ByteLevel(bytes)
        }
        PreTokenizerWrapper::Sequence(sequence) => {
            let steps = sequence
                .into_iter()
                .map(|step| without_prefix(step, is_prefix, byte_level));
            PreTokenizerWrapper::Sequence(Sequence::new(steps.collect()))
        }
        other => other,
    }
}
