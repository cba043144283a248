//! Sessions as the worker for what is shared takes them and gives them. Written and read by hand:
//! derived code for all that a session can hold would be a tenth of the page's program.

use std::rc::Rc;

use protocol::{Event, Precision, TokenId};
use serde::Serialize;
use serde_json::Value;
use sharing::{
    Branch, Choice, Expected, Fault, ModelRef, Origin, Recorded, RecordedToken, Request,
    Source, Texts, VERSION, View,
};

use super::knobs::Knobs;
use super::sharing::{Answer, Session};

/// A request as the worker reads it.
pub(crate) fn write_request(request: &Request<Session>) -> String {
    let of_session = |ask: &str, session: &Session| {
        format!(r#"{{"ask":"{ask}","session":{}}}"#, write(session))
    };
    match request {
        Request::Link { session } => of_session("link", session),
        Request::Trace { session } => of_session("trace", session),
        Request::Open { text } => format!(r#"{{"ask":"open","text":{}}}"#, json(text)),
        Request::Picture { picture, date } => {
            let picture = json(picture);
            format!(r#"{{"ask":"picture","picture":{picture},"date":"{date}"}}"#)
        }
    }
}

/// An answer of the worker (`sharing::answer`). `event` reads the event of a reply.
pub(crate) fn read_answer(
    answer: &str,
    event: impl Fn(&str) -> Option<Event>,
) -> Option<Answer> {
    let (head, replies) = answer.split_once('\n').unwrap_or((answer, ""));
    let head: Value = serde_json::from_str(head).ok()?;
    if let Some(text) = head.get("text") {
        return Some(Answer::Text(text.as_str()?.to_owned()));
    }
    if let Some(failed) = head.get("failed") {
        return Some(Answer::Failed(fault(failed)));
    }
    let mut session = read(head.get("session")?)?;
    if let Some(choices) = numbers(head.get("choices")) {
        let events = replies.lines().map(event).collect::<Option<Vec<_>>>()?;
        let date = text(&head, "date");
        let in_view = head.get("in_view").and_then(Value::as_bool) == Some(true);
        session.recorded = Some(Box::new(recorded(date, &choices, in_view, events)?));
    }
    Some(Answer::Session(Box::new(session)))
}

fn write(session: &Session) -> String {
    let Session { model, prompt, texts, knobs, view, expected, recorded, .. } = session;
    let (at, name) = match &model.source {
        Source::Demo => ("demo", None),
        Source::Hub(name) => ("hub", Some(name)),
        Source::Address(url) => ("address", Some(url)),
        Source::Files => ("files", None),
        Source::Server => ("server", None),
    };
    let name = name.map_or(String::new(), |name| format!(r#","name":{}"#, json(name)));
    let model = format!(
        r#"{{"name":{},"source":{{"at":"{at}"{name}}},"precision":{},"format":{},"computed_in":{},"vocab_size":{}}}"#,
        json(&model.name),
        json(&model.precision),
        json(&model.format),
        json(&model.computed_in),
        model.vocab_size
    );
    let branches = list(texts.branches.iter().map(|Branch(index, parent)| {
        format!("[{index},{}]", parent.map_or("null".into(), |parent| parent.to_string()))
    }));
    let origins = list(
        texts.origins.iter().map(|(origin, count)| format!(r#"["{origin:?}",{count}]"#)),
    );
    let texts = format!(
        r#"{{"ids":{:?},"branches":{branches},"origins":{origins},"end":{},"checksum":{}}}"#,
        texts.ids,
        json(&texts.end),
        texts.checksum
    );
    let expected = expected.map_or("null".into(), |Expected { id, p }| {
        format!(r#"{{"id":{id},"p":{}}}"#, json(&p))
    });
    format!(
        r#"{{"version":{VERSION},"model":{model},"prompt":{},"texts":{texts},"knobs":{},"view":{{"focus":{},"tool":{}}},"expected":{expected},"recorded":{}}}"#,
        json(prompt),
        json(knobs),
        json(&view.focus),
        json(&view.tool),
        recorded.as_deref().map_or("null".into(), write_recorded)
    )
}

fn write_recorded(recorded: &Recorded) -> String {
    let tokens = list(recorded.tokens.iter().map(|known| {
        let choice = known.choice.as_ref().map_or("null".into(), |choice| {
            format!(
                r#"{{"candidate":{},"distribution":{}}}"#,
                json(&choice.candidate),
                json(&*choice.distribution)
            )
        });
        let (token, score) = (json(&known.token), json(&known.score));
        format!(r#"{{"token":{token},"score":{score},"choice":{choice}}}"#)
    }));
    let in_view = recorded.distribution.as_deref();
    format!(
        r#"{{"date":"{}","model":{},"tokens":{tokens},"distribution":{}}}"#,
        recorded.date,
        json(&recorded.model),
        in_view.map_or("null".into(), json)
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read(value: &Value) -> Option<Session> {
    let (model, texts) = (value.get("model")?, value.get("texts")?);
    let source = model.get("source")?;
    let name = || text(source, "name");
    let source = match source.get("at")?.as_str()? {
        "demo" => Source::Demo,
        "hub" => Source::Hub(name()),
        "address" => Source::Address(name()),
        "files" => Source::Files,
        _ => Source::Server,
    };
    let precision = model.get("precision").and_then(Value::as_str);
    let branches = pairs(texts.get("branches"), |index, parent| {
        let parent = parent.as_u64().map(|parent| parent as u32);
        Some(Branch(index.as_u64()? as u32, parent))
    })?;
    let origins = pairs(texts.get("origins"), |origin, count| {
        Some((origin_named(origin.as_str()?)?, count.as_u64()? as u32))
    })?;
    let view = value.get("view");
    let expected = value.get("expected").and_then(|expected| {
        let p = expected.get("p")?.as_f64()? as f32;
        Some(Expected { id: number(expected, "id")?, p })
    });
    let knobs: Knobs = serde_json::from_value(value.get("knobs")?.clone()).ok()?;
    Some(Session {
        version: VERSION,
        model: ModelRef {
            name: text(model, "name"),
            source,
            precision: precision.and_then(Precision::named).unwrap_or_default(),
            format: text(model, "format"),
            computed_in: text(model, "computed_in"),
            vocab_size: number(model, "vocab_size")?,
        },
        prompt: value.get("prompt").and_then(Value::as_str).map(str::to_owned),
        texts: Texts {
            ids: numbers(texts.get("ids"))?,
            branches,
            origins,
            end: number(texts, "end"),
            checksum: number(texts, "checksum")?,
        },
        knobs,
        view: View {
            focus: view.and_then(|view| number(view, "focus")),
            tool: view.and_then(|view| view.get("tool")?.as_str()).map(str::to_owned),
        },
        expected,
        recorded: None,
    })
}

/// What was recorded, from the replies that carry it.
fn recorded(
    date: String,
    choices: &[TokenId],
    in_view: bool,
    events: Vec<Event>,
) -> Option<Recorded> {
    let mut events = events.into_iter();
    let (Event::Ready(model), Event::Scored { tokens, .. }) =
        (events.next()?, events.next()?)
    else {
        return None;
    };
    let known = |scored: protocol::ScoredToken| {
        let (token, score) = (scored.token, scored.score);
        RecordedToken { token, score, choice: None }
    };
    let mut tokens: Vec<RecordedToken> = tokens.into_iter().map(known).collect();
    for index in choices {
        let Event::Distribution(mut seen) = events.next()? else { return None };
        if seen.watched.is_empty() {
            return None;
        }
        let candidate = seen.watched.remove(0);
        let choice = Choice { candidate, distribution: Rc::new(seen) };
        tokens.get_mut(*index as usize)?.choice = Some(choice);
    }
    let distribution = match events.next() {
        Some(Event::Distribution(seen)) if in_view => Some(Rc::new(seen)),
        _ => None,
    };
    Some(Recorded { date, model, tokens, distribution })
}

fn fault(failed: &Value) -> Fault {
    match failed.get("fault").and_then(Value::as_str).unwrap_or_default() {
        "no_session" => Fault::NoSession,
        "damaged" => Fault::Damaged,
        "newer" => {
            Fault::Newer { version: number(failed, "version").unwrap_or_default() }
        }
        "too_large" => Fault::TooLarge,
        _ => Fault::Invalid { what: text(failed, "what") },
    }
}

fn origin_named(name: &str) -> Option<Origin> {
    let all = [Origin::Prompt, Origin::Picked, Origin::Greedy, Origin::Sampled];
    all.into_iter().find(|origin| format!("{origin:?}") == name)
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, name: &str) -> Option<u32> {
    value.get(name)?.as_u64().map(|number| number as u32)
}

fn numbers(value: Option<&Value>) -> Option<Vec<u32>> {
    let numbers = value?.as_array()?.iter();
    numbers.map(|number| Some(number.as_u64()? as u32)).collect()
}

/// A list of pairs; an empty one if there is none.
fn pairs<T>(
    value: Option<&Value>,
    of: impl Fn(&Value, &Value) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(pairs) = value.and_then(Value::as_array) else { return Some(Vec::new()) };
    pairs.iter().map(|pair| of(pair.get(0)?, pair.get(1)?)).collect()
}
