//! What the open tool shows, and the conversation if that is open, as a trace has them.

use protocol::{Event, Finding, FinishReason, Growth, ScoredToken, Timings, Words};
use sharing::{Answered, Asked};

use super::page::State;
use super::reply::ChatReply;
use super::tab::Tab;
use super::tools::Tool;
use super::tools::branches::CameTo;
use super::tools::draws::{TrialTerms, Trials};
use super::tools::guess::Guess;
use super::tools::side::Other;

impl State {
    /// All that is shown of it.
    pub(super) fn answers(&self) -> Vec<Answered> {
        let mut answers = Vec::new();
        if self.tab == Tab::Chat {
            let exchanges = self.chat.exchanges.iter();
            answers.extend(exchanges.map(|exchange| {
                let reply = exchange.reply();
                let events = self.events_of(reply).unwrap_or_default();
                let is_known = !events.is_empty();
                let to = Asked::Reply {
                    question: exchange.question.clone(),
                    begun: reply.begun.clone(),
                    text: if is_known { String::new() } else { reply.written() },
                    writer: reply.writer.name.clone(),
                };
                Answered { to, events }
            }));
        }
        answers.extend(self.open_tool().and_then(|tool| self.answer_of(tool)));
        answers
    }

    /// The token of a reply that is looked at, if what it was drawn from is recorded.
    pub(super) fn reply_token(&self, answers: &[Answered]) -> Option<(u32, u32)> {
        let focus = self.chat.focus.filter(|_| self.tab == Tab::Chat)?;
        let is_known = !answers.get(focus.exchange)?.events.is_empty();
        is_known.then_some((focus.exchange as u32, focus.token as u32))
    }

    /// What the engine said of a reply; none if that is not known, or another model's.
    fn events_of(&self, reply: &ChatReply) -> Option<Vec<Event>> {
        if !reply.has_tokens() || reply.writer.model != self.engine.model_id() {
            return None;
        }
        let mut events = vec![Event::Prompt { tokens: reply.prompt.to_vec() }];
        for token in &reply.tokens {
            events.push(Event::Token(token.distribution.as_deref()?.clone()));
        }
        let reason = reply.finish.unwrap_or(FinishReason::Cancelled);
        events.push(Event::Finished { reason, timings: reply.timings });
        Some(events)
    }

