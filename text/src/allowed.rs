//! Which texts may be written: a list or a regular expression as an automaton that reads
//! the bytes of tokens.

use std::collections::HashMap;

use protocol::AllowedTexts;
use regex_automata::Anchored;
use regex_automata::MatchKind;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_syntax::hir::Hir;

/// The most bytes of an automaton, and of what is needed to make it.
const MAX_BYTES: usize = 16 << 20;

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is no regular expression.
    #[error("The allowed pattern is no regular expression: {0}.")]
    Syntax(String),
    /// Its automaton would be too large.
    #[error("The allowed pattern is too large.")]
    TooLarge,
    /// It has a part that an automaton cannot have.
    #[error("The allowed pattern has a part that cannot be used: {0}.")]
    Unsupported(String),
    /// No text matches it.
    #[error("No text matches the allowed pattern.")]
    Empty,
}

/// An automaton of the texts that are allowed.
///
/// ```
/// use protocol::AllowedTexts;
/// use text::allowed::AllowedAutomaton;
///
/// let pattern = AllowedTexts::Pattern("a+b".into());
/// let automaton = AllowedAutomaton::new(&pattern)?;
/// let a = automaton.read(automaton.start(), b"aa").unwrap();
/// assert!(!automaton.is_match(a));
/// assert!(automaton.read(a, b"c").is_none());
/// assert!(automaton.is_match(automaton.read(a, b"b").unwrap()));
/// # Ok::<(), text::allowed::PatternError>(())
/// ```
#[derive(Debug)]
pub struct AllowedAutomaton {
    automaton: DFA<Vec<u32>>,
    start: StateID,
    /// The states from which a match can be reached, each with whether anything can follow.
    live: HashMap<StateID, bool>,
}

/// What has been read so far: the text can still become one that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllowedState(StateID);

impl AllowedAutomaton {
    /// Builds the automaton.
    ///
    /// # Errors
    /// If a pattern is no regular expression, is too large, needs what automata do not have
    /// (word boundaries of Unicode), or matches nothing.
    pub fn new(allowed: &AllowedTexts) -> Result<AllowedAutomaton, PatternError> {
        let hir = match allowed {
            AllowedTexts::Choices(texts) => Hir::alternation(
                texts.iter().map(|text| Hir::literal(text.as_bytes())).collect(),
            ),
            AllowedTexts::Pattern(pattern) => parse(pattern)?,
        };
        let automaton = build(&nfa(&hir)?)?;
        let start = start::Config::new().anchored(Anchored::Yes);
        let start = automaton
            .start_state(&start)
            .map_err(|error| PatternError::Unsupported(error.to_string()))?;
        let live = live_states(&automaton, start);
        match live.contains_key(&start) {
            true => Ok(AllowedAutomaton { automaton, start, live }),
            false => Err(PatternError::Empty),
        }
    }

    /// Where nothing has been read.
    pub fn start(&self) -> AllowedState {
        AllowedState(self.start)
    }

    /// What has been read with these bytes behind it; `None` if the text can no longer
    /// become one that is allowed.
    pub fn read(&self, state: AllowedState, bytes: &[u8]) -> Option<AllowedState> {
        let mut state = state.0;
        for byte in bytes {
            state = self.automaton.next_state(state, *byte);
            if self.automaton.is_dead_state(state) {
                return None;
            }
        }
        self.live.contains_key(&state).then_some(AllowedState(state))
    }

    /// Whether what has been read is a text that is allowed.
    pub fn is_match(&self, state: AllowedState) -> bool {
        is_match(&self.automaton, state.0)
    }

    /// Whether anything can follow what has been read.
    pub fn can_continue(&self, state: AllowedState) -> bool {
        self.live.get(&state.0).copied().unwrap_or(false)
    }
}

fn parse(pattern: &str) -> Result<Hir, PatternError> {
    regex_syntax::parse(pattern).map_err(|error| {
        PatternError::Syntax(match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            error => error.to_string(),
        })
    })
}

fn nfa(hir: &Hir) -> Result<NFA, PatternError> {
    let config =
        Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(MAX_BYTES));
    let nfa = Compiler::new().configure(config).build_from_hir(hir);
    // Of a pattern that can be parsed, only the size can be wrong.
    nfa.map_err(|_| PatternError::TooLarge)
}

fn build(nfa: &NFA) -> Result<DFA<Vec<u32>>, PatternError> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        // Every way to match counts, not only the one that a search would prefer.
        .match_kind(MatchKind::All)
        .accelerate(false)
        .dfa_size_limit(Some(MAX_BYTES))
        .determinize_size_limit(Some(MAX_BYTES));
    let automaton = dense::Builder::new().configure(config).build_from_nfa(nfa);
    automaton.map_err(|error| match error.is_size_limit_exceeded() {
        true => PatternError::TooLarge,
        false => PatternError::Unsupported(error.to_string()),
    })
}

