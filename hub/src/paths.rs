//! Which texts may be paths and revisions of a model, wherever they come from.

/// Whether a name is that of a GGUF file.
pub(crate) fn is_gguf(path: &str) -> bool {
    path.len() > 5 && path.to_ascii_lowercase().ends_with(".gguf")
}

/// Whether a text can be a revision: what git allows in names, as far as it is safe in an
/// address and as the path of a file.
pub fn is_revision(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || "~^:?*[\\<>|\"'%#".contains(c);
    is_inside(text)
        && !text.contains("..")
        && !text.contains(odd)
        && !text.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock"))
}

/// Whether a path stays in the folder that it is in, on every system, and can be shown to
/// people as it is.
pub(crate) fn is_inside(path: &str) -> bool {
    // Marks that turn or hide text make a name look like another one.
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let odd = |c: char| c.is_control() || c == '\\' || c == ':' || hides(c);
    let is_part =
        |part: &str| !part.is_empty() && part.len() <= 255 && part != "." && part != "..";
    path.len() <= 1024 && !path.contains(odd) && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_revisions_lead_nowhere_else() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "C:\\x",
            "C:/x",
            "a\\..\\b",
            "a\0b",
            "a\nb",
            "x\u{202e}fugg.exe",
            "\u{feff}x",
        ] {
            assert!(!is_inside(path) && !is_revision(path), "{path:?}");
        }
        assert!(!is_inside(&"a".repeat(256)) && !is_inside(&"a/".repeat(600)));
        for revision in
            [".git", "a/.git/config", "x.lock", "a..b", "a b", "%2e%2e", "HEAD^"]
        {
            assert!(!is_revision(revision), "{revision}");
        }
        for revision in ["main", "refs/pr/1", "feature/x", "v1.0+cu", "a@b", "grün"] {
            assert!(is_revision(revision), "{revision}");
        }
    }
}
