//! Proof that ids mean the same there as here: some texts are read by both.

use protocol::{TokenId, TokenizeOptions};
use text::tokenizer::{Tokenizer, TokenizerError};

use crate::dialect::Dialect;
use crate::http::Http;
use crate::{Address, UpstreamError};

/// Texts that tokenizers read differently: numbers, spaces, code, scripts, and characters of
/// several tokens.
const PROBES: [&str; 4] = [
    "Hello, world! It's 12345678 o'clock\u{2026}",
    "na\u{ef}ve caf\u{e9} \u{2014} \u{6771}\u{4eac} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f44b}\u{1f3fd}",
    "def f(x):\n\t\treturn  x ** 2  # ok\n\n\n",
    "antidisestablishmentarianism <b>&amp;</b> SCREAMING_SNAKE \u{a0}x",
];

/// Texts with the tokens that they are here.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    texts: Vec<(String, Vec<TokenId>)>,
    /// Tokens that begin texts on one side and not on the other.
    special: Vec<TokenId>,
}

impl Proof {
    /// Reads the texts here.
    ///
    /// # Errors
    /// If the tokenizer cannot read one.
    pub(crate) fn new(tokenizer: &Tokenizer) -> Result<Proof, TokenizerError> {
        let options = TokenizeOptions { special_tokens: true, continuation: false };
        let read =
            |text: &str| Ok((text.to_owned(), tokenizer.encode_text(text, options)?));
        let texts: Vec<(String, Vec<TokenId>)> = PROBES
            .iter()
            .map(|text| read(text))
            .collect::<Result<_, TokenizerError>>(
        )?;
        let special = texts.iter().flat_map(|(_, ids)| ids.first().copied());
        let special = special.filter(|id| tokenizer.is_special(*id)).collect();
        Ok(Proof { texts, special })
    }

    /// Some tokens to ask about.
    pub(crate) fn ids(&self) -> &[TokenId] {
        &self.texts[0].1
    }

    /// Has an engine read the texts, and says how its tokens differ.
    ///
    /// # Errors
    /// If they do, or it does not answer.
    pub(crate) async fn hold(
        &self,
        http: &Http,
        dialect: &Dialect,
        address: &Address,
    ) -> Result<(), UpstreamError> {
        let at = || address.to_string();
        for (text, here) in &self.texts {
            let answer = http.send(address, &dialect.tokenize(text)).await;
            let there = match answer {
                Ok(answer) => dialect
                    .read_tokens(&answer)
                    .map_err(|error| UpstreamError::Answer { at: at(), error })?,
                // It has no such route.
                Err(UpstreamError::Refused { .. }) => {
                    self.hold_by_echo(http, dialect, address, text, here).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if self.without_beginning(&there) != self.without_beginning(here) {
                let why = differs(text, here, &there);
                return Err(UpstreamError::OtherTokenizer { at: at(), why });
            }
            let ids = self.without_beginning(here);
            let Some(call) = dialect.detokenize(ids) else { continue };
            match http.send(address, &call).await {
                Ok(answer) => {
                    let read = dialect
                        .read_text(&answer)
                        .map_err(|error| UpstreamError::Answer { at: at(), error })?;
                    if !read.contains(text.as_str()) {
                        let why =
                            format!("it makes another text of the tokens of {text:?}");
                        return Err(UpstreamError::OtherTokenizer { at: at(), why });
                    }
                }
                Err(UpstreamError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Has an engine repeat tokens as a text.
    async fn hold_by_echo(
        &self,
        http: &Http,
        dialect: &Dialect,
        address: &Address,
        text: &str,
        here: &[TokenId],
    ) -> Result<(), UpstreamError> {
        let at = || address.to_string();
        let ids = self.without_beginning(here);
        let answer = http.send(address, &dialect.echo(ids)).await?;
        let repeated = dialect
            .read_echo(&answer)
            .map_err(|error| UpstreamError::Answer { at: at(), error })?;
        match repeated.trim_start().starts_with(text.trim_start()) {
            true => Ok(()),
            false => {
                let why = format!("it makes another text of the tokens of {text:?}");
                Err(UpstreamError::OtherTokenizer { at: at(), why })
            }
        }
    }

    /// The tokens without those that begin every text.
    fn without_beginning<'a>(&self, ids: &'a [TokenId]) -> &'a [TokenId] {
        let begins = ids.iter().take_while(|id| self.special.contains(id)).count();
        &ids[begins..]
    }
}

/// Where two readings of a text part.
fn differs(text: &str, here: &[TokenId], there: &[TokenId]) -> String {
    let place = here.iter().zip(there).take_while(|(a, b)| a == b).count();
    let token = |ids: &[TokenId]| match ids.get(place) {
        Some(id) => format!("token {id}"),
        None => "its end".into(),
    };
    format!(
        "of {text:?} it makes {} tokens and not {}; at token {place} it has {} and not {}",
        there.len(),
        here.len(),
        token(there),
        token(here)
    )
}
