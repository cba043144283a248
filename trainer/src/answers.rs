//! What the shipped model answers in fixed chats, and its most probable tokens after fixed
//! texts, by the project's own engine.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use engine::{Device, LoadOptions, ReadRequest, Session};
use inference::distribution::{SamplerContext, View};
use model_files::{ModelFiles, WeightFiles};
use protocol::{Distribution, Message, Precision, Role, SamplerSettings};
use serde::Deserialize;

/// Tokens of an answer at most.
const MAX_ANSWER_TOKENS: usize = 120;
/// Tokens that are listed for an example.
const LISTED_TOKENS: usize = 5;

/// A text that makes a point about distributions.
#[derive(Clone, Debug, Deserialize)]
pub struct Example {
    /// A label of one or two words.
    pub label: String,
    /// The text.
    pub prompt: String,
    /// The point that it makes.
    pub point: String,
}

/// Asks the model of a folder what the folder's `prompts.json` and `examples.json` hold,
/// and writes `answers.md` and `examples.md` beside them.
pub fn write(folder: &Path) -> Result<()> {
    let mut session = load(folder)?;
    let chats: Vec<Vec<String>> = read_json(&folder.join("prompts.json"))?;
    std::fs::write(folder.join("answers.md"), answers(&mut session, &chats)?)?;
    let examples: Vec<Example> = read_json(&folder.join("examples.json"))?;
    std::fs::write(folder.join("examples.md"), listed(&mut session, &examples)?)?;
    Ok(())
}

/// The model of a folder, as the page loads it.
pub fn load(folder: &Path) -> Result<Session> {
    let files = ModelFiles {
        name: "Demo model".into(),
        weights: WeightFiles::Gguf(Box::new(read(&folder.join("model.gguf"))?)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: Some(read(&folder.join("generation_config.json"))?),
        chat_template: None,
    };
    let options = LoadOptions {
        precision: Precision::Auto,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 1,
        start_thread: |_| false,
        clock_ms: || 0.0,
    };
    Ok(Session::load(files, &options, &mut |_| ())?)
}

/// The chats with the model's most likely answers, and whether it ended them itself.
fn answers(session: &mut Session, chats: &[Vec<String>]) -> Result<String> {
    let mut text = format!(
        "# Fixed chats and the model's answers\n\n\
         Greedy, at most {MAX_ANSWER_TOKENS} tokens an answer. Made by `trainer ask`; do not edit.\n"
    );
    for (number, chat) in chats.iter().enumerate() {
        let _ = writeln!(text, "\n## {}\n", number + 1);
        let mut messages = Vec::new();
        for question in chat {
            messages.push(message(Role::User, question));
            let (answer, ended) = answer(session, &messages)?;
            let cut = if ended { "" } else { " *(cut)*" };
            let _ = writeln!(text, "> {question}\n\n{}{cut}\n", answer.trim());
            messages.push(message(Role::Assistant, &answer));
        }
    }
    Ok(text.trim_end().to_owned() + "\n")
}

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

/// What the model says most likely, and whether it ended that itself.
fn answer(session: &mut Session, messages: &[Message]) -> Result<(String, bool)> {
    let prompt = session.chat_prompt(messages, &Default::default(), false, 0)?;
    let mut ids: Vec<u32> = prompt.iter().map(|token| token.id).collect();
    let mut bytes = Vec::new();
    for _ in 0..MAX_ANSWER_TOKENS {
        let next = after(session, &ids)?.greedy;
        if session.ends_generation(next) {
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), true));
        }
        bytes.extend(session.token(next).bytes);
        ids.push(next);
    }
    Ok((String::from_utf8_lossy(&bytes).into_owned(), false))
}

/// A table of the examples with their most likely next tokens.
fn listed(session: &mut Session, examples: &[Example]) -> Result<String> {
    let mut text = "# Twelve texts that make a point\n\n\
        What the shipped model holds likely next. Made by `trainer ask`; do not edit.\n\n\
        | example | text | point | next tokens |\n|---|---|---|---|\n"
        .to_owned();
    for Example { label, prompt, point } in examples {
        let ids: Vec<u32> =
            session.tokenize(prompt)?.iter().map(|token| token.id).collect();
        let likely: Vec<String> = after(session, &ids)?
            .candidates
            .iter()
            .map(|candidate| {
                let share = 100.0 * candidate.probability;
                format!("`{}` {share:.1} %", candidate.token.text)
            })
            .collect();
        let prompt = prompt.replace('\n', " ↵ ");
        let _ =
            writeln!(text, "| {label} | {prompt} | {point} | {} |", likely.join(", "));
    }
    Ok(text)
}

fn after(session: &mut Session, ids: &[u32]) -> Result<Distribution> {
    session.read(&[ReadRequest::whole(0, ids)])?;
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    let view = View {
        settings: &settings,
        position: ids.len() as u32,
        candidates: LISTED_TOKENS,
        watch: &[],
        context: SamplerContext::default(),
    };
    Ok(session.distribution(0, ids, view)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_slice(&read(path)?)
        .with_context(|| format!("{} is not as expected", path.display()))
}
