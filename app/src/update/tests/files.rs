//! A model of files that an earlier visit was given.

use protocol::{Command, LocalFile, ModelSource};

use super::TestPage;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{FoundFiles, Remedy, State};

/// A page whose last visit had a model of a file.
fn with_lost_file() -> TestPage {
    let mut state = State::default();
    state.models.missing_files = vec!["x.gguf".into()];
    TestPage::opened(state)
}

#[test]
fn a_model_from_a_file_comes_back_where_the_browser_lets_it() {
    let mut page = with_lost_file();
    assert_eq!(page.connections(), 0, "the demo does not take its place");
    let find = Effect::FindFiles { names: vec!["x.gguf".into()], ask: false };
    assert!(page.wanted.contains(&find));
    let files = vec![LocalFile { name: "x.gguf".into(), url: "blob:1".into() }];
    page.act(Action::FilesFound(FoundFiles::Files(files.clone())));
    page.link(LinkEvent::Open);
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Files { files: now }, .. }] if *now == files
    ));
    assert_eq!(page.state.models.remembered.last.files, ["x.gguf"]);
}

#[test]
fn a_model_from_a_file_that_may_not_be_read_is_asked_for_by_name() {
    for (found, remedy) in [
        (FoundFiles::NotAllowed, Remedy::AllowFiles),
        (FoundFiles::Gone, Remedy::ChooseFiles),
    ] {
        let mut page = with_lost_file();
        page.act(Action::FilesFound(found));
        assert!(page.problem().contains("x.gguf"), "{}", page.problem());
        assert_eq!(page.remedy(), Some(remedy));
        assert_eq!(page.connections(), 0);
        page.act(Action::Restart);
        let wanted = page.wanted.last();
        match remedy {
            Remedy::AllowFiles => {
                assert!(matches!(wanted, Some(Effect::FindFiles { ask: true, .. })));
            }
            _ => assert_eq!(wanted, Some(&Effect::PickFiles)),
        }
        page.act(Action::UseDemo);
        page.load();
        assert!(page.state.engine.is_ready());
    }
}
