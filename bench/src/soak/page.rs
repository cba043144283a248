//! What a person does on the page: types, steps, changes knobs, plays, chats, stops,
//! reloads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use protocol::{
    Command, ErrorCode, Event, FinishReason, Message, RequestId, Role, SamplerSettings,
    TokenId,
};

use super::random::Random;
use super::tally::Tally;
use crate::web::{Socket, connect, receive, send};

/// Visits until `end`.
pub(super) async fn run(
    address: SocketAddr,
    mut random: Random,
    end: Instant,
    tally: Arc<Tally>,
) {
    while Instant::now() < end {
        if let Err(error) = visit(address, &mut random, end, &tally).await {
            tally.failure(format!("page: {error:#}"));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Some things in a row on one connection.
async fn visit(
    address: SocketAddr,
    random: &mut Random,
    end: Instant,
    tally: &Tally,
) -> Result<()> {
    let mut socket = connect(address).await?;
    let mut ids: Vec<TokenId> = Vec::new();
    for id in 1..1 + 3 * random.below(20) as u32 {
        if Instant::now() > end {
            break;
        }
        if ids.is_empty() || random.once_in(10) || ids.len() > 400 {
            let text = random.words(30);
            send(
                &mut socket,
                id,
                Command::Tokenize { text, options: Default::default() },
            )
            .await?;
            if let Some(Event::Tokenized { tokens }) =
                last(&mut socket, id, tally).await?
            {
                ids = tokens.iter().map(|token| token.id).collect();
            }
            continue;
        }
        let command = command(random, &ids);
        send(&mut socket, id, command).await?;
        match random.below(12) {
            // The page is closed, or reloaded.
            0 => {
                tally.gone();
                return Ok(());
            }
            1 => {
                let request = RequestId(id);
                send(&mut socket, id, Command::Cancel { request }).await?;
            }
            _ => {}
        }
        if let Some(Event::Distribution(distribution)) =
            last(&mut socket, id, tally).await?
        {
            ids.push(distribution.sampled.token.id);
            if random.once_in(8) {
                ids.truncate(ids.len() / 2 + 1);
            }
        }
    }
    Ok(())
}

fn command(random: &mut Random, ids: &[TokenId]) -> Command {
    let settings = SamplerSettings {
        temperature: random.below(21) as f32 / 10.0,
        top_k: 10 * random.below(5) as u32,
        top_p: 1.0 - random.below(10) as f32 / 20.0,
        min_p: random.below(3) as f32 / 20.0,
        seed: random.below(1000) as u32,
        repetition_penalty: 1.0 + random.below(3) as f32 / 10.0,
        typical_p: 1.0 - random.below(2) as f32 / 10.0,
        ..SamplerSettings::default()
    };
    let ids = ids.to_vec();
    let max_new_tokens = 1 + random.below(60) as u32;
    match random.below(10) {
        0 => Command::Score { ids },
        1 | 2 => Command::Generate { ids, settings, max_new_tokens, candidates: 10 },
        3 => {
            let content = random.words(20);
            let messages = vec![Message { role: Role::User, content }];
            Command::Chat {
                messages,
                continue_final_message: false,
                template_variables: Default::default(),
                settings,
                max_new_tokens,
                candidates: 5,
            }
        }
        _ => Command::NextToken { ids, settings, candidates: 50, watch: vec![1, 2, 3] },
    }
}

/// The terminal event of a request; none if it was refused as busy.
async fn last(socket: &mut Socket, id: u32, tally: &Tally) -> Result<Option<Event>> {
    loop {
        let reply = receive(socket).await?;
        if reply.id != RequestId(id) {
            bail!("a reply to {:?} came to {id}", reply.id);
        }
        match reply.event {
            Event::Failed(failure) if failure.code == ErrorCode::Busy => {
                tally.busy();
                return Ok(None);
            }
            Event::Failed(failure) => bail!("{}", failure.message),
            Event::Finished { reason: FinishReason::Cancelled, .. } => {
                tally.gone();
                return Ok(None);
            }
            event if event.is_terminal() => {
                tally.answer();
                return Ok(Some(event));
            }
            _ => {}
        }
    }
}
