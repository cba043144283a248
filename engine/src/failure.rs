//! The failure that a person sees for each error: a code, a sentence, and what to do.

use inference::InferenceError;
use kernels::OutOfMemory;
use model_files::ModelFileError;
use model_files::gguf::GgufError;
use protocol::{ErrorCode, Failure};
use text::chat::ChatError;
use text::tokenizer::TokenizerError;

use crate::error::EngineError;

type CodeAndHint = (ErrorCode, Option<&'static str>);

impl EngineError {
    /// The error as a person sees it.
    pub fn failure(&self) -> Failure {
        if let EngineError::Elsewhere(failure) = self {
            return failure.clone();
        }
        let (code, hint) = describe_engine(self);
        Failure { code, message: self.to_string(), hint: hint.map(str::to_owned) }
    }
}

fn describe_engine(error: &EngineError) -> CodeAndHint {
    use EngineError as E;
    match error {
        E::EmptyPrompt => {
            (ErrorCode::EmptyPrompt, Some("Type some text, then press Start."))
        }
        E::PromptTooLong { .. } => (
            ErrorCode::PromptTooLong,
            Some(
                "Shorten the text, clear the chat, or choose a model with a longer context.",
            ),
        ),
        E::TextTooLong { .. } => (ErrorCode::PromptTooLong, Some("Shorten the text.")),
        E::WordTooLong { .. } => {
            (ErrorCode::PromptTooLong, Some("Look up a shorter text, or score it."))
        }
        E::InvalidToken { .. } => (
            ErrorCode::InvalidToken,
            Some("Start again with this model: ids of another model mean other tokens."),
        ),
        E::InvalidSetting(_) | E::InvalidLimit { .. } => {
            (ErrorCode::InvalidSettings, None)
        }
        E::Pattern(_) => (
            ErrorCode::InvalidSettings,
            Some("Change the pattern, or write the texts as a list."),
        ),
        E::NothingToDraw => (
            ErrorCode::NothingToDraw,
            Some(
                "Change the allowed texts or the banned tokens, or take back what was \
                 added to the text.",
            ),
        ),
        E::Unsupported(_) => (ErrorCode::Unsupported, None),
        E::Awaited | E::Elsewhere(_) => {
            (ErrorCode::Network, Some("Try again in a moment."))
        }
        E::NoModel => (ErrorCode::NoModel, Some("Choose a model first.")),
        E::Busy { .. } => (ErrorCode::Busy, Some("Wait a moment and try again.")),
        E::NoChatTemplate { .. } => (
            ErrorCode::NoChatTemplate,
            Some("Use the Token Explorer with it, or choose an instruct model."),
        ),
        E::BrokenChatTemplate { .. } => (
            ErrorCode::NoChatTemplate,
            Some(
                "Use the Token Explorer with it, choose another model, or mend its chat template.",
            ),
        ),
        E::Chat(
            ChatError::TakenVariable { .. }
            | ChatError::TooManyVariables { .. }
            | ChatError::SpecialInVariable { .. },
        ) => (ErrorCode::ChatTemplate, Some("Leave it out of chat_template_kwargs.")),
        E::Chat(_) => (
            ErrorCode::ChatTemplate,
            Some("Change or clear the conversation, or choose another model."),
        ),
        E::NoEmbedding { .. } => (
            ErrorCode::InvalidToken,
            Some("Leave it out of the text, or choose another model."),
        ),
        E::Tokenizer(error) => describe_tokenizer(error),
        E::ModelFile(error) => describe_model_file(error),
        E::Inference(error) => describe_inference(error),
        E::OutOfMemory(OutOfMemory) => OUT_OF_MEMORY,
    }
}

fn describe_tokenizer(error: &TokenizerError) -> CodeAndHint {
    match error {
        TokenizerError::Unsupported { .. } => {
            (ErrorCode::UnsupportedModel, Some("Choose a model with another tokenizer."))
        }
        TokenizerError::Gguf(error) => describe_gguf(error),
        _ => DAMAGED,
    }
}

fn describe_gguf(error: &GgufError) -> CodeAndHint {
    match error.advice() {
        Some(advice) => (ErrorCode::UnsupportedModel, Some(advice)),
        None => DAMAGED,
    }
}

fn describe_model_file(error: &ModelFileError) -> CodeAndHint {
    use ModelFileError as E;
    match error {
        E::Config(_) | E::UnsupportedArchitecture { .. } | E::Unlike { .. } => {
            (ErrorCode::UnsupportedModel, Some("Choose another model."))
        }
        E::Mismatch(_) => (
            ErrorCode::UnsupportedModel,
            Some(
                "Take all files from one version of the model; if they are, choose another \
                 model.",
            ),
        ),
        E::NotAModel { .. } => (
            ErrorCode::UnsupportedModel,
            Some("Take a version of the model that is whole, or choose another model."),
        ),
        E::Quantised { .. } | E::NumberFormat { .. } => (
            ErrorCode::UnsupportedModel,
            Some("Take the model that it was made of, or a GGUF file of it."),
        ),
        E::Gguf(GgufError::NotGguf) => (
            ErrorCode::InvalidModelFile,
            Some("Choose a GGUF file; if it is named as one, download it again."),
        ),
        E::Gguf(error) => describe_gguf(error),
        E::File(_) => (
            ErrorCode::InvalidModelFile,
            Some("Try again; if it happens again, choose the model anew."),
        ),
        E::OutOfMemory => (
            ErrorCode::OutOfMemory,
            Some("Choose 4 bits or a smaller model, or close other programs and tabs."),
        ),
        E::Compute(_) => COMPUTE,
        _ => DAMAGED,
    }
}

fn describe_inference(error: &InferenceError) -> CodeAndHint {
    match error {
        InferenceError::ModelFile(error) => describe_model_file(error),
        InferenceError::OutOfMemory(OutOfMemory) => OUT_OF_MEMORY,
        InferenceError::NoRoomToVerify => (
            ErrorCode::OutOfMemory,
            Some("Close other programs and tabs, or verify a shorter text."),
        ),
        InferenceError::NonFiniteLogits => DAMAGED,
        InferenceError::NotListed => (
            ErrorCode::Unsupported,
            Some(
                "Let that engine list the whole vocabulary, as vLLM does with \
                 --max-logprobs -1.",
            ),
        ),
        _ => COMPUTE,
    }
}

const DAMAGED: CodeAndHint = (
    ErrorCode::InvalidModelFile,
    Some("Download the model's files again, or choose another model."),
);

const OUT_OF_MEMORY: CodeAndHint = (
    ErrorCode::OutOfMemory,
    Some(
        "Shorten the text, close other programs and tabs, or choose 4 bits or a smaller \
         model.",
    ),
);

const COMPUTE: CodeAndHint = (
    ErrorCode::Internal,
    Some("Try again; if it happens again, choose a smaller model."),
);
