//! What a page asks and is told.

use futures_util::{SinkExt, StreamExt};
use protocol::{
    Command, ErrorCode, Event, FinishReason, ModelSource, Precision, RequestId,
    SamplerSettings,
};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Running, answer, generate, next_token, receive, refusal, send};
use crate::fixture::Fixture;

#[tokio::test]
async fn text_becomes_tokens_and_tokens_a_distribution() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    let Event::Ready(model) = answer(&mut socket, 1).await else { panic!("not ready") };
    assert_eq!(model.name, "tiny-model");
    assert_eq!(model.device, "CPU");
    send(
        &mut socket,
        2,
        Command::Tokenize { text: "Hi".into(), options: Default::default() },
    )
    .await;
    let Event::Tokenized { tokens } = answer(&mut socket, 2).await else {
        panic!("not tokenized")
    };
    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
    send(&mut socket, 3, next_token(ids.clone())).await;
    let Event::Distribution(first) = answer(&mut socket, 3).await else {
        panic!("no distribution")
    };
    assert_eq!(first.candidates.len(), 5);
    assert_eq!(first.watched[0].token.id, 7);
    let listed: f32 = first.candidates.iter().map(|c| c.probability).sum();
    assert!((listed + first.outside.probability - 1.0).abs() < 1e-4);
    // Asked again, nothing is computed again.
    send(&mut socket, 4, next_token(ids)).await;
    let Event::Distribution(second) = answer(&mut socket, 4).await else {
        panic!("no distribution")
    };
    assert_eq!(second.timings.forward_tokens, first.timings.forward_tokens);
}

#[tokio::test]
async fn junk_is_refused_and_the_connection_stays() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    for (junk, id) in [
        ("", 0),
        ("hello", 0),
        ("{\"id\":12}", 12),
        ("{\"id\":13,\"command\":{\"type\":\"dance\"}}", 13),
        ("{\"id\":14,\"command\":{\"type\":\"next_token\",\"ids\":\"x\"}}", 14),
        ("{\"id\":\"x\",\"command\":{\"type\":\"describe\"}}", 0),
        ("[[[[[[[[", 0),
    ] {
        socket.send(Message::text(junk)).await.unwrap();
        assert_eq!(refusal(&mut socket, id).await, ErrorCode::InvalidRequest, "{junk}");
    }
    socket.send(Message::text("[".repeat(100_000))).await.unwrap();
    assert_eq!(refusal(&mut socket, 0).await, ErrorCode::InvalidRequest);
    socket.send(Message::binary(vec![0xFF; 64])).await.unwrap();
    assert_eq!(refusal(&mut socket, 0).await, ErrorCode::InvalidRequest);
    socket.send(Message::Ping("x".into())).await.unwrap();
    while !socket.next().await.unwrap().unwrap().is_pong() {}
    send(&mut socket, 1, Command::Describe).await;
    assert!(matches!(answer(&mut socket, 1).await, Event::Ready(_)));
}

#[tokio::test]
async fn hostile_numbers_are_refused_one_by_one() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    let settings = SamplerSettings::default();
    let ids = vec![50];
    let hot = SamplerSettings { temperature: 1e30, ..settings.clone() };
    let commands = [
        (next_token(Vec::new()), ErrorCode::EmptyPrompt),
        (next_token(vec![u32::MAX]), ErrorCode::InvalidToken),
        (next_token(vec![50; 100_000]), ErrorCode::PromptTooLong),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings: settings.clone(),
                candidates: 0,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings: settings.clone(),
                candidates: u32::MAX,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings: hot,
                candidates: 1,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::Generate { ids, settings, max_new_tokens: u32::MAX, candidates: 1 },
            ErrorCode::InvalidSettings,
        ),
    ];
    for (id, (command, code)) in (1..).zip(commands) {
        send(&mut socket, id, command).await;
        assert_eq!(refusal(&mut socket, id).await, code, "command {id}");
    }
}

#[tokio::test]
async fn another_model_cannot_be_loaded_from_the_page() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    let addresses = ["http://169.254.169.254/", "file:///etc/passwd", "demo-model/"];
    for (id, url) in (1..).zip(addresses) {
        let source = ModelSource::Address { url: url.into() };
        let load = Command::Load { source, precision: Precision::Auto };
        send(&mut socket, id, load).await;
        assert_eq!(refusal(&mut socket, id).await, ErrorCode::Unsupported);
    }
}

#[tokio::test]
async fn a_page_that_loads_the_demo_finds_it_loaded() {
    let running = Running::start(Fixture::with_demo().await).await;
    let mut socket = running.connect().await;
    let load = |precision| Command::Load { source: ModelSource::Demo, precision };
    send(&mut socket, 1, load(Precision::Auto)).await;
    let Event::Ready(model) = answer(&mut socket, 1).await else { panic!("not ready") };
    assert_eq!(model.name, "Demo model");
    send(&mut socket, 2, load(Precision::F32)).await;
    assert_eq!(refusal(&mut socket, 2).await, ErrorCode::Unsupported);
}

#[tokio::test]
async fn while_the_model_loads_the_page_is_told_so() {
    let running = Running::start(Fixture::loading()).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    assert_eq!(refusal(&mut socket, 1).await, ErrorCode::Loading);
    send(&mut socket, 2, generate()).await;
    assert_eq!(refusal(&mut socket, 2).await, ErrorCode::Loading);
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_told_with_the_reason() {
    let running = Running::start(Fixture::broken().await).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    assert_eq!(refusal(&mut socket, 1).await, ErrorCode::InvalidModelFile);
}

#[tokio::test]
async fn a_generation_can_be_stopped() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    // So long a prompt that it has not ended when it is stopped.
    let ids: Vec<u32> = (0..3500).map(|i| 50 + i % 100).collect();
    let settings = SamplerSettings::default();
    let long = Command::Generate { ids, settings, max_new_tokens: 512, candidates: 1 };
    send(&mut socket, 1, long).await;
    assert!(!receive(&mut socket).await.event.is_terminal());
    send(&mut socket, 2, Command::Cancel { request: RequestId(1) }).await;
    let Event::Finished { reason, .. } = answer(&mut socket, 1).await else {
        panic!("a cancelled request finishes")
    };
    assert_eq!(reason, FinishReason::Cancelled);
}
