//! Sentences of errors that say what became of the access token.

use crate::TokenUse;

pub(crate) fn unauthorized(id: &str, host: &str, token: &TokenUse) -> String {
    match token {
        TokenUse::Sent => format!(
            "{host} does not let this access token read {id}. Check that the token is \
             whole and still good, and that its account may see the model."
        ),
        TokenUse::None => format!(
            "{id:?} was not found on {host}: it does not exist, or it is private. Check \
             the spelling, or give an access token."
        ),
        TokenUse::OtherHub { .. } | TokenUse::Unencrypted => format!(
            "{id:?} was not found on {host}: it does not exist, or it is private. Check \
             the spelling.{}",
            withheld(token)
        ),
    }
}

pub(crate) fn refused(
    what: &str,
    host: &str,
    status: u16,
    reason: Option<&str>,
    token: &TokenUse,
) -> String {
    let advice = match (status, reason) {
        (451, _) => "It may not be given out where you are.",
        (_, Some(_)) => "",
        (403, None) => {
            "No reason came with it: a proxy or firewall on the way may block the address, \
             or the access token may lack the right to read it."
        }
        (_, None) => "Try again later, or take another hub.",
    };
    let says = match reason.map(|reason| reason.trim_end_matches('.')) {
        Some(reason) => format!("it says: {reason}"),
        None => "it gives no reason".into(),
    };
    let text = format!("{host} refused {what} ({status}): {says}. {advice}");
    format!("{}{}", text.trim_end(), withheld(token))
}

/// Why a token was not sent, to go behind another sentence.
pub(crate) fn withheld(token: &TokenUse) -> String {
    match token {
        TokenUse::None | TokenUse::Sent => String::new(),
        TokenUse::OtherHub { host } => {
            format!(" The access token is for {host} and was not sent.")
        }
        TokenUse::Unencrypted => " The access token was not sent, because the hub's \
                                  address is not encrypted: it begins with http://."
            .into(),
    }
}
