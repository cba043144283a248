//! What a page asks of the worker that has this crate, and what it answers: JSON both ways.

use serde::{Deserialize, Serialize};

use crate::picture::Picture;
use crate::{Fault, Session, link, trace};

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

/// What a page is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer<S = Session> {
    /// The fragment of a link, or the text of a file.
    Text {
        /// The text.
        text: String,
    },
    /// A session that can be shown.
    Session {
        /// The session.
        session: S,
    },
    /// It cannot be done.
    Failed {
        /// Why.
        fault: Fault,
    },
}

/// Answers a page. Both are JSON.
pub fn answer(request: &str) -> String {
    let answer = match serde_json::from_str::<Request>(request) {
        Ok(request) => of(request).unwrap_or_else(|fault| Answer::Failed { fault }),
        Err(error) => Answer::Failed { fault: Fault::invalid(error.to_string()) },
    };
    serde_json::to_string(&answer).unwrap_or_default()
}

fn of(request: Request) -> Result<Answer, Fault> {
    Ok(match request {
        Request::Link { session } => Answer::Text { text: link::encode(&session)? },
        Request::Trace { session } => Answer::Text { text: trace::write(&session)? },
        Request::Picture { picture, date } => Answer::Text { text: picture.svg(&date) },
        Request::Open { text } => {
            let is_trace = text.trim_start().starts_with('{');
            let read = if is_trace { trace::read } else { link::decode };
            Answer::Session { session: read(&text)? }
        }
    })
}
