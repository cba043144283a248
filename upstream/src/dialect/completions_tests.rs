//! Answers of completions, whole and damaged.

use protocol::TokenId;

use super::completions_answer::{read_next, read_score, read_spelled};
use super::told::{Listing, Spellings};

fn answer(tokens: &str, top: &str) -> Vec<u8> {
    format!(
        r#"{{"choices": [{{"text": "x", "logprobs": {{"tokens": ["{tokens}"],
            "token_logprobs": [-1.0], "top_logprobs": [{top}]}}}}]}}"#
    )
    .into_bytes()
}

#[test]
fn the_drawn_token_can_be_one_more_and_must_be_there() {
    let list = r#"{"token_id:3": -0.5, "token_id:9": -1.5, "token_id:4": -4.0}"#;
    let told = read_next(&answer("token_id:4", list), Listing::Top(2)).unwrap();
    assert_eq!(told.listed, [(3, -0.5), (9, -1.5)]);
    assert_eq!(told.named, [(4, -4.0)]);
    assert_eq!(
        read_next(&answer("token_id:3", list), Listing::Top(3)).unwrap().named,
        []
    );
    for (drawn, list, wanted) in [
        ("token_id:8", list, 2),
        ("token_id:3", list, 2),
        ("token_id:3", list, 1),
        ("token_id:3", list, 4),
        ("token_id:3", r#"{"token_id:3": null}"#, 1),
        ("token_id:3", r#"{"token_id:3": 0.5}"#, 1),
        ("token_id:3", r#"{"token_id:3": -0.1, "token_id:3": -0.1}"#, 2),
        ("token_id:3", r#"{"token_id:3": -0.1, "token_id:4": -0.1}"#, 2),
        ("token_id:3", r#"{"token_id:3": -0.1, "a": -5}"#, 2),
        ("token_id:3", r#"{"token_id:3": NaN}"#, 1),
        ("token_id:3", "null", 1),
        ("token_id:3", r#"{"token_id:3": -0.1}, {"token_id:3": -0.1}"#, 1),
    ] {
        let read = read_next(&answer(drawn, list), Listing::Top(wanted));
        assert!(read.is_err(), "{drawn} {list} {wanted}: {read:?}");
    }
    let whole = answer("token_id:3", list);
    for end in 0..whole.len() {
        assert!(read_next(&whole[..end], Listing::Top(3)).is_err(), "cut at {end}");
    }
}

#[test]
fn a_list_of_texts_ends_before_one_that_is_no_tokens_own() {
    struct Letters;
    impl Spellings for Letters {
        fn id(&self, text: &str) -> Option<TokenId> {
            ["a", "b"].iter().position(|known| *known == text).map(|id| id as u32)
        }
    }
    let list = r#"{"b": -2.0, "a": -0.7, "\u00e9": -2.5, "c": -3.0}"#;
    let read =
        |drawn, count| read_spelled(&answer(drawn, list), Listing::Top(count), &Letters);
    assert_eq!(read("a", 4).unwrap().listed, [(0, -0.7), (1, -2.0)]);
    assert_eq!(read("c", 3).unwrap().listed, [(0, -0.7), (1, -2.0)]);
    assert!(read("a", 5).is_err() && read("a", 2).is_err() && read("d", 4).is_err());
    let unknown = r#"{"c": -0.1, "a": -3.0}"#;
    assert!(read_spelled(&answer("a", unknown), Listing::Top(2), &Letters).is_err());
}

#[test]
fn every_place_of_a_text_has_its_token_with_a_rank() {
    let places = |second: &str| {
        format!(
            r#"{{"choices": [{{"text": "", "logprobs": null, "prompt_logprobs":
                [null, {{"7": {{"logprob": -0.5, "rank": 1}},
                         "8": {{"logprob": -1.5, "rank": 2}}}}, {second}]}}]}}"#
        )
        .into_bytes()
    };
    let good = r#"{"9": {"logprob": -6, "rank": 40}, "1": {"logprob": -0.5, "rank": 1},
                   "2": {"logprob": -2.0, "rank": 2}}"#;
    let scored = read_score(&places(good), &[5, 7, 9], 2).unwrap();
    assert_eq!((scored[0].rank, scored[1].rank), (Some(1), Some(40)));
    assert_eq!(scored[1].listed, [(1, -0.5), (2, -2.0)]);
    assert!(read_score(&places(good), &[5, 7], 2).is_err());
    assert!(read_score(&places(good), &[5, 7, 6], 2).is_err());
    for bad in
        ["null", "{}", r#"{"9": {"logprob": -6, "rank": 0}, "1": {"logprob": -1}}"#]
    {
        assert!(read_score(&places(bad), &[5, 7, 9], 2).is_err(), "{bad}");
    }
}
