//! The address of a native server, as people type it.

use crate::state::{WebOrigin, origin_of};

/// The parts of a native server's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    /// The address of its WebSocket.
    pub(crate) socket: String,
    pub(crate) origin: WebOrigin,
    /// What was typed, without the query.
    pub(crate) plain: String,
    /// The access token in the query.
    pub(crate) token: Option<String>,
}

/// The address that a person typed on the page at `page`. With nothing typed, it is the
/// address of the page's own server.
///
/// # Errors
/// A sentence that says what to type instead, if this is no address, or one that the page
/// cannot reach.
pub(crate) fn server_address(typed: &str, page: &str) -> Result<ServerAddress, String> {
    let typed = typed.trim();
    let page_origin = origin_of(page);
    let over_https = page_origin.as_ref().is_some_and(WebOrigin::is_https);
    let whole = match typed {
        // The folder that the page is in.
        "" => {
            let page = page.split(['?', '#']).next().unwrap_or_default();
            page.rsplit_once('/').map_or(page, |(folder, _)| folder).to_owned()
        }
        typed if typed.contains("://") => typed.to_owned(),
        typed => {
            let plain = format!("ws://{typed}");
            let is_local = origin_of(&plain).is_some_and(|to| to.is_loopback());
            if over_https && !is_local { format!("wss://{typed}") } else { plain }
        }
    };
    let origin = origin_of(&whole).ok_or_else(|| not_an_address(typed))?;
    let (before, query) = whole.split_once('?').unwrap_or((&whole, ""));
    let before = before.split('#').next().unwrap_or_default();
    let path = before.split_once("://").map_or("", |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/');
    if !path.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
        return Err(not_an_address(typed));
    }
    if over_https && !origin.is_private() {
        return Err(format!(
            "This page came over https, and from it browsers reach other machines over https \
             only. Give {0} an https:// address, or open http://{0} itself: its own page \
             runs its model.",
            origin.host()
        ));
    }
    let socket = match path {
        path if path == "api/ws" || path.ends_with("/api/ws") => path.to_owned(),
        "" => "api/ws".into(),
        path => format!("{path}/api/ws"),
    };
    let scheme = if origin.is_https() { "wss" } else { "ws" };
    let query = query.split('#').next().unwrap_or_default();
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    Ok(ServerAddress {
        socket: format!("{scheme}://{}/{socket}", origin.host()),
        plain: typed.split(['?', '#']).next().unwrap_or_default().to_owned(),
        token: token.filter(|token| !token.is_empty()).map(str::to_owned),
        origin,
    })
}

fn not_an_address(typed: &str) -> String {
    match typed {
        "" => "This page does not come from a server. Give the address of one, such as \
               localhost:5005."
            .into(),
        typed => format!(
            "“{typed}” is not the address of a server. Write it like localhost:5005 or \
             https://host.example."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::server_address;

    const SECURE: &str = "https://example.org/tools/index.html?model=a/b#x/y";
    const PLAIN: &str = "http://localhost:5005/";

    fn socket(typed: &str, page: &str) -> String {
        server_address(typed, page).map_or_else(|_| "none".into(), |it| it.socket)
    }

    #[test]
    fn nothing_typed_is_the_page_s_own_server() {
        assert_eq!(socket("", SECURE), "wss://example.org/tools/api/ws");
        assert_eq!(socket(" ", PLAIN), "ws://localhost:5005/api/ws");
        assert_eq!(socket("", "file:///home/index.html"), "none");
    }

    #[test]
    fn any_usual_spelling_of_an_address_will_do() {
        for (typed, expected) in [
            ("localhost:5005", "ws://localhost:5005/api/ws"),
            ("http://LocalHost:5005/", "ws://localhost:5005/api/ws"),
            ("https://host/sub", "wss://host/sub/api/ws"),
            ("ws://127.0.0.1:5005/api/ws", "ws://127.0.0.1:5005/api/ws"),
            ("host.example:81", "wss://host.example:81/api/ws"),
            ("[::1]:5005", "ws://[::1]:5005/api/ws"),
        ] {
            assert_eq!(socket(typed, SECURE), expected, "{typed}");
        }
        assert_eq!(socket("10.0.0.2:5005", PLAIN), "ws://10.0.0.2:5005/api/ws");
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_sentence() {
        for typed in [
            "foo bar",
            "javascript://localhost/%0aalert(1)",
            "ftp://host",
            "file:///etc/passwd",
            "http://",
            "http://user:password@host",
            "localhost:99999",
            "host/a b",
            "host/\u{202E}x",
            "ho\nst",
        ] {
            let error = server_address(typed, PLAIN).unwrap_err();
            assert!(error.contains("not the address of a server"), "{typed}: {error}");
        }
    }

    #[test]
    fn a_page_over_https_is_told_what_browsers_do_not_let_it_reach() {
        let error = server_address("http://192.168.0.9:5005", SECURE).unwrap_err();
        assert!(error.contains("open http://192.168.0.9:5005 itself"), "{error}");
        assert_eq!(socket("http://192.168.0.9", PLAIN), "ws://192.168.0.9/api/ws");
    }

    #[test]
    fn a_token_in_an_address_is_taken_out_of_it() {
        let address =
            server_address("http://localhost:5005/?token=a%20b", PLAIN).unwrap();
        assert_eq!(address.token.as_deref(), Some("a%20b"));
        assert_eq!(address.plain, "http://localhost:5005/");
        assert_eq!(address.socket, "ws://localhost:5005/api/ws");
    }
}
