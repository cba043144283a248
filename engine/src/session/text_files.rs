//! The files of a model that turn texts and conversations into tokens: all that is needed of
//! a model that an engine elsewhere runs.

use std::fmt;

use model_files::config::{Config, end_ids};
use model_files::gguf::read_header;
use model_files::{BoxedFile, ModelFileError, python_json};
use protocol::{ModelDescription, TokenId};
use serde_json::Value;
use text::chat::{ChatError, ChatTemplate, TokenizerConfig};
use text::tokenizer::Tokenizer;

use super::end_tokens::{EndFiles, end_tokens};
use crate::error::Result;

/// The files of a model's tokenizer and chat template. Weights are not needed.
#[derive(Default)]
pub struct TextFiles {
    /// A GGUF file, whose header has a tokenizer.
    pub gguf: Option<BoxedFile>,
    /// `config.json`.
    pub config: Option<Vec<u8>>,
    /// `tokenizer.json`, which is used in place of a GGUF file's own.
    pub tokenizer: Option<Vec<u8>>,
    /// `tokenizer_config.json`, which may hold the chat template.
    pub tokenizer_config: Option<Vec<u8>>,
    /// `generation_config.json`, which names the tokens that end a text.
    pub generation_config: Option<Vec<u8>>,
    /// `chat_template.jinja`, which is used in place of any other template.
    pub chat_template: Option<Vec<u8>>,
}

impl fmt::Debug for TextFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_struct("TextFiles").finish_non_exhaustive()
    }
}

/// What turns texts and conversations into tokens.
pub(super) struct TextParts {
    pub(super) tokenizer: Tokenizer,
    pub(super) template: Option<std::result::Result<ChatTemplate, ChatError>>,
    /// The tokens that end a text or a turn.
    pub(super) ends: Vec<TokenId>,
    /// V, if the configuration says it.
    pub(super) vocab_size: Option<u32>,
}

impl TextFiles {
    /// Reads the tokenizer alone, to prove that an engine has the same.
    ///
    /// # Errors
    /// If it is missing, damaged or not supported.
    pub fn tokenizer(&self) -> Result<Tokenizer> {
        Ok(self.read()?.tokenizer)
    }

    /// Reads the files.
    ///
    /// # Errors
    /// If the tokenizer is missing, damaged or not supported. All else can be left out.
    pub(super) fn read(&self) -> Result<TextParts> {
        let gguf = self.gguf.as_ref().map(|file| read_header(&**file)).transpose()?;
        let tokenizer = match (&self.tokenizer, &gguf) {
            (Some(file), _) => Tokenizer::from_file(file)?,
            (None, Some(gguf)) => Tokenizer::from_gguf(gguf)?,
            (None, None) => {
                let missing = "tokenizer.json is missing";
                return Err(ModelFileError::Config(missing.into()).into());
            }
        };
        let header = gguf.as_ref().and_then(|g| g.string("tokenizer.chat_template").ok());
        let chat = ChatParts::new(
            &tokenizer,
            self.tokenizer_config.as_deref(),
            self.chat_template.as_deref(),
            header.map(str::to_owned),
        );
        // The engine elsewhere may run architectures that this one does not.
        let config = gguf.as_ref().and_then(|gguf| Config::from_gguf(gguf).ok());
        let json = self.config.as_deref().unwrap_or_default();
        let json: Value = python_json::from_slice(json).unwrap_or_default();
        let size = |json: &Value| json.get("vocab_size").and_then(Value::as_u64);
        let size = size(&json).or_else(|| size(json.get("text_config")?));
        let size = config.as_ref().map(|config| config.vocab_size as u64).or(size);
        let mut known = config.map_or_else(Vec::new, |config| config.end_of_generation);
        if let Some(named) = json.get("eos_token_id") {
            known.extend(end_ids(named, |text| tokenizer.token_to_id(text)));
        }
        let files = EndFiles {
            known,
            generation_config: self.generation_config.as_deref(),
            vocab_size: size.map_or(tokenizer.vocab_size(), |size| size as usize),
        };
        let usable = chat.template.as_ref().and_then(|template| template.as_ref().ok());
        let ends = end_tokens(files, &tokenizer, chat.eos.as_deref(), usable);
        let vocab_size = size.and_then(|size| u32::try_from(size).ok());
        Ok(TextParts { template: chat.template, tokenizer, ends, vocab_size })
    }
}

/// What a model's description says of its chat template. All else in it is empty.
pub(super) fn chat_description(
    template: Option<&std::result::Result<ChatTemplate, ChatError>>,
) -> ModelDescription {
    let usable = template.and_then(|template| template.as_ref().ok());
    let thinking = usable.and_then(ChatTemplate::thinking);
    ModelDescription {
        chat: usable.is_some(),
        chat_fault: template.and_then(|t| Some(t.as_ref().err()?.to_string())),
        system_message: usable.is_some_and(ChatTemplate::takes_system_message),
        thinking: thinking.map(|switch| switch.variable.into()).unwrap_or_default(),
        thinks_unasked: thinking.is_some_and(|switch| switch.unasked),
        ..ModelDescription::default()
    }
}

/// The chat template with what it needs.
pub(super) struct ChatParts {
    pub(super) template: Option<std::result::Result<ChatTemplate, ChatError>>,
    /// The text of the tokenizer's own token that ends a text.
    pub(super) eos: Option<String>,
}

impl ChatParts {
    /// Finds a model's template: in a file of its own, in `tokenizer_config.json`, or in the
    /// header of a GGUF file.
    pub(super) fn new(
        tokenizer: &Tokenizer,
        tokenizer_config: Option<&[u8]>,
        chat_template: Option<&[u8]>,
        header: Option<String>,
    ) -> ChatParts {
        let read = tokenizer_config.map(TokenizerConfig::from_json);
        let (tokenizer_config, config_fault) = match read {
            Some(Err(fault)) => (TokenizerConfig::default(), Some(fault)),
            read => (read.and_then(std::result::Result::ok).unwrap_or_default(), None),
        };
        let jinja = chat_template.map(String::from_utf8_lossy);
        let source = jinja
            .map(|text| text.into_owned())
            .or_else(|| tokenizer_config.chat_template.clone())
            // The name of a template that is in no file.
            .or(header.filter(|header| header != "rwkv-world"));
        let bos = tokenizer_config.bos_token.as_deref().or(tokenizer.bos_token());
        let eos = tokenizer_config.eos_token.as_deref().or(tokenizer.eos_token());
        // A broken template only disables chat: text can be continued without one.
        let template = match (source, config_fault) {
            (Some(source), _) => Some(ChatTemplate::new(&source, bos, eos)),
            (None, fault) => fault.or(tokenizer_config.fault).map(Err),
        };
        ChatParts { template, eos: eos.map(str::to_owned) }
    }
}
