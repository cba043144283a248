//! Words that are looked up, held against distributions that are asked for one by one.

use super::*;
use protocol::{TokenizeOptions, Word, WordForm, Words};

fn look_up(ids: &[TokenId], texts: &[&str]) -> Command {
    let texts = texts.iter().map(|text| (*text).into()).collect();
    Command::LookUp { ids: ids.to_vec(), texts, settings: settings() }
}

/// All `word` events, and the answer.
fn words(engine: &mut Engine<u8>, command: Command) -> (Vec<Word>, Words) {
    let mut events = ask(engine, command);
    let Some(Event::LookedUp(answer)) = events.pop() else { panic!("{events:?}") };
    let words = events.into_iter().filter_map(|event| match event {
        Event::Word(word) => Some(word),
        Event::Progress(_) => None,
        other => panic!("{other:?}"),
    });
    (words.collect(), answer)
}

/// The tokens of a text that continues another.
fn tokens(engine: &mut Engine<u8>, text: &str, special_tokens: bool) -> Vec<TokenId> {
    let options = TokenizeOptions { special_tokens, continuation: true };
    match answer(engine, Command::Tokenize { text: text.into(), options }) {
        Event::Tokenized { tokens } => tokens.iter().map(|token| token.id).collect(),
        other => panic!("{other:?}"),
    }
}

/// Holds a word against distributions of another engine, step by step.
fn check(word: &Word, ids: &[TokenId], expected: &[TokenId]) {
    assert!(word.is_complete());
    let found: Vec<TokenId> = word.tokens.iter().map(|c| c.token.id).collect();
    assert_eq!(found, expected);
    let mut reference = engine(Kind::Instruct);
    let mut text = ids.to_vec();
    let mut log_probability = 0.0;
    for token in &word.tokens {
        let command = Command::NextToken {
            ids: text.clone(),
            settings: settings(),
            candidates: 1,
            watch: vec![token.token.id],
        };
        let step = distribution(&mut reference, command);
        let watched = &step.watched[0];
        assert_eq!((watched.rank, watched.cut_by), (token.rank, token.cut_by));
        assert!((watched.logit - token.logit).abs() < 1e-4);
        assert!((watched.probability - token.probability).abs() < 1e-6);
        let q = watched.sampled_probability - token.sampled_probability;
        assert!(q.abs() < 1e-6);
        log_probability += f64::from(watched.probability).ln();
        text.push(token.token.id);
    }
    assert!((word.log_probability - log_probability).abs() < 1e-5);
}

#[test]
fn a_word_has_the_numbers_of_its_tokens_one_after_the_other() {
    let mut engine = engine(Kind::Instruct);
    let ids = [10, 11, 12, 13, 14];
    let texts = ["cat", "a", "dogs", "<|im_end|>"];
    let (streamed, answer) = words(&mut engine, look_up(&ids, &texts));
    let mut forms = Vec::new();
    for word in &answer.words {
        let text = texts[word.text as usize];
        let (text, special) = match word.form {
            WordForm::AsTyped => (text.to_owned(), false),
            WordForm::WithSpace => (format!(" {text}"), false),
            WordForm::SpecialTokens => (text.to_owned(), true),
        };
        let expected = tokens(&mut engine, &text, special);
        check(word, &ids, &expected);
        forms.push((word.text, word.form));
        assert_eq!(
            streamed.iter().rfind(|w| (w.text, w.form) == (word.text, word.form)),
            Some(word)
        );
    }
    use WordForm::{AsTyped, SpecialTokens, WithSpace};
    let both = [AsTyped, WithSpace];
    let mut expected: Vec<_> =
        (0..4).flat_map(|text| both.map(|form| (text, form))).collect();
    expected.push((3, SpecialTokens));
    assert_eq!(forms, expected);
    // The first numbers come before anything is read.
    assert!(streamed[..9].iter().all(|word| word.tokens.len() == 1));
    let special = answer.words.last().unwrap();
    assert!(special.length == 1 && special.tokens[0].token.special);
}

#[test]
fn words_of_one_token_cost_no_forward_pass() {
    let mut engine = engine(Kind::Instruct);
    let ids = [10, 11, 12];
    distribution(&mut engine, next(&ids));
    let before = engine.stats();
    let id = tokens(&mut engine, "x", false);
    assert_eq!(id.len(), 1);
    let command = look_up(&ids, &["<|im_end|>"]);
    let (_, answer) = words(&mut engine, command);
    let special = answer.words.last().unwrap();
    assert_eq!(special.tokens.len(), 1);
    // Its other forms have many tokens; a special token alone has one.
    let (_, answer) = words(&mut engine, look_up(&ids, &["x"]));
    let typed = &answer.words[0];
    assert_eq!((typed.form, typed.length), (WordForm::AsTyped, 1));
    let spent = engine.stats().forward_tokens - before.forward_tokens;
    // What follows the space before “x” is kept from the first question.
    let others: u64 = 10 + 11 - 2;
    assert_eq!(spent, others, "only what has several tokens is read");
}

