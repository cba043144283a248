//! Someone who does things on the page at random, and an oracle that knows what the page
//! must show then.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use protocol::{Command, Event, SamplerSettings, TokenId};
use serde::Deserialize;

use crate::page::Row;
use crate::{Browser, Link};

/// How long the page may be busy with what was asked of it, in milliseconds.
const PATIENCE_MS: u32 = 60_000;

/// How far the bars may be from the oracle's, as half the sum of the differences of
/// probabilities. Both compute with the same 8-bit weights, but read a text in other steps;
/// bars of another text are much further away.
const TOLERANCE: f64 = 0.03;

/// What one round of actions led to.
#[derive(Debug, Deserialize)]
pub struct Round {
    /// The actions, by name.
    pub done: Vec<String>,
    /// Sentences on what must hold and does not.
    pub wrongs: Vec<String>,
    /// What the page showed in the end.
    pub seen: Seen,
}

/// What the page shows while nothing is under way.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// `explorer` or `chat`.
    pub tab: String,
    /// The name of the model.
    pub model: String,
    /// The tokens of the running text.
    pub ids: Vec<TokenId>,
    /// The token whose origin is shown, from 0.
    pub looked_at: Option<usize>,
    /// The heading of the bars.
    pub title: String,
    /// The bars.
    pub rows: Vec<Row>,
    /// The problem on display.
    pub alert: Option<String>,
    /// Work that is said to be under way.
    pub progress: Option<String>,
}

/// A person at a browser.
pub struct Person<'a> {
    browser: &'a Browser,
}

impl<'a> Person<'a> {
    /// Sits down at a browser, before the page is opened.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn at(browser: &'a Browser) -> Result<Person<'a>> {
        browser.before_pages(include_str!("person.js")).await?;
        browser
            .set_script_timeout(Duration::from_millis(4 * u64::from(PATIENCE_MS)))
            .await?;
        Ok(Person { browser })
    }

    /// Does so many things that follow from the seed, and waits for the end of all.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn act(&self, seed: u64, actions: u32) -> Result<Round> {
        let script = "const [seed, actions, ms, done] = arguments;
            person.act(seed, actions, ms).then(done, (error) => done({
                done: [], wrongs: [`${error}`], seen: person.seen(),
            }));";
        let arguments = vec![seed.into(), actions.into(), PATIENCE_MS.into()];
        let told = self.browser.execute_async(script, arguments).await?;
        Ok(serde_json::from_value(told.json().clone())?)
    }
}

/// Knows what a model makes of a text: asks another engine.
#[derive(Debug)]
pub struct Oracle<L> {
    link: L,
    known: HashMap<Vec<TokenId>, HashMap<TokenId, f64>>,
    next: u32,
}

impl<L: Link> Oracle<L> {
    /// Asks over a link to an engine that has the page's model.
    pub fn new(link: L) -> Oracle<L> {
        Oracle { link, known: HashMap::new(), next: 1 }
    }

    /// Holds the bars of the explorer against the text beside them.
    ///
    /// # Errors
    /// If they are of another text.
    pub async fn check(&mut self, seen: &Seen) -> Result<()> {
        if seen.tab != "explorer" || seen.rows.is_empty() {
            return Ok(());
        }
        let text = &seen.ids[..seen.looked_at.unwrap_or(seen.ids.len())];
        ensure!(!text.is_empty() || seen.ids.is_empty(), "bars before the first token");
        ensure!(!seen.ids.is_empty(), "bars without a text: {}", seen.title);
        let known = self.probabilities(text).await?;
        // What the oracle does not list, it gives less than its last row.
        let off =
            |row: &Row| (row.p - known.get(&(row.id as TokenId)).unwrap_or(&0.0)).abs();
        let distance = seen.rows.iter().map(off).sum::<f64>() / 2.0;
        ensure!(
            distance < TOLERANCE,
            "the bars are {distance:.3} away from those of the text {text:?}"
        );
        Ok(())
    }

    async fn probabilities(&mut self, ids: &[TokenId]) -> Result<&HashMap<TokenId, f64>> {
        if !self.known.contains_key(ids) {
            let command = Command::NextToken {
                ids: ids.to_vec(),
                settings: SamplerSettings::default(),
                candidates: protocol::limits::MAX_CANDIDATES,
                watch: Vec::new(),
            };
            self.next += 1;
            let Event::Distribution(told) = self.link.answer(self.next, command).await?
            else {
                anyhow::bail!("the oracle knows nothing of {ids:?}")
            };
            let rows = told.candidates.iter();
            let known =
                rows.map(|row| (row.token.id, f64::from(row.probability))).collect();
            self.known.insert(ids.to_vec(), known);
        }
        Ok(&self.known[ids])
    }
}
