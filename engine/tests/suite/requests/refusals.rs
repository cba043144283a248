//! Requests that are refused before anything is computed.

use super::*;

#[test]
fn invalid_requests_are_refused_before_anything_is_computed() {
    let mut engine = engine(Kind::Instruct);
    let next_of = |candidates, watch: Vec<TokenId>| Command::NextToken {
        ids: vec![10],
        settings: settings(),
        candidates,
        watch,
    };
    let verify = |ids, candidates| Command::Verify { ids, candidates };
    let with = |settings| next_with(&[10], settings);
    let hot = SamplerSettings { temperature: 2.5, ..settings() };
    let broken = SamplerSettings { top_p: f32::NAN, ..settings() };
    let text = "x".repeat(limits::MAX_TEXT_BYTES + 1);
    let too_many = vec![say("a"); limits::MAX_MESSAGES + 1];
    let cases = [
        (next(&[]), ErrorCode::EmptyPrompt),
        (Command::Score { ids: vec![] }, ErrorCode::EmptyPrompt),
        (verify(vec![], 5), ErrorCode::EmptyPrompt),
        (verify(vec![259], 5), ErrorCode::InvalidToken),
        (verify(vec![10; 8193], 5), ErrorCode::PromptTooLong),
        (verify(vec![10], 0), ErrorCode::InvalidSettings),
        (verify(vec![10], limits::MAX_CANDIDATES + 1), ErrorCode::InvalidSettings),
        (next(&[259]), ErrorCode::InvalidToken),
        (next(&[u32::MAX]), ErrorCode::InvalidToken),
        (next_of(5, vec![259]), ErrorCode::InvalidToken),
        (next(&vec![10; 8193]), ErrorCode::PromptTooLong),
        (next_of(0, vec![]), ErrorCode::InvalidSettings),
        (next_of(limits::MAX_CANDIDATES + 1, vec![]), ErrorCode::InvalidSettings),
        (next_of(u32::MAX, vec![]), ErrorCode::InvalidSettings),
        (next_of(5, vec![1; limits::MAX_WATCHED + 1]), ErrorCode::InvalidSettings),
        (with(hot), ErrorCode::InvalidSettings),
        (with(broken), ErrorCode::InvalidSettings),
        (generate(&[10], 0), ErrorCode::InvalidSettings),
        (generate(&[10], limits::MAX_NEW_TOKENS + 1), ErrorCode::InvalidSettings),
        (chat(vec![]), ErrorCode::InvalidSettings),
        (chat(too_many), ErrorCode::InvalidSettings),
        (chat(vec![say(&"long ".repeat(2000))]), ErrorCode::PromptTooLong),
        (
            Command::Tokenize { text, options: Default::default() },
            ErrorCode::PromptTooLong,
        ),
    ];
    for (command, code) in cases {
        let case = format!("{command:.100?}");
        assert_eq!(failure(&mut engine, command), code, "{case}");
    }
    assert_eq!(engine.session().unwrap().forward_tokens(), 0);
}
