//! Access tokens, each with the origin that it was typed for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::web_origin::WebOrigin;

/// Access tokens by origin. A token can only be had by naming its origin.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct AccessTokens(Vec<Bound>);

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Bound {
    origin: String,
    token: String,
}

impl AccessTokens {
    /// The text that was typed for an origin, which may be empty.
    pub(crate) fn typed_for(&self, origin: &WebOrigin) -> Option<&str> {
        let origin = origin.to_string();
        let found = self.0.iter().find(|bound| bound.origin == origin);
        found.map(|bound| bound.token.as_str())
    }

    /// The token to send to an origin, if there is one and the connection is private.
    pub(crate) fn to_send(&self, origin: &WebOrigin) -> Option<String> {
        let token = self.typed_for(origin).filter(|_| origin.is_private())?.trim();
        (!token.is_empty()).then(|| token.to_owned())
    }

    /// Whether there is a token that is not sent, because the connection is not private.
    pub(crate) fn withholds(&self, origin: &WebOrigin) -> bool {
        let typed = self.typed_for(origin).is_some_and(|token| !token.trim().is_empty());
        typed && !origin.is_private()
    }

    /// Sets the token of an origin. None removes it.
    pub(crate) fn set(&mut self, origin: &WebOrigin, token: Option<&str>) {
        let origin = origin.to_string();
        self.0.retain(|bound| bound.origin != origin);
        if let Some(token) = token {
            self.0.push(Bound { origin, token: token.to_owned() });
        }
    }
}

/// Shows the origins only, so that no token is written anywhere by accident.
impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|bound| &bound.origin)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_the_origin_that_it_was_typed_for_and_nowhere_else() {
        let of = |address| WebOrigin::of(address).unwrap();
        let mut tokens = AccessTokens::default();
        tokens.set(&of("https://hub.example"), Some(" secret "));
        let sent = |address| tokens.to_send(&of(address));
        assert_eq!(sent("https://hub.example:443/x").as_deref(), Some("secret"));
        for other in ["http://hub.example", "https://hub.example:1", "https://x.example"]
        {
            assert_eq!(sent(other), None, "{other}");
        }
    }

    #[test]
    fn a_token_that_could_be_read_on_the_way_is_withheld() {
        let of = |address| WebOrigin::of(address).unwrap();
        let mut tokens = AccessTokens::default();
        tokens.set(&of("http://hub.example"), Some("secret"));
        assert_eq!(tokens.to_send(&of("http://hub.example")), None);
        assert!(tokens.withholds(&of("http://hub.example")));
        assert!(!format!("{tokens:?}").contains("secret"));
    }
}
