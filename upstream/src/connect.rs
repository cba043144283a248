//! Finding out what an engine is, which model it runs, whether its tokens are those of here,
//! and how much it tells.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{RemoteDescription, Session, TextFiles};
use protocol::{Failure, TokenId};
use serde_json::Value;
use text::tokenizer::Tokenizer;

use crate::client::Client;
use crate::dialect::{Dialect, Listing, Spellings};
use crate::http::{Call, Http};
use crate::model::{Abilities, Asker, Model};
use crate::proof::Proof;
use crate::{Address, Kind, Settings, UpstreamError};

/// Numbers of tokens that engines list at most, as they are tried.
const CAPS: [usize; 9] = [1024, 256, 128, 64, 50, 20, 10, 5, 2];
/// The context where an engine does not tell its own.
const CONTEXT: u32 = 4096;

/// An engine that was found, with its model as a session.
#[derive(Debug)]
pub struct Connected {
    /// The model.
    pub session: Session,
    /// What was found, for the log.
    pub found: String,
}

/// What an engine tells of itself.
struct Introduction {
    dialect: Dialect,
    /// Its name with its version.
    engine: String,
    context_length: Option<u32>,
    vocab_size: Option<usize>,
}

/// Finds an engine and proves it. `files` have the tokenizer of the model that it runs. Waits
/// for the network; must not be called where an async runtime runs.
///
/// # Errors
/// If the engine cannot be reached or used, or has other tokens; or if the files cannot be
/// used.
pub fn connect(settings: &Settings, files: &TextFiles) -> Result<Connected, Failure> {
    let tokenizer = files.tokenizer().map_err(|error| error.failure())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("upstream")
        .enable_all()
        .build()
        .map_err(|error| UpstreamError::NoNetwork(error.to_string()).failure())?;
    let found = runtime.block_on(find(settings, tokenizer));
    let (asker, introduction) = found.map_err(|error| error.failure())?;
    let Abilities { most_listed, whole, names, scores } = asker.abilities;
    let Introduction { engine, context_length, dialect, .. } = introduction;
    let description = RemoteDescription {
        name: dialect.model.clone(),
        engine: format!("{engine} at {}", addresses(&settings.addresses)),
        // A question takes a token, too.
        context_length: context_length.unwrap_or(CONTEXT).saturating_sub(1).max(1),
        vocab_size: whole.map(|tokens| tokens as u32),
    };
    let found = format!(
        "{} with {}: it lists {}, {} tokens by name and {} texts.",
        description.engine,
        dialect.model,
        whole.map_or_else(
            || format!("{most_listed} tokens"),
            |all| format!("all {all} tokens")
        ),
        if names { "tells" } else { "does not tell" },
        if scores { "scores" } else { "does not score" },
    );
    let model = Model::new(asker, runtime);
    let session = Session::remote(Box::new(model), files, description);
    Ok(Connected { session: session.map_err(|error| error.failure())?, found })
}

fn addresses(addresses: &[Address]) -> String {
    addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")
}

async fn find(
    settings: &Settings,
    tokenizer: Tokenizer,
) -> Result<(Asker, Introduction), UpstreamError> {
    let http = Http::new(settings.key.clone(), settings.patience)?;
    if settings.key.is_some() && settings.addresses.iter().any(Address::is_open) {
        tracing::warn!(
            "The key goes to the engine elsewhere without encryption, by http."
        );
    }
    // The first that answers; the others are proven when they are asked.
    let mut first = Err(UpstreamError::NoNetwork("there is no address".into()));
    for address in &settings.addresses {
        first = introduce(settings, &http, address).await;
        if first.is_ok() {
            break;
        }
    }
    let introduction = first?;
    let unreadable = |error: text::tokenizer::TokenizerError| {
        UpstreamError::OtherTokenizer { at: "here".into(), why: error.to_string() }
    };
    let proof = Proof::new(&tokenizer).map_err(unreadable)?;
    let ids = proof.ids().to_vec();
    let spelled = introduction.dialect.kind == Kind::OpenAi;
    let spellings = if spelled { Texts::of(&tokenizer) } else { Texts::default() };
    let client = Client::new(settings, http, introduction.dialect.clone(), proof);
    let all = introduction.vocab_size.unwrap_or(tokenizer.vocab_size());
    let mut asker = Asker {
        client,
        spellings: Arc::new(spellings),
        abilities: Abilities { most_listed: 0, whole: None, names: false, scores: false },
    };
    asker.abilities = abilities(&asker, &ids, all, settings.most_listed).await?;
    Ok((asker, introduction))
}

