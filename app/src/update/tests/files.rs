//! A model of files that an earlier visit was given.

use protocol::{Command, LocalFile, ModelSource};

use super::Bench;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{FoundFiles, Remedy, State};

/// A page whose last visit had a model from a file.
fn with_lost_file() -> Bench {
    let mut state = State::default();
    state.models.missing_files = vec!["x.gguf".into()];
    Bench::opened(state)
}

#[test]
fn a_model_from_a_file_comes_back_where_the_browser_lets_it() {
    let mut bench = with_lost_file();
    assert_eq!(bench.connections(), 0, "the demo does not take its place");
    let find = Effect::FindFiles { names: vec!["x.gguf".into()], ask: false };
    assert!(bench.wanted.contains(&find));
    let files = vec![LocalFile { name: "x.gguf".into(), url: "blob:1".into() }];
    bench.act(Action::FilesFound(FoundFiles::Files(files.clone())));
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Files { files: now }, .. }] if *now == files
    ));
    assert_eq!(bench.state.models.remembered.last.files, ["x.gguf"]);
}

#[test]
fn a_model_from_a_file_that_may_not_be_read_is_asked_for_by_name() {
    for (found, remedy) in [
        (FoundFiles::NotAllowed, Remedy::AllowFiles),
        (FoundFiles::Gone, Remedy::ChooseFiles),
    ] {
        let mut bench = with_lost_file();
        bench.act(Action::FilesFound(found));
        assert!(bench.problem().contains("x.gguf"), "{}", bench.problem());
        assert_eq!(bench.remedy(), Some(remedy));
        assert_eq!(bench.connections(), 0);
        bench.act(Action::Restart);
        let wanted = bench.wanted.last();
        match remedy {
            Remedy::AllowFiles => {
                assert!(matches!(wanted, Some(Effect::FindFiles { ask: true, .. })));
            }
            _ => assert_eq!(wanted, Some(&Effect::PickFiles)),
        }
        bench.act(Action::UseDemo);
        bench.load();
        assert!(bench.state.engine.is_ready());
    }
}