#[test]
fn another_sampler_costs_no_forward_pass_for_words_of_several_tokens() {
    let mut engine = engine(Kind::Instruct);
    let ids = [10, 11, 12, 13, 14];
    let texts = ["cat", "dogs"];
    let (_, first) = words(&mut engine, look_up(&ids, &texts));
    let before = engine.stats();
    for temperature in [0.3, 0.5, 1.7] {
        let texts = texts.map(String::from).to_vec();
        let other = SamplerSettings { temperature, ..settings() };
        let command = Command::LookUp { ids: ids.to_vec(), texts, settings: other };
        let (_, answer) = words(&mut engine, command);
        for (word, known) in answer.words.iter().zip(&first.words) {
            assert!(word.is_complete());
            assert_eq!(word.log_probability, known.log_probability);
            let q = |word: &Word| word.tokens.last().unwrap().sampled_probability;
            assert_ne!(q(word), q(known), "the sampler is another at every token");
        }
    }
    let after = engine.stats();
    assert_eq!(after.forward_tokens, before.forward_tokens);
    assert_eq!(after.passes, before.passes);
    // Of a text that goes on, nothing was kept.
    let (_, answer) = words(&mut engine, look_up(&[10, 11, 12, 13, 14, 15], &texts));
    check(
        &answer.words[0],
        &[10, 11, 12, 13, 14, 15],
        &tokens(&mut engine, "cat", false),
    );
}

#[test]
fn the_tokens_of_all_texts_go_through_the_model_together_and_the_text_stays() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..40).collect();
    let now = distribution(&mut engine, next(&ids));
    let before = engine.stats();
    // Eight texts of five bytes, each with and without a space: 4 and 5 tokens to read.
    let texts: Vec<String> = (0..8).map(|i| format!("word{i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (_, answer) = words(&mut engine, look_up(&ids, &texts));
    assert_eq!(answer.words.len(), 16);
    let after = engine.stats();
    assert_eq!(after.forward_tokens - before.forward_tokens, 8 * 4 + 8 * 5);
    assert!(after.passes - before.passes <= 5, "{}", after.passes - before.passes);
    assert_eq!((after.sequences, after.cache_bytes), (1, before.cache_bytes));
    // The text is as it was.
    let again = distribution(&mut engine, next(&ids));
    assert_eq!(again.timings.forward_tokens, after.forward_tokens);
    assert_eq!(again.candidates, now.candidates);
}

#[test]
fn looking_up_can_be_cancelled_and_frees_what_it_took() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..40).collect();
    distribution(&mut engine, next(&ids));
    let before = engine.stats();
    let long = "a word of many tokens";
    engine.submit(0, request(5, look_up(&ids, &[long])), &mut |_, _| ());
    for _ in 0..4 {
        engine.step(&mut |_, _| ());
    }
    let mut last = None;
    let cancel = Command::Cancel { request: protocol::RequestId(5) };
    engine.submit(0, request(6, cancel), &mut |_, reply| last = Some(reply.event));
    let Some(Event::Finished { reason, .. }) = last else { panic!("{last:?}") };
    assert_eq!(reason, FinishReason::Cancelled);
    assert_eq!(engine.stats().cache_bytes, before.cache_bytes);
    let (_, answer) = words(&mut engine, look_up(&ids, &["a"]));
    assert!(answer.words.iter().all(Word::is_complete));
}

#[test]
fn what_cannot_be_looked_up_is_refused() {
    let mut engine = engine(Kind::Instruct);
    let long = "x".repeat(limits::MAX_WORD_TOKENS + 1);
    let many = vec!["a"; limits::MAX_LOOKED_UP + 1];
    for (command, code) in [
        (look_up(&[], &["a"]), ErrorCode::EmptyPrompt),
        (look_up(&[10], &[]), ErrorCode::InvalidSettings),
        (look_up(&[10], &many), ErrorCode::InvalidSettings),
        (look_up(&[10], &[&long]), ErrorCode::PromptTooLong),
        (look_up(&[9999], &["a"]), ErrorCode::InvalidToken),
    ] {
        assert_eq!(failure(&mut engine, command), code);
    }
}
