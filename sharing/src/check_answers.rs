//! Holds the answers of a trace against what an engine could have said, so that a page can show
//! them by the code that shows an engine's.

use protocol::{Event, Finding, RankedToken, ScoredToken, TextComparison, Word, limits};

use crate::bounds::{
    MAX_LISTED, MAX_NAME, MAX_TEXT, MAX_TOKENS, Vocabulary, is_probability, lengths, must,
};
use crate::{Answered, Asked, Fault, check_tools};

/// The most answers: a conversation, and the tools.
const MAX_ANSWERS: usize = limits::MAX_MESSAGES / 2 + 8;
/// The most layers, and the most heads of one.
const MAX_LAYERS: usize = 1_000;

/// Checks all answers of a trace.
pub(crate) fn check(answers: &[Answered], of: Vocabulary) -> Result<(), Fault> {
    if answers.len() > MAX_ANSWERS {
        return Err(Fault::TooLarge);
    }
    let mut tokens = 0;
    for Answered { to, events } in answers {
        match (to, events.as_slice()) {
            (Asked::Reply { question, begun, text, writer }, events) => {
                lengths(&[question, begun, text], MAX_TEXT)?;
                lengths(&[writer], MAX_NAME)?;
                tokens += reply(events, text, of)?;
            }
            (Asked::Words { watched, typed }, [Event::LookedUp(found)]) => {
                must(watched.len() < limits::MAX_LOOKED_UP, "too many words")?;
                lengths(&watched.iter().chain([typed]).collect::<Vec<_>>(), MAX_TEXT)?;
                words(&found.words, watched.len() + 1, of)?;
            }
            (Asked::Score { typed, heat }, [Event::Scored { tokens: scored, .. }]) => {
                lengths(&[typed], MAX_TEXT)?;
                lengths(&[heat], MAX_NAME)?;
                tokens += scored.len();
                scored.iter().try_for_each(|token| score(token, of))?;
            }
            (Asked::Compare { typed, temperature, top_p }, [Event::Compared(found)]) => {
                lengths(&[typed], MAX_TEXT)?;
                check_tools::other_sampler(*temperature, *top_p)?;
                comparison(found, of)?;
            }
            (Asked::Inside { view, layer, head, rivals, .. }, events) => {
                lengths(&[view], MAX_NAME)?;
                let most = (*layer).max(*head) as usize;
                must(most <= MAX_LAYERS && rivals.len() <= MAX_LISTED, "too many heads")?;
                rivals.iter().try_for_each(|rival| of.has(rival))?;
                findings(events, of)?;
            }
            (to, events) => check_tools::check(to, events, of)?,
        }
        if tokens > MAX_TOKENS {
            return Err(Fault::TooLarge);
        }
    }
    Ok(())
}

/// Whether a reply, by its place in the conversation, has a token with this index.
pub(crate) fn has_reply_token(answers: &[Answered], reply: usize, token: usize) -> bool {
    let is_reply = |one: &&Answered| matches!(one.to, Asked::Reply { .. });
    let events = answers.iter().filter(is_reply).nth(reply).map(|one| &one.events);
    events.is_some_and(|events| {
        let tokens = events.iter().filter(|event| matches!(event, Event::Token(_)));
        token < tokens.count()
    })
}

/// A reply: the prompt, what each token was drawn from, and why it ended. Returns how many
/// tokens it has.
fn reply(events: &[Event], text: &str, of: Vocabulary) -> Result<usize, Fault> {
    let [Event::Prompt { tokens }, drawn @ .., Event::Finished { .. }] = events else {
        return must(events.is_empty(), "a reply is not whole").map(|()| 0);
    };
    must(text.is_empty() && !drawn.is_empty(), "a reply has tokens and a text")?;
    must(!tokens.is_empty(), "a reply has no prompt")?;
    tokens.iter().try_for_each(|token| of.has(token))?;
    for event in drawn {
        let Event::Token(seen) = event else {
            return Err(Fault::invalid("a reply has something else between its tokens"));
        };
        of.distribution(seen)?;
    }
    Ok(tokens.len() + drawn.len())
}

fn words(words: &[Word], texts: usize, of: Vocabulary) -> Result<(), Fault> {
    // Each text as typed, with a space before it, and by the names of special tokens.
    must(words.len() <= 3 * limits::MAX_LOOKED_UP, "too many words")?;
    for word in words {
        let length = word.length as usize;
        let whole = (word.text as usize) < texts
            && (1..=limits::MAX_WORD_TOKENS).contains(&length)
            && (1..=length).contains(&word.tokens.len());
        must(whole && word.log_probability <= 1e-3, "a word is none")?;
        word.tokens.iter().try_for_each(|row| of.candidate(row))?;
    }
    Ok(())
}

