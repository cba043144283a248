//! Sessions go out and come back the same to the last bit, and nothing else comes in.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod random;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use protocol::{Event, Reply};
use sharing::{Branch, Fault, Request, Session, answer, link, trace};
use std::io::Write;

const SESSIONS: u64 = 500;

fn random(seed: u64) -> Session {
    let mut rng = Rng::with_seed(seed);
    let tokens = rng.usize(..40);
    random::session(&mut rng, tokens)
}

fn shared(session: &Session) -> Session {
    Session { recorded: None, ..session.clone() }
}

/// The fragment of a link with any JSON in it.
fn packed(json: &str, form: u8) -> String {
    let mut encoder = ZlibEncoder::new(vec![form], Compression::best());
    encoder.write_all(json.as_bytes()).unwrap();
    format!("{}{}", link::KEY, URL_SAFE_NO_PAD.encode(encoder.finish().unwrap()))
}

#[test]
fn sessions_come_back_from_links_and_traces_to_the_last_bit() {
    for seed in 0..SESSIONS {
        let session = random(seed);
        assert_eq!(session.check(), Ok(()), "{seed}");
        let fragment = link::encode(&session).unwrap();
        assert_eq!(link::decode(&fragment).unwrap(), shared(&session), "{seed}");
        let address = format!("https://page.example/some/where/?model=x#{fragment}\n");
        assert_eq!(link::decode(&address).unwrap(), shared(&session), "{seed}");
        let text = trace::write(&session).unwrap();
        assert_eq!(trace::read(&text).unwrap(), session, "{seed}");
    }
}

#[test]
fn a_link_to_three_hundred_tokens_has_about_a_kilobyte() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let mut session = random::session(&mut rng, 300);
        session.texts.branches.truncate(5);
        (session.prompt, session.view) = (None, Default::default());
        session.knobs.steps = Default::default();
        session.model.name = "HuggingFaceTB/SmolLM2-135M".into();
        // The most common tokens have the smallest ids (Zipf's law).
        for id in &mut session.texts.ids {
            *id = (49_152f64.powf(rng.f64()) as u32).min(session.model.vocab_size - 1);
        }
        let length = link::encode(&session).unwrap().len();
        assert!(length < 1_400, "{length} letters");
    }
}

#[test]
fn any_letter_of_a_link_that_is_changed_or_missing_is_noticed() {
    for seed in 0..40 {
        let session = random(seed);
        let fragment = link::encode(&session).unwrap();
        let mut rng = Rng::with_seed(seed);
        for _ in 0..50 {
            let at = rng.usize(link::KEY.len()..fragment.len());
            let mut changed = fragment.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // A letter's last bits may stand for nothing.
            if let Ok(read) = link::decode(&changed) {
                assert_eq!(read, shared(&session), "{seed}, {at}");
            }
            let cut = &fragment[..at];
            assert!(link::decode(cut).is_err(), "{seed}, {at}");
        }
        let longer = format!("{fragment}AAAA");
        assert_eq!(link::decode(&longer), Err(Fault::Damaged));
    }
}

#[test]
fn a_trace_that_was_cut_off_is_damaged() {
    let text = trace::write(&random(7)).unwrap();
    for at in (1..text.len()).step_by(97).filter(|at| text.is_char_boundary(*at)) {
        assert_eq!(trace::read(&text[..at]), Err(Fault::Damaged), "{at}");
    }
}

