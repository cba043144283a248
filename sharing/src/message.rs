//! What a page asks of the worker that has this crate, and what it answers.

use protocol::{Event, Reply, RequestId, ScoredToken, Timings};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::picture::Picture;
use crate::{Answered, Fault, Recorded, Session, link, trace};

/// What a page asks. `S` is how it holds a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request<S = Session> {
    /// To make a link of a session.
    Link {
        /// The session.
        session: S,
    },
    /// To make a trace of a session.
    Trace {
        /// The session.
        session: S,
    },
    /// To draw a picture as SVG.
    Picture {
        /// The picture.
        picture: Picture,
        /// The day on which it is made.
        date: String,
    },
    /// To read a link, or the text of a trace.
    Open {
        /// The link or the text.
        text: String,
    },
}

/// What comes of a request.
enum Answer {
    /// The fragment of a link, or the text of a file.
    Text(String),
    /// A session that can be shown.
    Session(Box<Session>),
}

/// Answers a page. A request is JSON. The answer has a line with JSON: `{"text": …}`, `{"failed":
/// …}`, or `{"session": …}` without what was recorded. That follows in lines of replies, as an
/// engine would send them, since a page can read those anyway: what the model is, all tokens with
/// their scores, and the distributions: for each token of `choices` the one that it was chosen
/// from, with its own row put before those that were watched, then, if `in_view`, the one in view,
/// and last of each of the `answers` as many as it says.
pub fn answer(request: &str) -> String {
    let answer = match serde_json::from_str::<Request>(request) {
        Ok(request) => of(request),
        Err(error) => Err(Fault::invalid(error.to_string())),
    };
    match answer {
        Ok(Answer::Text(text)) => json!({ "text": text }).to_string(),
        Ok(Answer::Session(session)) => lines(*session),
        Err(fault) => json!({ "failed": fault }).to_string(),
    }
}

fn of(request: Request) -> Result<Answer, Fault> {
    Ok(match request {
        Request::Link { session } => Answer::Text(link::encode(&session)?),
        Request::Trace { session } => Answer::Text(trace::write(&session)?),
        Request::Picture { picture, date } => Answer::Text(picture.svg(&date)),
        Request::Open { text } => {
            let is_trace = text.trim_start().starts_with('{');
            let read = if is_trace { trace::read } else { link::decode };
            Answer::Session(Box::new(read(&text)?))
        }
    })
}

/// A session in lines.
fn lines(mut session: Session) -> String {
    let recorded = session.recorded.take();
    let mut head = json!({ "session": session });
    let Some(recorded) = recorded else { return head.to_string() };
    let Recorded { date, model, tokens, distribution, answers, chat, reply_token } =
        *recorded;
    let choices: Vec<usize> = (0..)
        .zip(&tokens)
        .filter_map(|(index, known)| known.choice.is_some().then_some(index))
        .collect();
    head["date"] = json!(date);
    head["choices"] = json!(choices);
    head["in_view"] = json!(distribution.is_some());
    head["chat"] = json!(chat);
    head["reply_token"] = json!(reply_token);
    let questions = answers
        .iter()
        .map(|Answered { to, events }| json!({ "to": to, "events": events.len() }));
    head["answers"] = questions.collect();
    let mut scored = Vec::new();
    let mut distributions = Vec::new();
    for known in tokens {
        let (token, score) = (known.token, known.score);
        scored.push(ScoredToken { token, score, expected: None });
        if let Some(choice) = known.choice {
            let mut seen = (*choice.distribution).clone();
            seen.watched.insert(0, choice.candidate);
            distributions.push(Event::Distribution(seen));
        }
    }
    let in_view = distribution.map(|seen| Event::Distribution((*seen).clone()));
    let scored = Event::Scored { tokens: scored, timings: Timings::default() };
    let events = [Event::Ready(model), scored].into_iter();
    let answers = answers.into_iter().flat_map(|answered| answered.events);
    let events = events.chain(distributions).chain(in_view).chain(answers);
    let line = |event| serde_json::to_string(&Reply { id: RequestId(0), event });
    let lines = events.map(|event| line(event).unwrap_or_default());
    std::iter::once(head.to_string()).chain(lines).collect::<Vec<_>>().join("\n")
}