/// Whether the text that led to a state matches as a whole.
fn is_match(automaton: &DFA<Vec<u32>>, state: StateID) -> bool {
    automaton.is_match_state(automaton.next_eoi_state(state))
}

/// The states from which a match can be reached, each with whether it can by reading more.
fn live_states(automaton: &DFA<Vec<u32>>, start: StateID) -> HashMap<StateID, bool> {
    let classes = automaton.byte_classes();
    let bytes: Vec<u8> =
        classes.representatives(0..=255).filter_map(|unit| unit.as_u8()).collect();
    let mut before: HashMap<StateID, Vec<StateID>> = HashMap::from([(start, Vec::new())]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        for byte in &bytes {
            let next = automaton.next_state(state, *byte);
            if automaton.is_dead_state(next) {
                continue;
            }
            before
                .entry(next)
                .or_insert_with(|| {
                    open.push(next);
                    Vec::new()
                })
                .push(state);
        }
    }
    let mut live: HashMap<StateID, bool> = HashMap::new();
    let matches = before.keys().filter(|state| is_match(automaton, **state));
    let mut open: Vec<StateID> = matches.copied().collect();
    live.extend(open.iter().map(|state| (*state, false)));
    while let Some(state) = open.pop() {
        for previous in before.get(&state).into_iter().flatten() {
            if live.insert(*previous, true).is_none() {
                open.push(*previous);
            }
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(pattern: &str) -> Result<AllowedAutomaton, PatternError> {
        AllowedAutomaton::new(&AllowedTexts::Pattern(pattern.into()))
    }

    /// How a text stands to a pattern: whether it can become a match, is one, and can go on.
    fn read(automaton: &AllowedAutomaton, text: &str) -> Option<(bool, bool)> {
        let state = automaton.read(automaton.start(), text.as_bytes())?;
        Some((automaton.is_match(state), automaton.can_continue(state)))
    }

    #[test]
    fn a_text_can_go_on_as_long_as_a_match_is_possible() {
        let number = pattern("-?[0-9]{1,3}").unwrap();
        assert_eq!(read(&number, ""), Some((false, true)));
        assert_eq!(read(&number, "-"), Some((false, true)));
        assert_eq!(read(&number, "-12"), Some((true, true)));
        assert_eq!(read(&number, "123"), Some((true, false)));
        assert_eq!(read(&number, "1234"), None);
        assert_eq!(read(&number, "a"), None);
    }

    #[test]
    fn every_alternative_counts_whatever_a_search_would_prefer() {
        let both = pattern("a|ab").unwrap();
        assert_eq!(read(&both, "a"), Some((true, true)));
        assert_eq!(read(&both, "ab"), Some((true, false)));
        let lazy = pattern("a+?").unwrap();
        assert_eq!(read(&lazy, "aaa"), Some((true, true)));
    }

    #[test]
    fn what_can_never_match_is_dead_at_once() {
        // After "x", an "a" could be read, but never the line's start behind it.
        let anchored = pattern("xa^b|xc").unwrap();
        assert_eq!(read(&anchored, "xa"), None);
        assert_eq!(read(&anchored, "xc"), Some((true, false)));
        let whole = pattern("^yes$|^no$").unwrap();
        assert_eq!(read(&whole, "ye"), Some((false, true)));
        assert_eq!(read(&whole, "yes"), Some((true, false)));
    }

    #[test]
    fn texts_of_a_list_are_taken_as_they_stand() {
        let texts = vec!["a.b".into(), "é".into(), "a.bc".into(), "".into()];
        let list = AllowedAutomaton::new(&AllowedTexts::Choices(texts)).unwrap();
        assert_eq!(read(&list, ""), Some((true, true)));
        assert_eq!(read(&list, "axb"), None);
        assert_eq!(read(&list, "a.b"), Some((true, true)));
        assert_eq!(read(&list, "a.bc"), Some((true, false)));
        // A token may end in the middle of a character.
        let half = list.read(list.start(), &"é".as_bytes()[..1]).unwrap();
        assert!(!list.is_match(half));
        assert!(list.is_match(list.read(half, &"é".as_bytes()[1..]).unwrap()));
    }

    #[test]
    fn what_cannot_be_used_is_an_error_in_words() {
        let message = |text: &str| pattern(text).unwrap_err().to_string();
        assert_eq!(
            message("(a"),
            "The allowed pattern is no regular expression: unclosed group."
        );
        assert_eq!(message(r"[^\s\S]"), "No text matches the allowed pattern.");
        assert_eq!(
            message(r"(\w{1,50} ){1,50}\p{L}{1000}"),
            "The allowed pattern is too large."
        );
        assert!(message(r"a\b").contains("cannot be used"), "{}", message(r"a\b"));
    }
}
