//! The members that several routes take: a text or its ids, a conversation, and counts.

use protocol::{Message, Role, TokenId, limits};
use schemars::JsonSchema;

use super::error::ApiError;
use super::members::Members;
use super::query::EngineQuery;
use super::schema::{MAX_TEXT_CHARACTERS, TextIds};

/// Either a text or its token ids.
#[derive(JsonSchema)]
pub(crate) struct TextOrIds {
    /// Any text.
    #[schemars(length(min = 1, max = MAX_TEXT_CHARACTERS))]
    pub(crate) text: Option<String>,
    #[schemars(with = "Option<TextIds>")]
    pub(crate) ids: Option<Vec<TokenId>>,
}

impl TextOrIds {
    /// Takes both members.
    ///
    /// # Errors
    /// If one of them has the wrong type.
    pub(crate) fn read(members: &mut Members) -> Result<TextOrIds, ApiError> {
        Ok(TextOrIds { text: members.text("text")?, ids: members.ids("ids")? })
    }

    /// The token ids.
    ///
    /// # Errors
    /// If none or both were given, or if the text cannot be tokenised.
    pub(crate) async fn ids(
        self,
        query: &mut EngineQuery,
    ) -> Result<Vec<TokenId>, ApiError> {
        match (self.text, self.ids) {
            (Some(text), None) => ids_of_text(query, text).await,
            (None, Some(ids)) => Ok(ids),
            _ => Err(ApiError::bad_request("Give either \"text\" or \"ids\".")),
        }
    }
}

/// The token ids of a text, as a prompt.
///
/// # Errors
/// If the text is empty or too long.
pub(crate) async fn ids_of_text(
    query: &mut EngineQuery,
    text: String,
) -> Result<Vec<TokenId>, ApiError> {
    if text.is_empty() {
        return Err(ApiError::bad_request("The text is empty. Send some."));
    }
    let tokens = query.tokenize(text).await?;
    Ok(tokens.iter().map(|token| token.id).collect())
}

/// Takes the conversation, if there is one.
///
/// # Errors
/// If a message is not valid.
pub(crate) fn messages(members: &mut Members) -> Result<Option<Vec<Message>>, ApiError> {
    let Some(list) = members.list("messages")? else { return Ok(None) };
    let messages = list.into_iter().enumerate().map(|(index, value)| {
        let mut members = Members::at(format!("messages[{index}]"), value)?;
        let content = members.text("content")?;
        let content = content.ok_or_else(|| members.missing("content"))?;
        let role = match members.take("role").ok_or_else(|| members.missing("role"))? {
            role if role == "system" => Role::System,
            role if role == "user" => Role::User,
            role if role == "assistant" => Role::Assistant,
            role => {
                let roles = "\"system\", \"user\" or \"assistant\"";
                return Err(members.wrong("role", &role, roles));
            }
        };
        members.finish()?;
        Ok(Message { role, content })
    });
    messages.collect::<Result<_, _>>().map(Some)
}

/// Takes how many tokens to generate, at most.
///
/// # Errors
/// If that is not a number in its range.
pub(crate) fn new_tokens(members: &mut Members) -> Result<u32, ApiError> {
    let given = members.integer("max_new_tokens", 1..=limits::MAX_NEW_TOKENS)?;
    Ok(given.unwrap_or(limits::DEFAULT_NEW_TOKENS))
}

/// Takes how many candidates to list.
///
/// # Errors
/// If that is not a number in its range.
pub(crate) fn candidates(members: &mut Members) -> Result<u32, ApiError> {
    let given = members.integer("candidates", 1..=limits::MAX_CANDIDATES)?;
    Ok(given.unwrap_or(limits::DEFAULT_CANDIDATES))
}
