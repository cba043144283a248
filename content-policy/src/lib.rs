//! The Content-Security-Policy of the page: it may run nothing but the site's own files, and
//! the scripts that trunk writes into the page, which are known by their hashes.
//!
//! The page says it of itself in a `meta` element, so that it holds wherever the site is
//! hosted; a server that can send headers sends [`header`], which says a little more.
//! <https://www.w3.org/TR/CSP3/>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The policy as a header, for the page `html`; or for anything else, where `html` is empty.
pub fn header(html: &str) -> String {
    // Browsers do not read this from a page itself.
    format!("{}; frame-ancestors 'none'", in_page(html))
}

/// The policy as the page `html` says it of itself.
pub fn in_page(html: &str) -> String {
    let inline: String = inline_scripts(html)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    // Models are fetched from wherever the person says, which `blob:` is for files of the
    // device, and a native server elsewhere can be chosen as the engine. What keeps texts
    // and tokens here is that no script but the site's own runs.
    format!(
        "default-src 'self'; \
         script-src 'self' 'wasm-unsafe-eval'{inline}; \
         style-src 'self'; \
         img-src 'self' data: blob:; \
         connect-src 'self' blob: https: http: wss: ws:; \
         object-src 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The contents of the script elements that name no file. The page is our own build's
/// and well-formed, so this looks for tags without reading all of HTML.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (content, _) = rest.split_once("</script")?;
        (!attributes.contains("src=")).then_some(content)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_in_the_page_are_named_by_their_hash_and_files_are_not() {
        let html = "<script src=\"a.js\"></script><script type=\"module\">go()</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["go()"]);
        // printf 'go()' | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='";
        for policy in [header(html), in_page(html)] {
            assert!(policy.contains(hash), "{policy}");
            assert!(!policy.contains("'unsafe-"), "{policy}");
        }
    }

    #[test]
    fn the_page_says_of_itself_only_what_browsers_read_there() {
        let policy = in_page("");
        for header_only in ["frame-ancestors", "report-uri", "sandbox"] {
            assert!(!policy.contains(header_only), "{policy}");
        }
        // It becomes the value of an attribute.
        assert!(!policy.contains(['"', '<', '&']), "{policy}");
        assert!(header("").starts_with(&policy));
    }
}
