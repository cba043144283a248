//! What the engines answer about what could follow a text.

use protocol::{
    Candidate, ComparedCandidate, ComparedText, Divergence, Event, GrownNode, Growth,
    SamplerSettings, TextComparison, Timings, TokenId, TokenScore, Word, WordForm, Words,
};

use super::engine::Model;

/// The words of texts, in a single form.
pub(super) fn look_up(
    model: Model,
    ids: &[TokenId],
    texts: &[String],
    settings: &SamplerSettings,
) -> Vec<Event> {
    let word = |(text, typed): (u32, &String)| {
        let mut before = ids.to_vec();
        let mut tokens = Vec::new();
        for token in model.tokenize(typed) {
            let next = model.distribution(&before, settings.clone(), 1, &[token.id]);
            tokens.extend(next.watched);
            before.push(token.id);
        }
        let log_p = |token: &Candidate| f64::from(token.probability).ln();
        let log_probability = tokens.iter().map(log_p).sum();
        let (form, length) = (WordForm::AsTyped, tokens.len() as u32);
        (length > 0).then_some(Word { text, form, length, tokens, log_probability })
    };
    let words: Vec<Word> = (0..).zip(texts).filter_map(word).collect();
    let begun = words.iter().map(|word| {
        let tokens = word.tokens[..1].to_vec();
        Event::Word(Word { tokens, ..word.clone() })
    });
    let mut events: Vec<Event> = begun.collect();
    events.push(Event::LookedUp(Words { words, timings: Timings::default() }));
    events
}

/// Two tokens that could follow, and one after the first.
pub(super) fn grow(model: Model, ids: &[TokenId]) -> Vec<Event> {
    let node = |node: u32, parent: u32, before: &[TokenId], rank: usize| {
        let settings = SamplerSettings::default();
        let next = model.distribution(before, settings, 2, &[]);
        let Candidate { token, probability, rank, .. } = next.candidates[rank].clone();
        let score = TokenScore {
            probability,
            rank,
            surprisal_bits: -probability.log2(),
            entropy_bits: next.entropy_bits,
            best_probability: probability,
            margin: 0.0,
            exact: true,
        };
        let log_probability = f64::from(probability).ln();
        GrownNode { node, parent, token, score, log_probability, ends: false }
    };
    let (first, second) = (node(1, 0, ids, 0), node(2, 0, ids, 1));
    let longer = [ids, &[first.token.id]].concat();
    let third = node(3, 1, &longer, 0);
    vec![
        Event::Nodes { nodes: vec![first, second] },
        Event::Nodes { nodes: vec![third] },
        Event::Grown(Growth { ends: vec![3, 2], nodes: 3, ..Growth::default() }),
    ]
}

/// Both sides' tops, with the entropies of both.
pub(super) fn compare(
    model: Model,
    first: &ComparedText,
    second: &ComparedText,
    rows: u32,
) -> Vec<Event> {
    let of = |side: &ComparedText, watch: &[TokenId]| {
        model.distribution(&side.ids, side.settings.clone(), rows, watch)
    };
    let listed = of(first, &[]);
    let ids: Vec<TokenId> = listed.candidates.iter().map(|c| c.token.id).collect();
    let pairs = listed.candidates.into_iter().zip(of(second, &ids).watched);
    let apart = Divergence {
        first_from_second: Some(0.1),
        second_from_first: None,
        jensen_shannon: 0.1,
    };
    let comparison = TextComparison {
        positions: [first.ids.len() as u32, second.ids.len() as u32],
        vocab_size: 8,
        exact: true,
        candidates: pairs
            .map(|(first, second)| ComparedCandidate { first, second })
            .collect(),
        entropy_bits: [first, second].map(|side| model.entropy(&side.ids).into()),
        p: apart,
        q: apart,
        timings: Timings::default(),
    };
    vec![Event::Compared(Box::new(comparison))]
}