/// Finds out what speaks at an address, and which model it runs.
async fn introduce(
    settings: &Settings,
    http: &Http,
    address: &Address,
) -> Result<Introduction, UpstreamError> {
    let get = async |route| match http.send(address, &Call::get(route)).await {
        Ok(answer) => Ok(serde_json::from_slice::<Value>(&answer).unwrap_or_default()),
        // There is no such route.
        Err(UpstreamError::Refused { .. }) => Ok(Value::Null),
        Err(error) => Err(error),
    };
    let wants = |kind: Kind| settings.kind.is_none_or(|wanted| wanted == kind);
    let models = get("/v1/models").await?;
    let named = |model: &&Value| match &settings.model {
        Some(wanted) => model["id"] == *wanted,
        None => true,
    };
    let listed = models["data"].as_array().into_iter().flatten().find(named);
    let listed = listed.cloned().unwrap_or_default();
    let length =
        |value: &Value| value.as_u64().and_then(|tokens| u32::try_from(tokens).ok());
    let mut context_length = length(&listed["max_model_len"]);
    let mut vocab_size = None;
    let mut found = None;
    if wants(Kind::Sglang) && found.is_none() {
        let info = get("/get_model_info").await?;
        if info["model_path"].is_string() {
            found = Some((Kind::Sglang, Kind::Sglang.to_string()));
        }
    }
    if wants(Kind::LlamaCpp) && found.is_none() {
        let props = get("/props").await?;
        if props["default_generation_settings"].is_object() {
            context_length = length(&props["default_generation_settings"]["n_ctx"]);
            vocab_size = listed["meta"]["n_vocab"].as_u64().map(|tokens| tokens as usize);
            found = Some((Kind::LlamaCpp, Kind::LlamaCpp.to_string()));
        }
    }
    if wants(Kind::Vllm) && found.is_none() {
        let version = get("/version").await?;
        let probe = Dialect { kind: Kind::Vllm, model: String::new() }.tokenize("a");
        let probe = Call {
            body: probe.body.map(|mut body| {
                body["model"] = listed["id"].clone();
                body
            }),
            ..probe
        };
        let tokens = match http.send(address, &probe).await {
            Ok(answer) => serde_json::from_slice::<Value>(&answer).unwrap_or_default(),
            Err(UpstreamError::Refused { .. }) => Value::Null,
            Err(error) => return Err(error),
        };
        if tokens["tokens"].is_array() && !listed.is_null() {
            context_length = context_length.or(length(&tokens["max_model_len"]));
            let name = match (version["version"].as_str(), listed["owned_by"].as_str()) {
                (Some(version), _) => {
                    format!("vLLM {}", version.chars().take(20).collect::<String>())
                }
                (None, Some("local")) => "native-server".into(),
                (None, _) => "An engine like vLLM".into(),
            };
            found = Some((Kind::Vllm, name));
        }
    }
    if wants(Kind::OpenAi) && found.is_none() && !listed.is_null() {
        found = Some((Kind::OpenAi, "An engine with OpenAI's API".into()));
    }
    let at = address.to_string();
    let Some((kind, engine)) = found else {
        return match (&settings.model, models["data"].is_array() && listed.is_null()) {
            (Some(model), true) => {
                Err(UpstreamError::OtherModel { at, model: model.clone() })
            }
            _ => Err(UpstreamError::UnknownKind { at }),
        };
    };
    let model = listed["id"].as_str().map(str::to_owned);
    let model = model.or(settings.model.clone()).unwrap_or_else(|| "model".into());
    let dialect = Dialect { kind, model };
    Ok(Introduction { dialect, engine, context_length, vocab_size })
}

/// Finds out how much an engine tells, by asking.
async fn abilities(
    asker: &Asker,
    ids: &[TokenId],
    all: usize,
    limit: usize,
) -> Result<Abilities, UpstreamError> {
    let kind = asker.client.dialect.kind;
    let mut found =
        Abilities { most_listed: 0, whole: None, names: false, scores: false };
    if kind != Kind::OpenAi && limit >= all {
        match asker.count_all(ids, all).await {
            Ok(count) => (found.whole, found.most_listed) = (Some(count), count),
            // It lists fewer, and says so.
            Err(UpstreamError::Refused { .. } | UpstreamError::Answer { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    for cap in CAPS.into_iter().chain([1]).filter(|cap| *cap <= limit.min(all)) {
        if found.most_listed > 0 {
            break;
        }
        match asker.next(ids, Listing::Top(cap), &[]).await {
            Ok(_) => found.most_listed = cap,
            Err(UpstreamError::Refused { .. } | UpstreamError::Answer { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if found.most_listed == 0 {
        let at = asker.client.dialect.model.clone();
        return Err(UpstreamError::NoProbabilities { at });
    }
    found.names = asker.names(ids, &ids[..ids.len().min(2)]).await.is_ok();
    found.scores = asker.scores_at_once(ids, found.most_listed.min(2)).await.is_ok();
    Ok(found)
}

/// The ids of texts that are those of one token alone.
#[derive(Debug, Default)]
struct Texts(HashMap<Vec<u8>, Option<TokenId>>);

impl Texts {
    fn of(tokenizer: &Tokenizer) -> Texts {
        let mut texts = HashMap::new();
        for id in 0..tokenizer.vocab_size() as TokenId {
            let bytes = tokenizer.bytes(id).to_vec();
            texts.entry(bytes).and_modify(|known| *known = None).or_insert(Some(id));
        }
        Texts(texts)
    }
}

impl Spellings for Texts {
    /// Parts of characters are told as `bytes:\xe6\x9d`; what has U+FFFD in it stands for any.
    fn id(&self, text: &str) -> Option<TokenId> {
        let bytes = match text.strip_prefix("bytes:\\x") {
            Some(hex) => {
                let bytes = hex.split("\\x").map(|byte| u8::from_str_radix(byte, 16));
                bytes.collect::<Result<Vec<u8>, _>>().ok()?
            }
            None if text.contains('\u{fffd}') => return None,
            None => text.as_bytes().to_vec(),
        };
        self.0.get(&bytes).copied().flatten()
    }
}
