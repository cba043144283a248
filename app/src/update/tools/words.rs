//! Words that the person asks about.

use protocol::{Command, Event};

use crate::effect::{Effect, Focus};
use crate::state::{
    LookUpTerms, MAX_WATCHED_WORDS, Purpose, State, Tab, Tool, WordsAction,
};
use crate::texts;
use crate::update::explorer::append_tokens;
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(state: &mut State, action: WordsAction, effects: &mut Effects) {
    match action {
        WordsAction::Open => {
            state.tool = Some(Tool::Words);
            effects.push(Effect::Focus(Focus::Words));
        }
        WordsAction::Edit(query) => state.words.query = query,
        WordsAction::Watch => watch(state),
        WordsAction::Unwatch(text) => {
            if text < state.words.watched.len() {
                let word = state.words.watched.remove(text);
                state.announce(texts::words::unwatched(&word));
            }
        }
        WordsAction::Append(index) => {
            let Some((terms, words)) = &state.words.found else { return };
            let of_text = Some(terms.text) == state.text_key();
            let word = words.get(index).filter(|word| of_text && word.is_complete());
            if let Some(word) = word.cloned() {
                append_tokens(state, &word.tokens, effects);
            }
        }
    }
}

fn watch(state: &mut State) {
    let words = &mut state.words;
    if words.query.is_empty() || words.watched.contains(&words.query) {
        return;
    }
    if words.watched.len() >= MAX_WATCHED_WORDS {
        state.notify(texts::words::too_many(MAX_WATCHED_WORDS));
        return;
    }
    let word = std::mem::take(&mut words.query);
    words.watched.push(word.clone());
    state.announce(texts::words::watched(&word));
}

/// Asks about the words if they, the text or the sampler have changed.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let Some(wanted) = wanted(state) else { return };
    if state.words.asked.as_ref() == Some(&wanted) {
        return;
    }
    let open = state.requests.find(|purpose| match purpose {
        Purpose::LookUp(terms) => Some(terms.clone()),
        _ => None,
    });
    if let Some(open) = open {
        if (open.text, &open.texts) == (wanted.text, &wanted.texts) {
            // Only a knob was turned: its newest value is asked for after this answer.
            return;
        }
        cancel(state, |purpose| matches!(purpose, Purpose::LookUp(_)), effects);
    }
    let (texts, settings) = (wanted.texts.clone(), wanted.settings.clone());
    let ids = state.explorer.tree.ids(state.explorer.position());
    state.words.asked = Some(wanted.clone());
    state.words.problem = None;
    let command = Command::LookUp { ids, texts, settings };
    send(state, Purpose::LookUp(wanted), command, effects);
}

/// What there is to ask; none while the tool is closed, or before the text is read.
pub(super) fn wanted(state: &State) -> Option<LookUpTerms> {
    let is_open = state.open_tool() == Some(Tool::Words) && state.tab == Tab::Explorer;
    let texts = state.words.texts();
    if !is_open || texts.is_empty() || state.requests.playing() {
        return None;
    }
    let settings = state.current()?.settings.clone();
    Some(LookUpTerms { text: state.text_key()?, settings, texts })
}

/// Takes what the engine says about words.
pub(crate) fn on_event(state: &mut State, terms: LookUpTerms, event: Event) {
    match event {
        Event::Word(word) => state.words.take(terms, word),
        Event::LookedUp(answer) => state.words.found = Some((terms, answer.words)),
        Event::Failed(failure) => state.words.problem = Some(failure.message),
        _ => {}
    }
}
