use super::*;

fn refusal(status: u16, reason: Option<&str>) -> String {
    let (what, host) = ("o/n".into(), "hub.example".into());
    let reason = reason.map(str::to_owned);
    let token = TokenUse::None;
    HubError::Refused { what, host, status, reason, token }.to_string()
}

#[test]
fn what_the_hub_says_is_repeated() {
    assert_eq!(
        refusal(403, Some("Access to this resource is disabled.")),
        "hub.example refused o/n (403): it says: Access to this resource is disabled."
    );
    assert!(refusal(403, None).contains("proxy"));
    assert!(refusal(451, Some("Unavailable")).contains("where you are"));
}

#[test]
fn a_token_that_was_not_sent_is_told_of() {
    let (id, host) = ("o/n".to_owned(), "mirror.example".to_owned());
    let token = TokenUse::OtherHub { host: "huggingface.co".into() };
    let error = HubError::Unauthorized { id, host, token }.to_string();
    assert!(error.contains("mirror.example"), "{error}");
    assert!(error.contains("is for huggingface.co and was not sent"), "{error}");
}
