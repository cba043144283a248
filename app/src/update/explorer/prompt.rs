//! Starting from the prompt.

use protocol::{Command, Token, TokenizeOptions};

use super::text_requests::request_distribution;
use crate::action::Action;
use crate::effect::{Effect, Focus};
use crate::state::{
    Node, Problem, Purpose, Readiness, State, TokenOrigin, TypedPrompt, WhenReady,
};
use crate::texts::explorer as texts;
use crate::update::requests::{Effects, cancel, send};
use crate::update::stopping::free_model;

/// How long the person has to pause before the tokens of a prompt are requested.
const PAUSE_MS: u32 = 200;
/// The longest prompt whose tokens are shown while it is typed.
const MAX_TYPED_BYTES: usize = 50_000;

/// Tokenizes the prompt, now or once the model is ready.
pub(crate) fn start(state: &mut State, effects: &mut Effects) {
    if state.explorer.prompt.is_empty() {
        state.show_problem(Problem::with_hint(texts::EMPTY_PROMPT, texts::TYPE_SOME));
        effects.push(Effect::Focus(Focus::Prompt));
        return;
    }
    if state.engine.readiness == Readiness::Recorded {
        return state.notify(crate::texts::sharing::ONLY_RECORDED);
    }
    if !state.engine.is_ready() {
        state.explorer.when_ready = WhenReady::Start;
        if state.engine.readiness != Readiness::Failed {
            state.notify(texts::WILL_RUN);
        }
        return;
    }
    let text = state.explorer.prompt.clone();
    let options = prompt_options(state);
    tokenize(state, text, options, effects);
}

/// How the prompt is read: with the names of special tokens as these tokens, if the person
/// wants that.
fn prompt_options(state: &State) -> TokenizeOptions {
    let special_tokens = state.knobs.special_tokens;
    TokenizeOptions { special_tokens, ..TokenizeOptions::default() }
}

/// Reads the names of special tokens in the prompt as these tokens, or no longer.
pub(crate) fn toggle_special_tokens(state: &mut State, effects: &mut Effects) {
    state.knobs.special_tokens = !state.knobs.special_tokens;
    state.explorer.typed = None;
    let edits = state.explorer.edits;
    request_prompt(state, edits, effects);
}

/// Edits the prompt. Its tokens are requested once the person pauses.
pub(crate) fn edit_prompt(state: &mut State, text: String, effects: &mut Effects) {
    let explorer = &mut state.explorer;
    explorer.prompt = text;
    explorer.edits = explorer.edits.wrapping_add(1);
    let action = Action::TypingPaused(explorer.edits);
    effects.push(Effect::After { ms: PAUSE_MS, action });
}

/// Requests the tokens of the prompt, unless it has been edited since, or the model has
/// something else to do.
pub(crate) fn request_prompt(state: &mut State, edits: u32, effects: &mut Effects) {
    let explorer = &state.explorer;
    let wanted = explorer.edits == edits
        && explorer.prompt_tokens(state.engine.model_id()).is_none()
        && (1..=MAX_TYPED_BYTES).contains(&explorer.prompt.len());
    if wanted && state.engine.is_ready() && !state.requests.busy() && !state.playing() {
        let text = explorer.prompt.clone();
        let options = prompt_options(state);
        let purpose = Purpose::TypedPrompt(text.clone());
        send(state, purpose, Command::Tokenize { text, options }, effects);
    }
}

/// Stores the tokens of a prompt that was typed.
pub(crate) fn on_prompt_tokenized(state: &mut State, prompt: String, tokens: Vec<Token>) {
    let Some(model) = state.engine.model_id() else { return };
    state.explorer.typed = Some(TypedPrompt { prompt, model, tokens });
}

/// Requests the tokens of a text, which become the explorer's text.
pub(super) fn tokenize(
    state: &mut State,
    text: String,
    options: TokenizeOptions,
    effects: &mut Effects,
) {
    free_model(state, effects);
    send(state, Purpose::Tokenize, Command::Tokenize { text, options }, effects);
}

/// Makes the tokens the explorer's text and requests what follows them.
pub(crate) fn on_tokenized(state: &mut State, tokens: Vec<Token>, effects: &mut Effects) {
    if tokens.is_empty() {
        state.show_problem(Problem::with_hint(texts::NO_TOKENS, texts::TYPE_MORE));
        return;
    }
    // What plays goes on with the text that is replaced.
    cancel(state, |purpose| *purpose == Purpose::Play, effects);
    let model = state.engine.model_id();
    let text = tokens.iter().filter(|token| !token.special);
    let text: Vec<u8> = text.flat_map(|token| token.bytes.clone()).collect();
    if let Some(model) = model
        && text == state.explorer.prompt.as_bytes()
    {
        let (prompt, tokens) = (state.explorer.prompt.clone(), tokens.clone());
        state.explorer.typed = Some(TypedPrompt { prompt, model, tokens });
    }
    let given = |token| Node::given(token, TokenOrigin::Prompt, model);
    state.explorer.tree.restart(tokens.into_iter().map(given));
    state.explorer.look_back = None;
    request_distribution(state, effects);
}
