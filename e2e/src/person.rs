//! A simulated person who acts at random on the page, and an oracle that checks what the page
//! shows then.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use protocol::{Command, Event, SamplerSettings, TokenId};
use serde::Deserialize;

use crate::page::Row;
use crate::{Browser, Link};

/// How long the page may be busy after the actions, in milliseconds.
const PATIENCE_MS: u32 = 60_000;

/// How far the bars may be from the oracle's, as half the sum of the absolute differences of
/// probabilities. Both compute with the same 8-bit weights, but read a text in different steps.
/// The bars of another text are much further away.
const TOLERANCE: f64 = 0.03;

/// The result of one round of actions.
#[derive(Debug, Deserialize)]
pub struct Round {
    /// The actions, by name.
    pub done: Vec<String>,
    /// The rules that do not hold, as sentences.
    pub wrongs: Vec<String>,
    /// What the page shows at the end.
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
    /// The token that the person looks back at, from 0.
    pub looked_at: Option<usize>,
    /// The heading of the bars.
    pub title: String,
    /// The bars.
    pub rows: Vec<Row>,
    /// The problem on display.
    pub alert: Option<String>,
    /// The progress on display.
    pub progress: Option<String>,
}

/// A person at a browser.
pub struct Person<'a> {
    browser: &'a Browser,
}

impl<'a> Person<'a> {
    /// Prepares a browser, before the page is opened.
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

    /// Does this many random actions and waits until all work has ended.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn act(&self, seed: u64, actions: u32) -> Result<Round> {
        let script = "const [seed, actions, ms, done] = arguments;
            person.act(seed, actions, ms).then(done, (error) => done({
                done: [], wrongs: [`${error}`], seen: person.seen(),
            }));";
        let arguments = vec![seed.into(), actions.into(), PATIENCE_MS.into()];
        let round = self.browser.execute_async(script, arguments).await?;
        Ok(serde_json::from_value(round.json().clone())?)
    }
}

/// Computes the distributions of a model with another engine.
#[derive(Debug)]
pub struct Oracle<L> {
    link: L,
    known: HashMap<Vec<TokenId>, HashMap<TokenId, f64>>,
    next: u32,
}

impl<L: Link> Oracle<L> {
    /// An oracle that asks an engine with the page's model.
    pub fn new(link: L) -> Oracle<L> {
        Oracle { link, known: HashMap::new(), next: 1 }
    }

    /// Checks that the bars of the explorer are of its text.
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
        // A token that the oracle does not list is less probable than its last row.
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
            let Event::Distribution(distribution) =
                self.link.answer(self.next, command).await?
            else {
                anyhow::bail!("the oracle has no distribution for {ids:?}")
            };
            let rows = distribution.candidates.iter();
            let known =
                rows.map(|row| (row.token.id, f64::from(row.probability))).collect();
            self.known.insert(ids.to_vec(), known);
        }
        Ok(&self.known[ids])
    }
}
