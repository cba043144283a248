//! The origin of an address. An access token is bound to one and is sent nowhere else.

pub(crate) use hub::Origin as WebOrigin;

/// The origin of an address. A WebSocket has the origin of the pages on the same host.
pub(crate) fn origin_of(address: &str) -> Option<WebOrigin> {
    let address = address.trim();
    let (scheme, rest) = address.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "ws" => WebOrigin::of(&format!("http://{rest}")),
        "wss" => WebOrigin::of(&format!("https://{rest}")),
        _ => WebOrigin::of(address),
    }
}

/// The host of an address, for a sentence. The whole text if it is no address.
pub(crate) fn host_of(address: &str) -> String {
    origin_of(address).map_or_else(|| address.trim().to_owned(), |origin| origin.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_the_origin_of_the_pages_on_the_same_host() {
        assert_eq!(origin_of("ws://h:5005/api/ws"), origin_of("HTTP://h:5005/"));
        assert_eq!(origin_of("wss://h/api/ws"), origin_of("https://h"));
        assert_ne!(origin_of("ws://h"), origin_of("wss://h"));
        for address in ["javascript://h", "file:///h", "h:5005", "wss://a@h", "ws://"] {
            assert_eq!(origin_of(address), None, "{address}");
        }
    }

    #[test]
    fn a_sentence_names_the_host_without_what_may_be_secret() {
        assert_eq!(host_of("ws://h:5005/api/ws?token=secret"), "h:5005");
        assert_eq!(host_of("https://h/a"), "h");
    }
}
