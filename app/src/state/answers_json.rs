//! Answers of a trace, as the worker for what is shared takes them. By hand, as in `session_json`;
//! events are put together from what the page writes anyway.

use protocol::{Divergence, Event, ScoredToken, TextComparison, Word};
use sharing::{Answered, Apart, Asked};

use super::json_parts::{json_of, list};

pub(super) fn write(answers: &[Answered]) -> String {
    list(answers.iter().map(|Answered { to, events }| {
        let events = list(events.iter().map(write_event));
        format!(r#"{{"to":{},"events":{events}}}"#, write_asked(to))
    }))
}

fn write_asked(asked: &Asked) -> String {
    match asked {
        Asked::Reply { question, begun, text, writer } => format!(
            r#"{{"of":"reply","question":{},"begun":{},"text":{},"writer":{}}}"#,
            json_of(question),
            json_of(begun),
            json_of(text),
            json_of(writer)
        ),
        Asked::Words { watched, typed } => format!(
            r#"{{"of":"words","watched":{},"typed":{}}}"#,
            list(watched.iter().map(json_of)),
            json_of(typed)
        ),
        Asked::Score { typed, heat } => {
            format!(r#"{{"of":"score","typed":{},"heat":"{heat}"}}"#, json_of(typed))
        }
        Asked::Compare { typed, temperature, top_p } => format!(
            r#"{{"of":"compare","typed":{},"temperature":{},"top_p":{}}}"#,
            json_of(typed),
            json_of(temperature),
            json_of(top_p)
        ),
        Asked::Inside {
            view,
            several,
            layer,
            head,
            with_first,
            matrix,
            unit,
            rivals,
        } => {
            format!(
                r#"{{"of":"inside","view":"{view}","several":{several},"layer":{layer},"head":{head},"with_first":{with_first},"matrix":{matrix},"unit":{},"rivals":{}}}"#,
                json_of(unit),
                list(rivals.iter().map(json_of))
            )
        }
        Asked::Draws { draws, round } => {
            format!(r#"{{"of":"draws","draws":{draws},"round":{round}}}"#)
        }
        Asked::Verify => r#"{"of":"verify"}"#.into(),
        Asked::Grow { growth } => {
            format!(r#"{{"of":"grow","growth":{}}}"#, json_of(growth))
        }
        Asked::Engines { with, model, temperature, top_p, apart } => format!(
            r#"{{"of":"engines","with":"{with}","model":{},"temperature":{},"top_p":{},"apart":{}}}"#,
            json_of(model),
            json_of(temperature),
            json_of(top_p),
            apart.as_ref().map_or("null".into(), write_apart)
        ),
        Asked::Guess { chips, revealed, rounds, player, model } => format!(
            r#"{{"of":"guess","chips":{chips:?},"revealed":{revealed},"rounds":{rounds},"player":{},"model":{}}}"#,
            json_of(player),
            json_of(model)
        ),
    }
}

fn write_apart(apart: &Apart) -> String {
    let known = |distance: &Option<Divergence>| {
        distance.as_ref().map_or("null".into(), divergence)
    };
    format!(
        r#"{{"p":{},"q":{},"entropy_bits":{}}}"#,
        known(&apart.p),
        known(&apart.q),
        list(apart.entropy_bits.iter().map(json_of))
    )
}

fn divergence(divergence: &Divergence) -> String {
    format!(
        r#"{{"first_from_second":{},"second_from_first":{},"jensen_shannon":{}}}"#,
        json_of(&divergence.first_from_second),
        json_of(&divergence.second_from_first),
        json_of(&divergence.jensen_shannon)
    )
}

/// An event with its name among its members; nothing for those that no trace has.
fn write_event(event: &Event) -> String {
    let (name, members) = match event {
        Event::Prompt { tokens } => {
            ("prompt", format!(r#""tokens":{}}}"#, list(tokens.iter().map(json_of))))
        }
        Event::Token(distribution) => ("token", members(json_of(distribution))),
        Event::Finished { reason, timings } => (
            "finished",
            format!(r#""reason":{},"timings":{}}}"#, json_of(reason), json_of(timings)),
        ),
        Event::Scored { tokens, timings } => (
            "scored",
            format!(
                r#""tokens":{},"timings":{}}}"#,
                list(tokens.iter().map(scored)),
                json_of(timings)
            ),
        ),
        Event::LookedUp(found) => (
            "looked_up",
            format!(
                r#""words":{},"timings":{}}}"#,
                list(found.words.iter().map(word)),
                json_of(&found.timings)
            ),
        ),
        Event::Compared(found) => ("compared", compared(found)),
        Event::Finding(finding) => ("finding", members(json_of(finding))),
        Event::Drawn(drawn) => ("drawn", members(json_of(&**drawn))),
        Event::Swept(sweep) => ("swept", members(json_of(&**sweep))),
        Event::Verified(check) => ("verified", members(json_of(&**check))),
        Event::Grown(growth) => ("grown", members(json_of(growth))),
        Event::Ready(model) => ("ready", members(json_of(model))),
        Event::Distribution(seen) => ("distribution", members(json_of(seen))),
        _ => return "null".into(),
    };
    format!(r#"{{"type":"{name}",{members}"#)
}

/// What stands in the braces of an object, with the last one.
fn members(object: String) -> String {
    object.get(1..).unwrap_or_default().to_owned()
}

fn scored(scored: &ScoredToken) -> String {
    let ScoredToken { token, score, expected } = scored;
    let [token, score, expected] = [json_of(token), json_of(score), json_of(expected)];
    format!(r#"{{"token":{token},"score":{score},"expected":{expected}}}"#)
}

fn word(word: &Word) -> String {
    format!(
        r#"{{"text":{},"form":{},"length":{},"tokens":{},"log_probability":{}}}"#,
        word.text,
        json_of(&word.form),
        word.length,
        list(word.tokens.iter().map(json_of)),
        json_of(&word.log_probability)
    )
}

fn compared(found: &TextComparison) -> String {
    let rows = found.candidates.iter().map(|pair| {
        format!(
            r#"{{"first":{},"second":{}}}"#,
            json_of(&pair.first),
            json_of(&pair.second)
        )
    });
    format!(
        r#""positions":{:?},"vocab_size":{},"exact":{},"candidates":{},"entropy_bits":{},"p":{},"q":{},"timings":{}}}"#,
        found.positions,
        found.vocab_size,
        found.exact,
        list(rows),
        list(found.entropy_bits.iter().map(json_of)),
        divergence(&found.p),
        divergence(&found.q),
        json_of(&found.timings)
    )
}
