//! The whole vocabulary for a file: the probabilities of all tokens after the text, then which
//! tokens they are of.

use protocol::{Command, LogProbabilities, Token};

use super::data_files::save_data;
use crate::figures::whole_vocabulary;
use crate::state::{FigureKind, Problem, Purpose, SavedFormat, State};
use crate::texts;
use crate::update::requests::{Effects, send};

/// Asks for the probabilities of all tokens after the text.
pub(super) fn ask(state: &mut State, format: SavedFormat, effects: &mut Effects) {
    if !matches!(format, SavedFormat::Csv | SavedFormat::Json) {
        return state.notify(texts::figures::NUMBERS_ONLY);
    }
    if state.current().is_none() || !state.engine.is_ready() {
        return state.notify(texts::figures::NOTHING);
    }
    let ids = state.explorer.tree.ids(state.explorer.position());
    let purpose = Purpose::Vocabulary(format, None);
    send(state, purpose, Command::LogProbabilities { ids }, effects);
}

/// Asks for the tokens that the probabilities are of.
pub(in crate::update) fn on_log_probabilities(
    state: &mut State,
    format: SavedFormat,
    packed: &LogProbabilities,
    effects: &mut Effects,
) {
    let Some(log_p) = packed.values() else {
        state.error = Some(Problem::new(texts::page::WRONG_ANSWER));
        return;
    };
    let ids = (0..packed.vocab_size).collect();
    let purpose = Purpose::Vocabulary(format, Some(log_p));
    send(state, purpose, Command::Detokenize { ids }, effects);
}

/// Saves all tokens with their probabilities.
pub(in crate::update) fn save(
    format: SavedFormat,
    tokens: &[Token],
    log_p: &[f32],
    effects: &mut Effects,
) {
    let data = whole_vocabulary(tokens, log_p);
    effects.extend(save_data(FigureKind::Vocabulary.name(), &data, format));
}
