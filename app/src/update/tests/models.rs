//! Choosing models: on offer, stored, missing.

use hub::Catalogue;
use protocol::{
    Command, ErrorCode, Event, Failure, HubModel, ModelSource, Precision, StoredModel,
    StoredModels,
};

use super::Bench;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{ServerModels, State};

const ID: &str = "owner/name";

fn catalogue() -> Catalogue {
    let json = br#"{"models":[{"id":"owner/name","parameters":1,"download_bytes":2,
        "exact_bytes":3,"licence":"MIT","gguf":{"id":"owner/twin"}}]}"#;
    Catalogue::read(json).unwrap()
}

/// A page whose visitor had chosen a model of the hub before.
fn returning(was_ready: bool) -> Bench {
    let mut state = State::default();
    state.models.remembered.last.name = Some(ID.into());
    state.models.remembered.last.was_ready = was_ready;
    state.engine.source = state.models.source(ID).unwrap();
    if let ModelSource::Hub(model) = &mut state.engine.source {
        model.stored_only = was_ready;
    }
    Bench::opened(state)
}

fn loaded(bench: &Bench) -> &HubModel {
    match bench.commands()[..] {
        [Command::Load { source: ModelSource::Hub(model), .. }] => model,
        ref other => panic!("a model of the hub should be loaded, not {other:?}"),
    }
}

#[test]
fn a_model_of_the_hub_is_loaded_once_it_is_known_where_its_files_are() {
    let mut bench = returning(false);
    let connects = |bench: &Bench| {
        bench.wanted.iter().any(|effect| matches!(effect, Effect::Connect { .. }))
    };
    assert!(!connects(&bench));
    bench.act(Action::CatalogueRead(Some(catalogue())));
    assert!(!connects(&bench));
    bench.act(Action::NativeHere(None));
    assert!(connects(&bench));
    bench.link(LinkEvent::Open);
    let model = loaded(&bench);
    assert_eq!(model.twin.as_deref(), Some("owner/twin"));
    assert!(!model.stored_only);
}

#[test]
fn a_stored_model_that_is_gone_is_told_and_the_demo_takes_its_place() {
    let mut bench = returning(true);
    bench.act(Action::CatalogueRead(None));
    bench.act(Action::NativeHere(None));
    bench.link(LinkEvent::Open);
    assert!(loaded(&bench).stored_only);
    let id = bench.sent.remove(0).id;
    let (code, message) = (ErrorCode::NotStored, "It is gone.".to_owned());
    bench.reply(id, Event::Failed(Failure { code, message, hint: None }));
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
    assert!(bench.state.models.notice.as_ref().unwrap().contains("It is gone."));
    assert_eq!(bench.state.models.remembered.last.name, None);
}

#[test]
fn a_model_that_is_chosen_is_remembered_and_one_that_is_cancelled_is_deleted() {
    let mut bench = Bench::ready();
    bench.act(Action::EditModel(format!(" {ID} ")));
    bench.act(Action::ChooseTyped);
    assert!(bench.wanted.contains(&Effect::Persist));
    assert_eq!(bench.state.models.remembered.last.name.as_deref(), Some(ID));
    bench.sent.clear();
    bench.link(LinkEvent::Open);
    loaded(&bench);
    bench.sent.clear();
    bench.act(Action::CancelDownload);
    assert!(matches!(
        bench.commands()[..],
        [
            Command::Cancel { .. },
            Command::DeleteModel { name, precision: Precision::Auto },
            Command::Load { source: ModelSource::Demo, .. }
        ] if name == ID
    ));
    assert_eq!(bench.state.models.remembered.last.name, None);
}

#[test]
fn a_model_counts_as_stored_when_all_of_it_is() {
    let mut bench = Bench::ready();
    bench.act(Action::Models(true));
    let id = bench.sent.remove(0).id;
    let model = |name: &str, bytes| StoredModel {
        name: name.into(),
        precision: Precision::Auto,
        bytes,
        total: 10,
    };
    let models = vec![model(ID, 10), model("owner/part", 9)];
    bench.reply(id, Event::Models(StoredModels { models, ..StoredModels::default() }));
    assert!(bench.state.models.is_stored(ID));
    assert!(!bench.state.models.is_stored("owner/part"));
    // One that was chosen in four bits is another.
    bench.act(Action::SetPrecision(Precision::Q4));
    assert!(!bench.state.models.is_stored(ID));
    // The list does not disturb the model at hand.
    assert!(bench.state.engine.is_ready());
}

#[test]
fn the_site_is_kept_once_it_works_and_is_no_native_server_s() {
    let kept = |bench: &Bench| {
        bench.wanted.iter().filter(|effect| **effect == Effect::KeepSite).count()
    };
    let mut bench = Bench::ready();
    assert_eq!(kept(&bench), 0, "it is not known yet whose it is");
    bench.act(Action::NativeHere(None));
    bench.act(Action::UseDemo);
    bench.load();
    assert_eq!(kept(&bench), 1);
    let mut bench = Bench::ready();
    bench.act(Action::NativeHere(Some(ServerModels::default())));
    assert_eq!(kept(&bench), 0);
}

#[test]
fn a_model_is_loaded_in_the_precision_that_was_chosen_and_so_at_the_next_visit() {
    let mut bench = Bench::ready();
    bench.act(Action::SetPrecision(Precision::Q4));
    bench.act(Action::Choose(ID.into(), None));
    bench.link(LinkEvent::Open);
    let [Command::Load { precision, .. }] = bench.commands()[..] else { panic!() };
    assert_eq!(*precision, Precision::Q4);
    assert_eq!(bench.state.models.remembered.last.precision, Precision::Q4);
    // A stored one says itself in which it is stored.
    bench.sent.clear();
    bench.act(Action::Choose(ID.into(), Some(Precision::F32)));
    bench.link(LinkEvent::Open);
    let [Command::Load { precision, .. }] = bench.commands()[..] else { panic!() };
    assert_eq!(*precision, Precision::F32);
}
