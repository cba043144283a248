//! Addresses of native servers as people type them.

/// The WebSocket address of a native server: of the one that `typed` names, or of the
/// one that serves the page at `page` if nothing was typed.
pub(crate) fn socket_address(typed: &str, page: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() {
        // The folder that the page is in, without what follows its path.
        let page = page.split(['?', '#']).next().unwrap_or(page);
        let folder = page.rfind('/').map_or(page, |end| &page[..end]);
        return format!("{}/api/ws", with_socket_scheme(folder));
    }
    let address = match typed.contains("://") {
        true => typed.to_owned(),
        false => format!("ws://{typed}"),
    };
    let address = with_socket_scheme(address.trim_end_matches('/'));
    match address.ends_with("/api/ws") {
        true => address,
        false => format!("{address}/api/ws"),
    }
}

fn with_socket_scheme(address: &str) -> String {
    match address.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::socket_address;

    fn check(typed: &str, expected: &str) {
        let page = "https://example.org/tools/index.html?model=a/b#x/y";
        assert_eq!(socket_address(typed, page), expected);
    }

    #[test]
    fn nothing_typed_is_the_page_s_own_server() {
        check("", "wss://example.org/tools/api/ws");
        let page = "http://localhost:5005/";
        assert_eq!(socket_address(" ", page), "ws://localhost:5005/api/ws");
    }

    #[test]
    fn any_usual_spelling_of_an_address_will_do() {
        check("localhost:5005", "ws://localhost:5005/api/ws");
        check("http://localhost:5005/", "ws://localhost:5005/api/ws");
        check("https://host/sub", "wss://host/sub/api/ws");
        check("ws://10.0.0.2:5005/api/ws", "ws://10.0.0.2:5005/api/ws");
    }
}
