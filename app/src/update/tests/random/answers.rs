//! What the engines answer.

use protocol::{
    Command, Distribution, DrawnToken, Draws, ErrorCode, Event, FinishReason,
    ModelSource, Progress, Role, SamplerSettings, Sweep, SweepPoint, SweptKnob,
    SweptToken, Timings, Token, TokenId,
};

use super::continuations::{compare, grow, look_up};
use super::engine::{Model, failed};
use crate::state::BackendKind;

fn progress(phase: protocol::Phase) -> Event {
    Event::Progress(Progress { phase, done: 1, total: Some(9), per_second: Some(1.0) })
}

fn finished(reason: FinishReason) -> Event {
    Event::Finished { reason, timings: Timings::default() }
}

/// All events of a request, in order.
pub(super) fn answers(
    loaded: &mut Option<Model>,
    backend: BackendKind,
    command: &Command,
) -> Vec<Event> {
    let Some(model) = *loaded else {
        return match command {
            Command::Load { .. } | Command::Describe => load(loaded, backend, command),
            Command::ListModels | Command::DeleteModel { .. } => {
                vec![Event::Models(Default::default())]
            }
            Command::ListFiles { .. } => vec![failed(ErrorCode::Network)],
            _ => vec![failed(ErrorCode::NoModel)],
        };
    };
    let full = |ids: &[TokenId]| ids.len() > model.description().context_length as usize;
    match command {
        Command::Load { .. } | Command::Describe => load(loaded, backend, command),
        Command::ListModels | Command::DeleteModel { .. } => {
            vec![Event::Models(Default::default())]
        }
        Command::ListFiles { .. } => vec![Event::Files(Default::default())],
        Command::Tokenize { text, .. } => {
            vec![Event::Tokenized { tokens: model.tokenize(text) }]
        }
        Command::Detokenize { ids } => {
            let tokens: Option<Vec<Token>> =
                ids.iter().map(|id| model.token(*id)).collect();
            vec![match tokens {
                Some(tokens) => Event::Tokenized { tokens },
                None => failed(ErrorCode::InvalidToken),
            }]
        }
        // The page does not ask for it.
        Command::RenderChat { .. } => vec![failed(ErrorCode::Internal)],
        Command::NextToken { ids, .. } if full(ids) => {
            vec![failed(ErrorCode::PromptTooLong)]
        }
        Command::NextToken { ids, settings, candidates, watch } => vec![
            progress(protocol::Phase::Prefill),
            Event::Distribution(model.distribution(
                ids,
                settings.clone(),
                *candidates,
                watch,
            )),
        ],
        Command::Draw { ids, .. } | Command::Sweep { ids, .. } if full(ids) => {
            vec![failed(ErrorCode::PromptTooLong)]
        }
        Command::Draw { ids, settings, draws, candidates } => {
            let seen = model.distribution(ids, settings.clone(), *candidates, &[]);
            vec![Event::Drawn(Box::new(drawn(seen, *draws)))]
        }
        Command::Sweep { ids, settings, knob, values, candidates } => {
            let seen = model.distribution(ids, settings.clone(), *candidates, &[]);
            vec![Event::Swept(Box::new(swept(seen, *knob, values)))]
        }
        Command::Verify { ids, .. } | Command::Inspect { ids, .. } if full(ids) => {
            vec![failed(ErrorCode::PromptTooLong)]
        }
        Command::Verify { ids, candidates } => {
            let verification = model.verification(ids, *candidates);
            let end = Event::Verified(Box::new(verification));
            vec![progress(protocol::Phase::Verify), end]
        }
        Command::Score { ids } if full(ids) => vec![failed(ErrorCode::PromptTooLong)],
        Command::Score { ids } => vec![model.score(ids)],
        Command::Generate { ids, settings, max_new_tokens, candidates } => {
            write(model, ids.clone(), settings.clone(), *max_new_tokens, *candidates)
        }
        Command::Chat { messages, settings, max_new_tokens, candidates, .. } => {
            let text: String = messages
                .iter()
                .map(|message| match message.role {
                    Role::Assistant => format!("{}a", message.content),
                    _ => format!("{}b", message.content),
                })
                .collect();
            let prompt: Vec<Token> = model.tokenize(&text).split_off(0);
            let prompt = prompt[prompt.len().saturating_sub(6)..].to_vec();
            let ids = prompt.iter().map(|token| token.id).collect();
            let mut events = vec![
                progress(protocol::Phase::Prefill),
                Event::Prompt { tokens: prompt },
            ];
            let settings = settings.clone();
            events.extend(write(model, ids, settings, *max_new_tokens, *candidates));
            events
        }
        // The page asks for these only in its tools.
        Command::LookUp { ids, .. } | Command::Grow { ids, .. } if full(ids) => {
            vec![failed(ErrorCode::PromptTooLong)]
        }
        Command::LookUp { ids, texts, settings } => look_up(model, ids, texts, settings),
        Command::Grow { ids, .. } => grow(model, ids),
        Command::Compare { first, second, .. }
            if full(&first.ids) || full(&second.ids) =>
        {
            vec![failed(ErrorCode::PromptTooLong)]
        }
        Command::Compare { first, second, candidates } => {
            compare(model, first, second, *candidates)
        }
        Command::Inspect { .. } | Command::LogProbabilities { .. } => {
            vec![failed(ErrorCode::Unsupported)]
        }
        Command::Cancel { .. } => Vec::new(),
    }
}

