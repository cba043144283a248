//! Choosing models: on offer, stored, and missing ones.

use hub::Catalogue;
use protocol::{
    Command, ErrorCode, Event, Failure, HubFile, HubFiles, HubModel, ModelSource,
    Precision, StoredModel, StoredModels,
};

use super::TestPage;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{FileList, ServerModels, State};

const ID: &str = "owner/name";

fn catalogue() -> Catalogue {
    let json = br#"{"models":[{"id":"owner/name","parameters":1,"download_bytes":2,
        "exact_bytes":3,"licence":"MIT","gguf":{"id":"owner/twin"}}]}"#;
    Catalogue::read(json).unwrap()
}

/// A page whose last visit chose a model of the hub.
fn returning(was_ready: bool) -> TestPage {
    let mut state = State::default();
    state.models.remembered.last.name = Some(ID.into());
    state.models.remembered.last.was_ready = was_ready;
    state.engine.source = state.models.source(ID).unwrap();
    if let ModelSource::Hub(model) = &mut state.engine.source {
        model.stored_only = was_ready;
    }
    TestPage::opened(state)
}

fn loaded(page: &TestPage) -> &HubModel {
    match page.commands()[..] {
        [Command::Load { source: ModelSource::Hub(model), .. }] => model,
        ref other => panic!("a model of the hub should be loaded, not {other:?}"),
    }
}

#[test]
fn a_model_of_the_hub_is_loaded_once_it_is_known_where_its_files_are() {
    let mut page = returning(false);
    let connects = |page: &TestPage| {
        page.wanted.iter().any(|effect| matches!(effect, Effect::Connect { .. }))
    };
    assert!(!connects(&page));
    page.act(Action::CatalogueRead(Some(catalogue())));
    assert!(!connects(&page));
    page.act(Action::ServerProbed(None));
    assert!(connects(&page));
    page.link(LinkEvent::Open);
    let model = loaded(&page);
    assert_eq!(model.twin.as_deref(), Some("owner/twin"));
    assert!(!model.stored_only);
}

#[test]
fn a_stored_model_that_is_gone_gets_a_notice_and_the_demo_takes_its_place() {
    let mut page = returning(true);
    page.act(Action::CatalogueRead(None));
    page.act(Action::ServerProbed(None));
    page.link(LinkEvent::Open);
    assert!(loaded(&page).stored_only);
    let id = page.sent.remove(0).id;
    let (code, message) = (ErrorCode::NotStored, "It is gone.".to_owned());
    page.reply(id, Event::Failed(Failure { code, message, hint: None }));
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
    assert!(page.state.models.notice.as_ref().unwrap().contains("It is gone."));
    assert_eq!(page.state.models.remembered.last.name, None);
}

#[test]
fn a_model_that_is_chosen_is_remembered_and_one_that_is_cancelled_is_deleted() {
    let mut page = TestPage::ready();
    page.act(Action::EditModel(format!(" {ID} ")));
    page.act(Action::ChooseTyped);
    assert!(page.wanted.contains(&Effect::Persist));
    assert_eq!(page.state.models.remembered.last.name.as_deref(), Some(ID));
    page.sent.clear();
    page.link(LinkEvent::Open);
    loaded(&page);
    page.sent.clear();
    page.act(Action::CancelDownload);
    assert!(matches!(
        page.commands()[..],
        [
            Command::Cancel { .. },
            Command::DeleteModel { name, precision: Precision::Auto },
            Command::Load { source: ModelSource::Demo, .. }
        ] if name == ID
    ));
    assert_eq!(page.state.models.remembered.last.name, None);
}

