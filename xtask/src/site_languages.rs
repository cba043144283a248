//! The languages of the site: a file for each, in a folder that is named by its contents, and
//! English in the page itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result, ensure};
use languages::Language;

use crate::contents::name_of;

/// What the page has where the list of languages belongs.
const LIST: &str = r#"<meta id="languages" content="" data-folder="">"#;
/// What it has where the English texts belong.
const ENGLISH: &str = r#"<script type="application/json" id="english-texts">""</script>"#;

/// Writes the tables into `site`, and returns the page with what it needs to know of them.
pub(crate) fn put_in_place(site: &Path, page: &str) -> Result<String> {
    for place in [LIST, ENGLISH] {
        ensure!(page.contains(place), "index.html has no place for languages: {place}");
    }
    let all = languages::all().map_err(Error::msg)?;
    let english = all.first().context("there is no English")?;
    let staged = site.join("languages");
    fs::create_dir_all(&staged)?;
    let mut files = Vec::new();
    for language in &all[1..] {
        let file = format!("languages/{}.json", language.code);
        fs::write(site.join(&file), language.for_page(english))?;
        files.push(file);
    }
    let folder =
        format!("languages-{}", name_of(site, files.iter().map(String::as_str))?);
    fs::rename(&staged, site.join(&folder))
        .with_context(|| format!("{folder} cannot be put in place"))?;
    let list: Vec<String> = all.iter().map(listed).collect();
    let list = format!(
        r#"<meta id="languages" content="{}" data-folder="./{folder}/">"#,
        list.join(";")
    );
    let texts = serde_json::to_string(&english.joined(english))?;
    // Within a script element, nothing may look like its end.
    let texts = texts.replace('<', "\\u003c");
    let texts = ENGLISH.replace(r#">""<"#, &format!(">{texts}<"));
    Ok(page.replace(LIST, &list).replace(ENGLISH, &texts))
}

/// A language as `js/language.js` reads it.
fn listed(language: &Language) -> String {
    let direction = if language.right_to_left { "=rtl" } else { "" };
    format!("{}={}{direction}", language.code, language.name)
}
