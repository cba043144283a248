//! Sessions as the worker for what is shared takes them and gives them. Written and read by hand:
//! derived code for all that a session can hold would be a tenth of the page's program.

use std::rc::Rc;

use protocol::{Event, Precision, TokenId};
use sharing::{
    Branch, Choice, Expected, Fault, ModelRef, Origin, Recorded, RecordedToken, Request,
    Source, Texts, VERSION, View,
};

use super::json_parts::{json_of, list, number, numbers, text};
use super::knobs::Knobs;
use super::sharing::{Answer, Session};
use super::{answers_json, answers_read};
use crate::json_value::Value;

/// A request as the worker reads it.
pub(crate) fn write_request(request: &Request<Session>) -> String {
    let of_session = |ask: &str, session: &Session| {
        format!(r#"{{"ask":"{ask}","session":{}}}"#, write(session))
    };
    match request {
        Request::Link { session } => of_session("link", session),
        Request::Trace { session } => of_session("trace", session),
        Request::Open { text } => format!(r#"{{"ask":"open","text":{}}}"#, json_of(text)),
        Request::Picture { picture, date } => {
            let picture = json_of(picture);
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
    let head = Value::parse(head)?;
    if let Some(text) = head.get("text") {
        return text.text().map(Answer::Text);
    }
    if let Some(failed) = head.get("failed") {
        return Some(Answer::Failed(fault(&failed)));
    }
    let mut session = read(&head.get("session")?)?;
    if let Some(choices) = numbers(&head, "choices") {
        let events = replies.lines().map(event).collect::<Option<Vec<_>>>()?;
        session.recorded = Some(Box::new(recorded(&head, &choices, events)?));
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
    let name = name.map_or(String::new(), |name| format!(r#","name":{}"#, json_of(name)));
    let model = format!(
        r#"{{"name":{},"source":{{"at":"{at}"{name}}},"precision":{},"format":{},"computed_in":{},"vocab_size":{}}}"#,
        json_of(&model.name),
        json_of(&model.precision),
        json_of(&model.format),
        json_of(&model.computed_in),
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
        json_of(&texts.end),
        texts.checksum
    );
    let expected = expected.map_or("null".into(), |Expected { id, p }| {
        format!(r#"{{"id":{id},"p":{}}}"#, json_of(&p))
    });
    format!(
        r#"{{"version":{VERSION},"model":{model},"prompt":{},"texts":{texts},"knobs":{},"view":{{"focus":{},"tool":{}}},"expected":{expected},"recorded":{}}}"#,
        json_of(prompt),
        json_of(knobs),
        json_of(&view.focus),
        json_of(&view.tool),
        recorded.as_deref().map_or("null".into(), write_recorded)
    )
}

fn write_recorded(recorded: &Recorded) -> String {
    let tokens = list(recorded.tokens.iter().map(|known| {
        let choice = known.choice.as_ref().map_or("null".into(), |choice| {
            format!(
                r#"{{"candidate":{},"distribution":{}}}"#,
                json_of(&choice.candidate),
                json_of(&*choice.distribution)
            )
        });
        let (token, score) = (json_of(&known.token), json_of(&known.score));
        format!(r#"{{"token":{token},"score":{score},"choice":{choice}}}"#)
    }));
    let in_view = recorded.distribution.as_deref();
    format!(
        r#"{{"date":"{}","model":{},"tokens":{tokens},"distribution":{},"answers":{},"chat":{},"reply_token":{}}}"#,
        recorded.date,
        json_of(&recorded.model),
        in_view.map_or("null".into(), json_of),
        answers_json::write(&recorded.answers),
        recorded.chat,
        json_of(&recorded.reply_token)
    )
}

fn read(value: &Value) -> Option<Session> {
    let (model, texts) = (value.get("model")?, value.get("texts")?);
    let source = model.get("source")?;
    let name = || text(&source, "name");
    let source = match text(&source, "at").as_str() {
        "demo" => Source::Demo,
        "hub" => Source::Hub(name()),
        "address" => Source::Address(name()),
        "files" => Source::Files,
        _ => Source::Server,
    };
    let branches = pairs(&texts, "branches", |index, parent| {
        Some(Branch(index.number()?, parent.number()))
    })?;
    let origins = pairs(&texts, "origins", |origin, count| {
        Some((origin_named(&origin.text()?)?, count.number()?))
    })?;
    let view = value.get("view");
    let expected = value.get("expected").and_then(|expected| {
        let p = expected.get("p")?.float()? as f32;
        Some(Expected { id: number(&expected, "id")?, p })
    });
    Some(Session {
        version: VERSION,
        model: ModelRef {
            name: text(&model, "name"),
            source,
            precision: Precision::named(&text(&model, "precision")).unwrap_or_default(),
            format: text(&model, "format"),
            computed_in: text(&model, "computed_in"),
            vocab_size: number(&model, "vocab_size")?,
        },
        prompt: value.get("prompt").and_then(|prompt| prompt.text()),
        texts: Texts {
            ids: numbers(&texts, "ids")?,
            branches,
            origins,
            end: number(&texts, "end"),
            checksum: number(&texts, "checksum")?,
        },
        knobs: value.get("knobs")?.typed::<Knobs>()?,
        view: View {
            focus: view.as_ref().and_then(|view| number(view, "focus")),
            tool: view.and_then(|view| view.get("tool")?.text()),
        },
        expected,
        recorded: None,
    })
}

/// What was recorded, from the replies that carry it.
fn recorded(head: &Value, choices: &[TokenId], events: Vec<Event>) -> Option<Recorded> {
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
    let distribution = match head.get("in_view")?.is_true() {
        true => match events.next()? {
            Event::Distribution(seen) => Some(Rc::new(seen)),
            _ => return None,
        },
        false => None,
    };
    let token = numbers(head, "reply_token").unwrap_or_default();
    Some(Recorded {
        date: text(head, "date"),
        model,
        tokens,
        distribution,
        answers: answers_read::read(head, &mut events)?,
        chat: head.get("chat")?.is_true(),
        reply_token: token.first().copied().zip(token.get(1).copied()),
    })
}

fn fault(failed: &Value) -> Fault {
    match text(failed, "fault").as_str() {
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

/// A list of pairs; an empty one if there is none.
fn pairs<T>(
    value: &Value,
    name: &str,
    of: impl Fn(&Value, &Value) -> Option<T>,
) -> Option<Vec<T>> {
    let items = value.get(name).and_then(|list| list.items()).unwrap_or_default();
    let pair = |pair: Value| match &pair.items()?[..] {
        [first, second] => of(first, second),
        _ => None,
    };
    items.into_iter().map(pair).collect()
}
