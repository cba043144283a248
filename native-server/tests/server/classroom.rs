//! A class of thirty pages on one server, each on a WebSocket of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::{Command, Event, SamplerSettings, TokenId};
use tokio::sync::Barrier;

use crate::fixture::Fixture;
use crate::socket::{Running, answer, receive, send};

const PAGES: u32 = 30;
const TOKENS: u32 = 400;

fn text(page: u32) -> Vec<TokenId> {
    (0..20 + page).map(|i| 50 + (i * (page + 3)) % 150).collect()
}

fn generate(page: u32) -> Command {
    let settings = SamplerSettings { seed: page, ..SamplerSettings::default() };
    let (ids, max_new_tokens) = (text(page), TOKENS);
    Command::Generate { ids, settings, max_new_tokens, candidates: 10 }
}

/// What a page gets when it steps: the tokens that were drawn.
async fn step(running: &Running, page: u32, steps: usize) -> Vec<TokenId> {
    let mut socket = running.connect().await;
    let mut ids = text(page);
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    for id in 0..steps as u32 {
        let ids_so_far = ids.clone();
        let next = Command::NextToken {
            ids: ids_so_far,
            settings: settings.clone(),
            candidates: 10,
            watch: Vec::new(),
        };
        send(&mut socket, id, next).await;
        let Event::Distribution(distribution) = answer(&mut socket, id).await else {
            panic!("no distribution")
        };
        ids.push(distribution.sampled.token.id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_pages_that_step_get_what_each_gets_alone() {
    let running = Arc::new(Running::start(Fixture::new().await).await);
    let pages = (0..PAGES).map(|page| {
        let running = running.clone();
        tokio::spawn(async move { step(&running, page, 30).await })
    });
    let together: Vec<_> = pages.collect();
    let alone = Running::start(Fixture::new().await).await;
    for (page, together) in (0..PAGES).zip(together) {
        assert_eq!(together.await.unwrap(), step(&alone, page, 30).await, "page {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_pages_none_waits_until_another_has_all() {
    let running = Arc::new(Running::start(Fixture::new().await).await);
    let ready = Arc::new(Barrier::new(PAGES as usize));
    let begun = Arc::new(AtomicUsize::new(0));
    let pages = (0..PAGES).map(|page| {
        let (running, ready, begun) = (running.clone(), ready.clone(), begun.clone());
        tokio::spawn(async move {
            let mut socket = running.connect().await;
            ready.wait().await;
            send(&mut socket, 1, generate(page)).await;
            let mut tokens = 0;
            loop {
                match receive(&mut socket).await.event {
                    Event::Token(_) => {
                        tokens += 1;
                        if tokens == 1 {
                            begun.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Event::Finished { .. } => break,
                    _ => {}
                }
            }
            (tokens, begun.load(Ordering::Relaxed))
        })
    });
    let pages: Vec<_> = pages.collect();
    for page in pages {
        let (tokens, begun_by_others) = page.await.unwrap();
        if tokens == TOKENS {
            assert_eq!(begun_by_others, PAGES as usize, "someone was kept waiting");
        }
    }
}