    /// What a tool shows; none if that is nothing.
    fn answer_of(&self, tool: Tool) -> Option<Answered> {
        let timings = Timings::default();
        match tool {
            Tool::Words => {
                let (terms, words) = self.words.found.as_ref()?;
                let of_these = Some(terms.text) == self.text_key()
                    && terms.texts == self.words.texts();
                // JSON has no infinite numbers.
                let finite = words.iter().all(|word| word.log_probability.is_finite());
                let words = Some(words).filter(|_| of_these && finite)?.clone();
                let to = Asked::Words {
                    watched: self.words.watched.clone(),
                    typed: self.words.query.clone(),
                };
                let events = vec![Event::LookedUp(Words { words, timings })];
                Some(Answered { to, events })
            }
            Tool::Score => {
                let text = self.scores.text.as_ref();
                let text = text.filter(|text| Some(text.model) == self.engine.model_id());
                let finite = |token: &ScoredToken| {
                    let score =
                        token.score.filter(|score| score.surprisal_bits.is_finite());
                    ScoredToken { score, ..token.clone() }
                };
                let tokens = text?.tokens.iter().map(finite).collect();
                let to = Asked::Score {
                    typed: self.scores.typed.clone(),
                    heat: self.scores.heat.name().into(),
                };
                Some(Answered { to, events: vec![Event::Scored { tokens, timings }] })
            }
            Tool::Compare if self.comparison.with != Other::Text => self.answer_of_side(),
            Tool::Compare => {
                let comparison = &self.comparison;
                let (terms, found) = comparison.found.as_ref()?;
                let of_these = Some(terms.text) == self.text_key();
                let found = Some(found).filter(|_| of_these)?.clone();
                let to = Asked::Compare {
                    typed: comparison.typed.clone(),
                    temperature: comparison.temperature,
                    top_p: comparison.top_p,
                };
                Some(Answered { to, events: vec![Event::Compared(Box::new(found))] })
            }
            Tool::Inside => {
                let inside = &self.inside;
                let findings = &inside.answer(&self.inside_question()?)?.findings;
                let events: Vec<Event> = findings
                    .iter()
                    .filter(is_finite)
                    .cloned()
                    .map(Event::Finding)
                    .collect();
                let to = Asked::Inside {
                    view: inside.view.name().into(),
                    several: inside.several,
                    layer: inside.layer as u32,
                    head: inside.head as u32,
                    with_first: inside.with_first,
                    matrix: inside.matrix,
                    unit: inside.unit,
                    rivals: self.chosen_rivals().cloned().collect(),
                };
                (!events.is_empty()).then_some(Answered { to, events })
            }
            Tool::Branches => {
                let grown = match self.branches.came_to {
                    CameTo::Grown { nodes, limited } => {
                        Some(Event::Grown(Growth { nodes, limited, ..Growth::default() }))
                    }
                    CameTo::Nothing | CameTo::Failed(_) => None,
                };
                let to = Asked::Grow { growth: self.branches.growth };
                Some(Answered { to, events: grown.into_iter().collect() })
            }
            Tool::Draws => {
                let Trials { draws, round, drawn, temperature, top_p, .. } = &self.trials;
                let (terms, drawn) = drawn.as_ref()?;
                let of_text = |other: &TrialTerms| other.text == terms.text;
                let (_, temperature) =
                    temperature.as_ref().filter(|it| of_text(&it.0))?;
                let (_, top_p) = top_p.as_ref().filter(|it| of_text(&it.0))?;
                let to = Asked::Draws { draws: *draws, round: *round };
                let events = vec![
                    Event::Drawn(Box::new(drawn.clone())),
                    Event::Swept(Box::new(temperature.clone())),
                    Event::Swept(Box::new(top_p.clone())),
                ];
                (Some(terms.text) == self.text_key()).then_some(Answered { to, events })
            }
            Tool::Verify => {
                let check = self.verification_in_view()?;
                let finite = check.divergence_nats.is_finite();
                let events = vec![Event::Verified(Box::new(check.clone()))];
                finite.then_some(Answered { to: Asked::Verify, events })
            }
            Tool::Guess => {
                let Guess { bets, rounds, player, model } = &self.guess;
                let bets = bets.as_ref();
                let bets = bets.filter(|bets| Some(bets.text) == self.text_key())?;
                let to = Asked::Guess {
                    chips: bets.chips.clone(),
                    revealed: bets.outcome.is_some(),
                    rounds: *rounds,
                    player: *player,
                    model: *model,
                };
                Some(Answered { to, events: Vec::new() })
            }
        }
    }

    /// What two engines side by side show.
    fn answer_of_side(&self) -> Option<Answered> {
        let (comparison, side) = (&self.comparison, &self.side);
        let found = side.found.as_ref()?;
        let [first, second] = &found.seen;
        let to = Asked::Engines {
            with: comparison.with.name().into(),
            model: comparison.model.clone(),
            temperature: comparison.temperature,
            top_p: comparison.top_p,
            apart: found.apart,
        };
        let events = vec![
            Event::Ready(side.model.clone()?),
            Event::Distribution(first.clone()),
            Event::Distribution(second.clone()),
        ];
        (Some(found.terms.text) == self.text_key()).then_some(Answered { to, events })
    }
}

fn is_finite(finding: &&Finding) -> bool {
    match finding {
        Finding::Occlusion(start) => start.log_probability.is_finite(),
        Finding::Occluded(part) => part.log_probability.is_finite(),
        _ => true,
    }
}