fn score(scored: &ScoredToken, of: Vocabulary) -> Result<(), Fault> {
    of.has(&scored.token)?;
    scored.expected.iter().try_for_each(|token| of.has(token))?;
    let whole = scored.score.is_none_or(|score| {
        is_probability(score.probability)
            && is_probability(score.best_probability)
            && score.rank > 0
            && score.surprisal_bits.is_finite()
            && score.entropy_bits.is_finite()
    });
    must(whole, "a score is none")
}

fn comparison(found: &TextComparison, of: Vocabulary) -> Result<(), Fault> {
    must(found.vocab_size == of.size, "a comparison is over another vocabulary")?;
    let rows = found.candidates.len();
    must((1..=MAX_LISTED).contains(&rows), "a comparison has no rows")?;
    for pair in &found.candidates {
        must(pair.first.token == pair.second.token, "a row is of two tokens")?;
        of.candidate(&pair.first)?;
        of.candidate(&pair.second)?;
    }
    check_tools::apart([found.p, found.q].iter(), found.entropy_bits)
}

/// What was found about one question.
fn findings(events: &[Event], of: Vocabulary) -> Result<(), Fault> {
    must(events.len() <= limits::MAX_OCCLUSIONS + 1, "too much was found")?;
    let mut first: Option<&Finding> = None;
    for event in events {
        let Event::Finding(finding) = event else {
            return Err(Fault::invalid("what was found is something else"));
        };
        let follows = match (first, finding) {
            // The parts of an occlusion follow what says what they are of.
            (None, Finding::Occluded(_)) => false,
            (None, _)
            | (Some(Finding::Lens(_)), Finding::Lens(_))
            | (Some(Finding::Occlusion(_)), Finding::Occluded(_)) => true,
            (Some(_), _) => false,
        };
        must(follows, "what was found does not belong together")?;
        first = first.or(Some(finding));
        one_finding(finding, of)?;
    }
    Ok(())
}

fn one_finding(finding: &Finding, of: Vocabulary) -> Result<(), Fault> {
    match finding {
        Finding::Lens(lens) => {
            let many = lens.layers.len() > MAX_LAYERS
                || lens.followed.len() > limits::MAX_FOLLOWED + 1;
            must(!many && !lens.layers.is_empty(), "a lens has no layers")?;
            lens.followed.iter().try_for_each(|token| of.has(token))?;
            for layer in &lens.layers {
                let few = layer.top.len() <= limits::MAX_LENS_CANDIDATES as usize
                    && layer.followed.len() == lens.followed.len();
                must(few && layer.entropy_bits.is_finite(), "a layer is none")?;
                layer.top.iter().try_for_each(|token| ranked(token, of))?;
                let mut ranks = layer.followed.iter();
                let whole =
                    ranks.all(|one| is_probability(one.probability) && one.rank > 0);
                must(whole, "a rank is none")?;
            }
            Ok(())
        }
        Finding::Attention(found) => {
            must(found.layers.len() <= MAX_LAYERS, "too many layers")?;
            let heads = || found.layers.iter().flat_map(|layer| &layer.heads);
            let few = found.layers.iter().all(|layer| layer.heads.len() <= MAX_LAYERS);
            let weights = heads().map(Vec::len).sum::<usize>();
            must(few && weights <= limits::MAX_ATTENTION_WEIGHTS, "too many heads")?;
            must(
                heads().flatten().all(|weight| is_probability(*weight)),
                "a weight is none",
            )
        }
        Finding::Head(found) => {
            let rows = &found.rows;
            let few = rows.len() <= limits::MAX_MATRIX_TOKENS
                && rows.iter().all(|row| row.len() <= rows.len());
            must(few, "a matrix is too large")?;
            let whole = rows.iter().flatten().all(|weight| is_probability(*weight));
            must(whole, "a weight is none")
        }
        Finding::Occlusion(start) => {
            of.has(&start.target)?;
            must(is_log(start.log_probability), "a probability is none")
        }
        Finding::Occluded(part) => {
            let forwards = part.start < part.end && part.end as usize <= MAX_TOKENS;
            must(forwards && is_log(part.log_probability), "a part is none")?;
            ranked(&part.top, of)
        }
        Finding::Attribution(found) => {
            let many = found.parts.len() > 4 * MAX_LAYERS
                || found.tokens.len() > limits::MAX_ATTRIBUTED;
            must(!many, "too many parts")?;
            for token in &found.tokens {
                of.has(&token.token)?;
                let numbers =
                    token.contributions.iter().chain([&token.sum, &token.logit]);
                let whole = token.contributions.len() == found.parts.len()
                    && numbers.into_iter().all(|number| number.is_finite());
                must(whole && is_probability(token.probability), "a sum is none")?;
            }
            Ok(())
        }
    }
}

fn ranked(one: &RankedToken, of: Vocabulary) -> Result<(), Fault> {
    of.has(&one.token)?;
    must(is_probability(one.probability), "a probability is none")
}

/// Whether a number is the logarithm of a probability.
fn is_log(number: f64) -> bool {
    (-1e6..=1e-3).contains(&number)
}
