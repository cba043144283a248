//! Several clients on one engine: none can hold up the others or fill the memory.

use native_server::{EngineClient, EngineHandle};
use protocol::{
    Command, ErrorCode, Event, Failure, FinishReason, Phase, Progress, Request,
    RequestId, SamplerSettings,
};

use crate::fixture::{FAR_FEWER, Fixture, long_prompts};

/// More requests than one client may have unanswered.
const MANY: u32 = 40;
/// More replies than are kept for one client.
const TOO_MANY: u32 = 2000;

fn generate(id: u32) -> Request {
    let command = Command::Generate {
        ids: vec![50, 60, 70],
        settings: SamplerSettings { seed: id, ..SamplerSettings::default() },
        max_new_tokens: 512,
        candidates: 50,
    };
    Request { id: RequestId(id), command }
}

fn tokenize(id: u32) -> Request {
    Request {
        id: RequestId(id),
        command: Command::Tokenize { text: "Hi".into(), options: Default::default() },
    }
}

async fn last_event(client: &mut EngineClient, id: u32) -> Option<Event> {
    loop {
        let reply = client.next().await?;
        if reply.id == RequestId(id) && reply.event.is_terminal() {
            return Some(reply.event);
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_the_others_are_served() {
    let fixture = Fixture::new().await;
    let mut deaf = fixture.state.engine().client();
    for id in 0..TOO_MANY {
        let describe = Request { id: RequestId(id), command: Command::Describe };
        deaf.send(describe).await.unwrap();
    }
    let mut other = fixture.state.engine().client();
    other.send(tokenize(1)).await.unwrap();
    assert!(matches!(last_event(&mut other, 1).await, Some(Event::Tokenized { .. })));
    let mut replies = 0;
    while deaf.next().await.is_some() {
        replies += 1;
    }
    assert!(replies < TOO_MANY, "{replies} replies were kept");
}

#[tokio::test]
async fn what_a_client_has_asked_for_ends_when_it_leaves() {
    let fixture = Fixture::new().await;
    let mut leaving = fixture.state.engine().client();
    for (id, command) in long_prompts() {
        leaving.send(Request { id: RequestId(id), command }).await.unwrap();
    }
    leaving.next().await.unwrap();
    drop(leaving);
    let mut other = fixture.state.engine().client();
    let settings = SamplerSettings::default();
    let command =
        Command::NextToken { ids: vec![50], settings, candidates: 1, watch: Vec::new() };
    other.send(Request { id: RequestId(1), command }).await.unwrap();
    let Some(Event::Distribution(distribution)) = last_event(&mut other, 1).await else {
        panic!("the other one is served");
    };
    let read = distribution.timings.forward_tokens;
    assert!(read < FAR_FEWER, "{read} tokens were read for one who had left");
}

#[tokio::test]
async fn one_client_cannot_fill_the_queue() {
    let fixture = Fixture::new().await;
    let mut greedy = fixture.state.engine().client();
    for id in 0..MANY {
        greedy.send(generate(id)).await.unwrap();
    }
    let last = last_event(&mut greedy, MANY - 1).await;
    assert!(
        matches!(last, Some(Event::Failed(failure)) if failure.code == ErrorCode::Busy)
    );
    let mut other = fixture.state.engine().client();
    drop(greedy);
    other.send(tokenize(1)).await.unwrap();
    assert!(matches!(last_event(&mut other, 1).await, Some(Event::Tokenized { .. })));
}

#[tokio::test]
async fn a_client_cancels_its_own_requests_and_no_one_elses() {
    let fixture = Fixture::new().await;
    let cancel = |id| {
        let command = Command::Cancel { request: RequestId(1) };
        Request { id: RequestId(id), command }
    };
    let mut one = fixture.state.engine().client();
    let mut two = fixture.state.engine().client();
    one.send(generate(1)).await.unwrap();
    one.next().await.unwrap();
    two.send(generate(1)).await.unwrap();
    two.send(cancel(2)).await.unwrap();
    let Some(Event::Finished { reason, .. }) = last_event(&mut two, 1).await else {
        panic!("a cancelled request finishes");
    };
    assert_eq!(reason, FinishReason::Cancelled);
    let Some(Event::Finished { reason, .. }) = last_event(&mut one, 1).await else {
        panic!("the other one goes on");
    };
    assert_ne!(reason, FinishReason::Cancelled);
}

#[tokio::test]
async fn a_stopped_engine_ends_its_clients() {
    let fixture = Fixture::new().await;
    let mut client = fixture.state.engine().client();
    client.send(generate(1)).await.unwrap();
    fixture.state.engine().stop().await;
    while client.next().await.is_some() {}
    assert!(client.send(tokenize(2)).await.is_err());
}

#[tokio::test]
async fn whoever_asks_for_a_model_that_is_on_its_way_hears_how_far_it_is() {
    let (told, downloading) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let halfway = Progress {
        phase: Phase::Download,
        done: 5,
        total: Some(10),
        per_second: Some(1.0),
    };
    let progress = halfway.clone();
    let engine = EngineHandle::start(engine::Limits::default(), move |tell| {
        tell(progress.clone());
        told.send(()).unwrap();
        // It ends with the test, which no longer needs it.
        let _ = ended.recv();
        let message = "The test is over.".into();
        Err(Failure { code: ErrorCode::Network, message, hint: None })
    })
    .unwrap();
    downloading.recv().unwrap();
    let mut client = engine.client();
    let request = Request { id: RequestId(1), command: Command::Describe };
    client.send(request).await.unwrap();
    assert_eq!(client.next().await.unwrap().event, Event::Progress(halfway));
    let last = last_event(&mut client, 1).await;
    assert!(matches!(last, Some(Event::Failed(f)) if f.code == ErrorCode::Loading));
    drop(end);
}