fn load(
    loaded: &mut Option<Model>,
    backend: BackendKind,
    command: &Command,
) -> Vec<Event> {
    let model = match (command, *loaded) {
        (Command::Load { source, .. }, _) => Model::of(backend, source),
        (_, Some(model)) => Some(model),
        (_, None) => Model::of(backend, &ModelSource::Demo),
    };
    match model {
        Some(model) => {
            *loaded = Some(model);
            vec![progress(protocol::Phase::Load), Event::Ready(model.description())]
        }
        None => vec![failed(ErrorCode::Network)],
    }
}

fn write(
    model: Model,
    mut ids: Vec<TokenId>,
    settings: SamplerSettings,
    max_new_tokens: u32,
    rows: u32,
) -> Vec<Event> {
    let mut events = vec![progress(protocol::Phase::Prefill)];
    for _ in 0..max_new_tokens {
        if ids.len() >= model.description().context_length as usize {
            events.push(finished(FinishReason::ContextFull));
            return events;
        }
        let drawn = model.distribution(&ids, settings.clone(), rows, &[]);
        let id = drawn.sampled.token.id;
        ids.push(id);
        events.push(Event::Token(drawn));
        if id == model.id(0) {
            events.push(finished(FinishReason::EndOfText));
            return events;
        }
    }
    events.push(finished(FinishReason::MaxTokens));
    events
}

/// All draws of the first candidate.
fn drawn(seen: Distribution, draws: u32) -> Draws {
    let tokens = seen.candidates.into_iter().zip(0..).map(|(candidate, place)| {
        DrawnToken { candidate, draws: if place == 0 { draws } else { 0 } }
    });
    Draws {
        position: seen.position,
        vocab_size: seen.vocab_size,
        draws,
        distinct: 1,
        tokens: tokens.collect(),
        outside: seen.outside,
        outside_draws: 0,
        chi_square: None,
        settings: seen.settings,
        timings: seen.timings,
    }
}

/// The same distribution at every value.
fn swept(seen: Distribution, knob: SweptKnob, values: &[f32]) -> Sweep {
    let candidates = seen.candidates.iter();
    let q: Vec<f32> =
        candidates.clone().map(|candidate| candidate.sampled_probability).collect();
    Sweep {
        position: seen.position,
        vocab_size: seen.vocab_size,
        knob,
        tokens: candidates
            .map(|candidate| SweptToken {
                token: candidate.token.clone(),
                probability: candidate.probability,
            })
            .collect(),
        points: values
            .iter()
            .map(|value| SweepPoint {
                value: *value,
                kept: seen.vocab_size,
                sampled_probabilities: q.clone(),
                outside: seen.outside.sampled_probability,
            })
            .collect(),
        settings: seen.settings,
        timings: seen.timings,
    }
}
