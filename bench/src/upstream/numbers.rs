//! How far the probabilities of an engine elsewhere are from this engine's on the same weights.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use clap::Parser;
use native_server::Config;
use protocol::{Command, Distribution, Event, SamplerSettings, TokenId, TokenizeOptions};

use super::engines::Engine;
use crate::serve::start_server;
use crate::web::{Socket, ask, connect};

/// Texts after whose tokens distributions are compared.
const TEXTS: [&str; 4] = [
    "The capital of France is Paris, and the capital of Italy is",
    "def add(a, b):\n    return a + b\n\ndef multiply(a, b):\n    return",
    "Once upon a time, there was a little girl who lived in a village near the",
    "Water boils at 100 degrees Celsius, which is 212 degrees",
];
/// The tokens that are compared after each text.
const CANDIDATES: u32 = 50;

/// Compares and prints.
///
/// # Errors
/// If this engine does not load the model, or a request fails.
pub(super) async fn compare(engine: &Engine, through: SocketAddr) -> Result<()> {
    let arguments = ["bench".as_ref(), "--model".as_ref(), engine.model.as_os_str()];
    let precision = engine.reference.iter().map(AsRef::as_ref);
    let here = Config::try_parse_from(arguments.into_iter().chain(precision))?;
    let mut here = connect(start_server(&here).await?).await?;
    let mut there = connect(through).await?;
    let (mut places, mut sum, mut count, mut worst) =
        (0, 0.0, 0u32, (0.0f64, String::new()));
    let mut same_first = 0;
    for text in TEXTS {
        let ids = tokens(&mut here, text).await?;
        for length in (4..=ids.len()).step_by(3) {
            let known = next(&mut here, &ids[..length], &[]).await?;
            let watch: Vec<TokenId> =
                known.candidates.iter().map(|c| c.token.id).collect();
            let seen = next(&mut there, &ids[..length], &watch).await?;
            places += 1;
            same_first += u32::from(seen.greedy == known.greedy);
            for (a, b) in known.candidates.iter().zip(&seen.watched) {
                let apart = f64::from(a.probability - b.probability).abs();
                (sum, count) = (sum + apart, count + 1);
                if apart > worst.0 {
                    worst = (apart, format!("{:?} after {text:?}", a.token.text));
                }
            }
        }
    }
    println!(
        "|Δp| beside this engine on the same weights, {CANDIDATES} tokens at {places} places: mean {:.6}, \
         largest {:.5} ({}); the same first token at {same_first}",
        sum / f64::from(count.max(1)),
        worst.0,
        worst.1
    );
    Ok(())
}

async fn tokens(socket: &mut Socket, text: &str) -> Result<Vec<TokenId>> {
    let options = TokenizeOptions::default();
    match ask(socket, Command::Tokenize { text: text.into(), options }).await? {
        Event::Tokenized { tokens } => Ok(tokens.iter().map(|token| token.id).collect()),
        other => bail!("{other:?}"),
    }
}

async fn next(
    socket: &mut Socket,
    ids: &[TokenId],
    watch: &[TokenId],
) -> Result<Distribution> {
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    let (ids, watch) = (ids.to_vec(), watch.to_vec());
    let command = Command::NextToken { ids, settings, candidates: CANDIDATES, watch };
    match ask(socket, command).await? {
        Event::Distribution(distribution) => Ok(distribution),
        other => bail!("{other:?}"),
    }
}
