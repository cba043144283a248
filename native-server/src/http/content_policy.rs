//! What a page from here may load and run: nothing but the site's own files, and the
//! scripts that trunk writes into the page, which are known by their hashes.

use axum::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The Content-Security-Policy of a page, or of anything else when `html` is empty.
pub(crate) fn content_policy(html: &str) -> HeaderValue {
    let inline: String = inline_scripts(html)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    // Models are fetched from wherever the person says; the server of another port of
    // this machine can be chosen as the engine.
    let policy = format!(
        "default-src 'self'; \
         script-src 'self' 'wasm-unsafe-eval'{inline}; \
         style-src 'self'; \
         img-src 'self' data: blob:; \
         connect-src 'self' https: http://localhost:* http://127.0.0.1:* \
         ws://localhost:* ws://127.0.0.1:*; \
         object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
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
        let policy = content_policy(html);
        // printf 'go()' | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='";
        assert!(policy.to_str().unwrap().contains(hash), "{policy:?}");
    }
}