#[test]
fn a_model_counts_as_stored_when_all_of_it_is() {
    let mut page = TestPage::ready();
    page.act(Action::ShowPicker(true));
    let id = page.sent.remove(0).id;
    let model = |name: &str, bytes| StoredModel {
        name: name.into(),
        precision: Precision::Auto,
        bytes,
        total: 10,
    };
    let models = vec![model(ID, 10), model("owner/part", 9)];
    page.reply(id, Event::Models(StoredModels { models, ..StoredModels::default() }));
    assert!(page.state.models.is_stored(ID));
    assert!(!page.state.models.is_stored("owner/part"));
    // In four bits, it is another stored model.
    page.act(Action::SetPrecision(Precision::Q4));
    assert!(!page.state.models.is_stored(ID));
    // The list does not disturb the current model.
    assert!(page.state.engine.is_ready());
}

#[test]
fn the_site_is_kept_once_it_works_and_is_no_native_server_s() {
    let kept = |page: &TestPage| {
        page.wanted.iter().filter(|effect| **effect == Effect::KeepSite).count()
    };
    let mut page = TestPage::ready();
    assert_eq!(kept(&page), 0, "it is not known yet whose it is");
    page.act(Action::ServerProbed(None));
    page.act(Action::UseDemo);
    page.load();
    assert_eq!(kept(&page), 1);
    let mut page = TestPage::ready();
    page.act(Action::ServerProbed(Some(ServerModels::default())));
    assert_eq!(kept(&page), 0);
}

#[test]
fn a_model_is_loaded_in_the_precision_that_was_chosen_and_so_at_the_next_visit() {
    let mut page = TestPage::ready();
    page.act(Action::SetPrecision(Precision::Q4));
    page.act(Action::Choose(ID.into(), None));
    page.link(LinkEvent::Open);
    let [Command::Load { precision, .. }] = page.commands()[..] else { panic!() };
    assert_eq!(*precision, Precision::Q4);
    assert_eq!(page.state.models.remembered.last.precision, Precision::Q4);
    // A stored model has a precision of its own.
    page.sent.clear();
    page.act(Action::Choose(ID.into(), Some(Precision::F32)));
    page.link(LinkEvent::Open);
    let [Command::Load { precision, .. }] = page.commands()[..] else { panic!() };
    assert_eq!(*precision, Precision::F32);
}

#[test]
fn the_files_of_a_model_are_listed_and_one_of_them_is_loaded() {
    let mut page = TestPage::ready();
    page.sent.clear();
    page.act(Action::EditModel(ID.into()));
    page.act(Action::ListFiles);
    assert!(matches!(page.commands()[..], [Command::ListFiles { .. }]));
    assert_eq!(page.state.models.files, Some(FileList::Asked));
    let id = page.sent.remove(0).id;
    let name = format!("{ID}/m-Q4_K_M.gguf");
    let format = "Q4_K_M".into();
    let files = vec![HubFile { name: name.clone(), format, bytes: Some(5), runs: true }];
    let found = HubFiles { model: ID.into(), files };
    page.reply(id, Event::Files(found.clone()));
    assert_eq!(page.state.models.files, Some(FileList::Found(found)));
    page.act(Action::Choose(name.clone(), None));
    assert_eq!(page.state.models.files, None);
    page.link(LinkEvent::Open);
    assert_eq!(loaded(&page).name, name);
}

#[test]
fn a_list_of_files_is_that_of_the_name_in_the_field() {
    let mut page = TestPage::ready();
    page.sent.clear();
    page.act(Action::EditModel(ID.into()));
    page.act(Action::ListFiles);
    let id = page.sent.remove(0).id;
    page.act(Action::EditModel("other/name".into()));
    page.reply(id, Event::Files(HubFiles::default()));
    assert_eq!(page.state.models.files, None);
    // Nothing is asked of what is no model of a hub.
    for typed in ["https://host.example/m.gguf", "a b c", ""] {
        page.act(Action::EditModel(typed.into()));
        page.act(Action::ListFiles);
        assert!(page.state.models.typed_error.is_some(), "{typed}");
        assert!(page.sent.is_empty(), "{typed}");
    }
}
