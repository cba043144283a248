//! Requests that are refused before anything is computed.

use protocol::{Inspection, OcclusionUnit};

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
    let inspect = |ids, question| Command::Inspect { ids, question };
    let lens = |positions, candidates, follow| {
        inspect(vec![10], Inspection::Lens { positions, candidates, follow })
    };
    let attribute = |tokens| inspect(vec![10], Inspection::Attribution { tokens });
    let attention = |layer| inspect(vec![10], Inspection::Attention { layer });
    let head = |layer, head| Inspection::Head { layer, head };
    let without = |target, unit| Inspection::Occlusion { target, unit, from: 0 };
    let each = OcclusionUnit::Token;
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
        (inspect(vec![], head(0, 0)), ErrorCode::EmptyPrompt),
        (inspect(vec![259], head(0, 0)), ErrorCode::InvalidToken),
        (lens(0, 5, vec![]), ErrorCode::InvalidSettings),
        (lens(limits::MAX_LENS_POSITIONS + 1, 5, vec![]), ErrorCode::InvalidSettings),
        (lens(1, 0, vec![]), ErrorCode::InvalidSettings),
        (lens(1, limits::MAX_LENS_CANDIDATES + 1, vec![]), ErrorCode::InvalidSettings),
        (lens(1, 5, vec![259]), ErrorCode::InvalidToken),
        (lens(1, 5, vec![1; limits::MAX_FOLLOWED + 1]), ErrorCode::InvalidSettings),
        (attribute(vec![259]), ErrorCode::InvalidToken),
        (attribute(vec![1; limits::MAX_ATTRIBUTED + 1]), ErrorCode::InvalidSettings),
        (attention(Some(1000)), ErrorCode::InvalidSettings),
        (inspect(vec![10], head(1000, 0)), ErrorCode::InvalidSettings),
        (inspect(vec![10], head(0, 1000)), ErrorCode::InvalidSettings),
        (inspect(vec![10; 129], head(0, 0)), ErrorCode::Unsupported),
        (inspect(vec![10], without(Some(259), each)), ErrorCode::InvalidToken),
        (inspect(vec![10; 600], without(None, each)), ErrorCode::Unsupported),
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