#[test]
fn what_is_no_session_is_told_from_one() {
    for text in
        ["", "{}", "[]", "null", "7", "{\"a\":1}", "<html>", "{\"version\":\"1\"}"]
    {
        assert_eq!(trace::read(text), Err(Fault::NoSession), "{text}");
    }
    for text in ["", "#", "https://page.example/#top", "#sessions=AQ"] {
        assert_eq!(link::decode(text), Err(Fault::NoSession), "{text}");
    }
    for text in
        ["#session=", "#session=AQ", "#session=%41", "#session=Ω", "#session=AAAA"]
    {
        assert_eq!(link::decode(text), Err(Fault::Damaged), "{text}");
    }
    assert!(trace::read(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn a_session_of_a_later_version_says_so() {
    let newer = Err(Fault::Newer { version: 9 });
    assert_eq!(trace::read("{\"version\":9,\"everything\":\"else\"}"), newer);
    assert_eq!(link::decode(&packed("{\"version\":9}", 1)), newer);
    assert_eq!(link::decode(&packed("{}", 2)), Err(Fault::Newer { version: 2 }));
    // What a later page adds without changing the version is passed over.
    let session = random(3);
    let text = trace::write(&session).unwrap().replacen('{', "{\"added\":[1],", 1);
    assert_eq!(trace::read(&text), Ok(session));
}

#[test]
fn a_session_that_contradicts_itself_is_refused() {
    let faults: [fn(&mut Session); 16] = [
        |session| session.texts.end = Some(session.texts.ids.len() as u32),
        |session| session.texts.ids[0] = session.model.vocab_size,
        |session| session.texts.branches = vec![Branch(1, Some(1))],
        |session| session.texts.branches = vec![Branch(2, None), Branch(1, None)],
        |session| session.texts.branches = vec![Branch(4_000_000_000, None)],
        |session| session.texts.origins.clear(),
        |session| {
            let origin = session.texts.origins[0].0;
            session.texts.origins = vec![(origin, u32::MAX); 3];
        },
        |session| session.texts.checksum ^= 1,
        |session| session.view.focus = Some(1_000),
        |session| session.model.name = "n".repeat(3_000),
        |session| session.recorded.as_mut().unwrap().tokens.truncate(1),
        |session| session.recorded.as_mut().unwrap().model.vocab_size += 1,
        |session| session.recorded.as_mut().unwrap().tokens[0].token.bytes.push(1),
        |session| {
            let seen = &mut session.recorded.as_mut().unwrap().distribution;
            std::rc::Rc::make_mut(seen.as_mut().unwrap()).position += 1;
        },
        |session| {
            let seen = &mut session.recorded.as_mut().unwrap().distribution;
            std::rc::Rc::make_mut(seen.as_mut().unwrap()).candidates.clear();
        },
        |session| {
            let seen = &mut session.recorded.as_mut().unwrap().distribution;
            std::rc::Rc::make_mut(seen.as_mut().unwrap()).settings.top_p = -1.0;
        },
    ];
    for (index, spoil) in faults.into_iter().enumerate() {
        let mut session = random::session(&mut Rng::with_seed(11), 30);
        spoil(&mut session);
        let text = trace::write(&session).unwrap();
        let read = trace::read(&text);
        assert!(matches!(read, Err(Fault::Invalid { .. })), "{index}: {read:?}");
    }
    let mut with_numbers = trace::write(&random(5)).unwrap();
    with_numbers.truncate(with_numbers.len());
    assert!(matches!(
        link::decode(&packed(&with_numbers, 1)),
        Err(Fault::Invalid { .. })
    ));
}

#[test]
fn what_would_fill_the_memory_is_refused_before_it_does() {
    let bomb = " ".repeat(5_000_000) + "{}";
    assert_eq!(link::decode(&packed(&bomb, 1)), Err(Fault::TooLarge));
    let long = format!("#session={}", "A".repeat(300_000));
    assert_eq!(link::decode(&long), Err(Fault::TooLarge));
    let mut session = random(1);
    session.texts.ids = vec![0; 200_000];
    assert_eq!(trace::read(&trace::write(&session).unwrap()), Err(Fault::TooLarge));
    // A text of one long path costs no recursion.
    let mut deep = shared(&random(1));
    deep.texts = sharing::Texts {
        ids: vec![1; 90_000],
        branches: Vec::new(),
        origins: vec![(sharing::Origin::Sampled, 90_000)],
        end: Some(89_999),
        checksum: 0,
    };
    deep.view = Default::default();
    assert_eq!(link::decode(&link::encode(&deep).unwrap()), Ok(deep));
}

#[test]
fn a_worker_answers_whatever_it_is_asked() {
    let session = random(2);
    let ask = |request: &Request| answer(&serde_json::to_string(request).unwrap());
    let head = |answer: &str| -> serde_json::Value {
        serde_json::from_str(answer.lines().next().unwrap()).unwrap()
    };
    let made = head(&ask(&Request::Link { session: session.clone() }));
    let text = made["text"].as_str().unwrap().to_owned();
    let opened = head(&ask(&Request::Open { text }));
    let opened = serde_json::from_value::<Session>(opened["session"].clone()).unwrap();
    assert_eq!(opened, shared(&session));

    let made = head(&ask(&Request::Trace { session: session.clone() }));
    let text = made["text"].as_str().unwrap().to_owned();
    let opened = ask(&Request::Open { text });
    let head_of_trace = head(&opened);
    let recorded = session.recorded.unwrap();
    assert_eq!(head_of_trace["date"], recorded.date);
    let replies: Vec<Reply> =
        opened.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let chosen = recorded.tokens.iter().filter(|known| known.choice.is_some()).count();
    let answered = recorded.answers.iter().map(|answered| answered.events.len());
    let answered = answered.sum::<usize>();
    assert_eq!(replies.len(), 2 + chosen + 1 + answered);
    let said = head_of_trace["answers"].as_array().unwrap();
    let counts: u64 = said.iter().map(|answer| answer["events"].as_u64().unwrap()).sum();
    assert_eq!(counts, answered as u64);
    assert_eq!(head_of_trace["choices"].as_array().unwrap().len(), chosen);
    assert_eq!(replies[0].event, Event::Ready(recorded.model));
    let last = Event::Distribution((**recorded.distribution.as_ref().unwrap()).clone());
    assert_eq!(replies[2 + chosen].event, last);
    let events = recorded.answers.into_iter().flat_map(|answered| answered.events);
    let told = replies[3 + chosen..].iter().map(|reply| reply.event.clone());
    assert!(told.eq(events));

    let failed = head(&ask(&Request::Open { text: "nothing".into() }));
    assert_eq!(failed["failed"]["fault"], "no_session");
    assert!(answer("nothing").contains("failed"));
}
