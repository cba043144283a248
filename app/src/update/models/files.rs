//! A model of files that an earlier visit was given: found again, or asked for.

use protocol::ModelSource;

use super::choosing::load;
use crate::effect::Effect;
use crate::state::{BackendKind, FoundFiles, Problem, Readiness, Remedy, State};
use crate::texts::engine as texts;
use crate::update::requests::Effects;

/// Begins with the files of the last visit's model. False if it had no files.
pub(crate) fn begin_with_files(state: &mut State, effects: &mut Effects) -> bool {
    let names = state.models.missing_files.clone();
    let had_files = !names.is_empty() && state.engine.backend == BackendKind::Worker;
    if had_files {
        effects.push(Effect::FindFiles { names, ask: false });
        if state.models.catalogue.is_none() {
            effects.push(Effect::ReadCatalogue);
        }
    }
    had_files
}

/// Loads the files that were found, or shows what the person has to do.
pub(crate) fn on_files_found(
    state: &mut State,
    found: FoundFiles,
    effects: &mut Effects,
) {
    let Some(first) = state.models.missing_files.first() else { return };
    let others = state.models.missing_files.len() - 1;
    let (message, hint, remedy) = match found {
        FoundFiles::Files(files) => {
            return load(state, ModelSource::Files { files }, effects);
        }
        FoundFiles::NotAllowed => (
            texts::last_files(first, others, false),
            texts::ALLOW_AGAIN,
            Remedy::AllowFiles,
        ),
        FoundFiles::Gone => (
            texts::last_files(first, others, true),
            texts::CHOOSE_AGAIN,
            Remedy::ChooseFiles,
        ),
    };
    state.engine.readiness = Readiness::Failed;
    state.error = Some(Problem { message, hint: Some(hint.into()), remedy });
}

/// Asks the person to allow reading the files of the last visit, or to choose them again.
pub(crate) fn find_files(state: &mut State, remedy: Remedy, effects: &mut Effects) {
    let names = state.models.missing_files.clone();
    effects.push(match remedy {
        Remedy::AllowFiles => Effect::FindFiles { names, ask: true },
        _ => Effect::PickFiles,
    });
}
