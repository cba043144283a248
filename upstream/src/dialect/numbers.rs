//! Lists of tokens with their log probabilities, as they stand in answers. A whole vocabulary
//! has megabytes of them, so they are read straight into pairs.

use std::borrow::Cow;
use std::fmt;

use protocol::TokenId;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::AnswerError;

/// An object from names such as `token_id:17`, or texts, to numbers. A name that is there
/// twice is told twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NamedNumbers(pub(super) Vec<(Name, Option<f64>)>);

/// The name of a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Name {
    /// By its id.
    Id(TokenId),
    /// By its text.
    Text(String),
}

impl Name {
    fn read(name: &str) -> Name {
        let id = name.strip_prefix("token_id:").and_then(|id| id.parse().ok());
        id.map_or_else(|| Name::Text(name.into()), Name::Id)
    }
}

impl<'de> Deserialize<'de> for NamedNumbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = NamedNumbers;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("log probabilities by tokens")
            }

            fn visit_map<M: MapAccess<'de>>(
                self,
                mut map: M,
            ) -> Result<NamedNumbers, M::Error> {
                let mut pairs = Vec::new();
                while let Some(BorrowedName(name)) = map.next_key()? {
                    pairs.push((Name::read(&name), map.next_value()?));
                }
                Ok(NamedNumbers(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// A name that is not copied where it has no escapes.
struct BorrowedName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for BorrowedName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = BorrowedName<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a token")
            }

            fn visit_borrowed_str<E: Error>(
                self,
                text: &'de str,
            ) -> Result<Self::Value, E> {
                Ok(BorrowedName(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(BorrowedName(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A list that begins with ln p and an id, as SGLang has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    /// None for the first token of a text.
    pub(super) log_p: Option<f64>,
    pub(super) id: TokenId,
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Pair;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a log probability and a token")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Pair, S::Error> {
                let missing =
                    || S::Error::invalid_length(0, &"a log probability and a token");
                let log_p = list.next_element()?.ok_or_else(missing)?;
                let id = list.next_element()?.ok_or_else(missing)?;
                while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Pair { log_p, id })
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// A log probability that must be there. Engines write −9999 or less for a probability of 0.
///
/// # Errors
/// If it is not there.
pub(super) fn number(
    id: TokenId,
    log_p: Option<f64>,
) -> Result<(TokenId, f32), AnswerError> {
    match log_p {
        Some(log_p) if log_p.is_finite() => Ok((id, log_p.max(-9999.0) as f32)),
        _ => Err(AnswerError::NoProbability(id)),
    }
}

/// Keeps the `wanted` most probable tokens of a list; one more can be there, the token that was
/// drawn, if it is none of these.
///
/// # Errors
/// If there are fewer tokens, or more.
pub(super) fn top(
    mut tokens: Vec<(TokenId, f32)>,
    wanted: usize,
) -> Result<super::told::Told, AnswerError> {
    crate::answer::check(&tokens)?;
    if tokens.len() != wanted && tokens.len() != wanted + 1 {
        let (what, found) = ("tokens", tokens.len());
        return Err(AnswerError::Count { what, wanted, found });
    }
    tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = tokens.split_off(wanted);
    Ok(super::told::Told { listed: tokens, named })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ids_or_texts_and_numbers_may_be_missing() {
        let read: NamedNumbers =
            serde_json::from_str(r#"{"token_id:7": -1.5, "token_id:": -2, "\n": null}"#)
                .unwrap();
        let text = |text: &str| Name::Text(text.into());
        assert_eq!(
            read.0,
            [
                (Name::Id(7), Some(-1.5)),
                (text("token_id:"), Some(-2.0)),
                (text("\n"), None)
            ]
        );
        assert!(serde_json::from_str::<NamedNumbers>(r#"{"a": NaN}"#).is_err());
        let pairs: Vec<Pair> =
            serde_json::from_str("[[-1, 5, null], [null, 6]]").unwrap();
        assert_eq!(pairs[0], Pair { log_p: Some(-1.0), id: 5 });
        assert_eq!(number(6, pairs[1].log_p), Err(AnswerError::NoProbability(6)));
        assert_eq!(number(1, Some(-1e6)).unwrap().1, -9999.0);
    }
}
