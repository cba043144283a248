//! Turns the names of the page's texts into constants, so that a text that is missing in
//! `languages/en.json` does not compile, and one that is not used does not either.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use languages::{Language, Text};

fn main() {
    let languages = languages::all().unwrap_or_else(|error| panic!("{error}"));
    let [english, ..] = languages.as_slice() else { panic!("there is no language") };
    let mut code = constants(english);
    code += "\n/// The English texts by number; a browser gets them with the page.\n";
    code += "#[cfg(not(target_arch = \"wasm32\"))]\n";
    let texts = english.joined(english);
    let _ = writeln!(code, "pub(crate) const ENGLISH: &str = {texts:?};");
    code += "\n/// The texts of all languages, each with its code and whether it is written from\n\
             /// right to left.\n#[cfg(test)]\n\
             pub(crate) const LANGUAGES: &[(&str, bool, &str)] = &[\n";
    for language in &languages {
        let (code_of, texts) = (&language.code, language.joined(english));
        let _ =
            writeln!(code, "    ({code_of:?}, {}, {texts:?}),", language.right_to_left);
    }
    code += "];\n";
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(error) = fs::write(folder.join("table.rs"), code) {
        panic!("the table of texts cannot be written: {error}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// A module for each region, with a constant for each text.
fn constants(english: &Language) -> String {
    let mut code = String::new();
    let mut number = 0;
    for (region, texts) in &english.texts {
        let _ = writeln!(code, "pub(crate) mod {region} {{");
        for (name, text) in texts {
            let names = text.names();
            let (kind, value) = match text {
                Text::Plain(_) if names.is_empty() => ("Text", format!("Text({number})")),
                Text::Plain(_) => ("Template", template("Template", number, &names)),
                Text::Plural(_) => ("Plural", template("Plural", number, &names[1..])),
            };
            let name = name.to_uppercase();
            let _ = writeln!(
                code,
                "    pub(crate) const {name}: crate::language::{kind} = crate::language::{value};"
            );
            number += 1;
        }
        code += "}\n";
    }
    code
}

fn template(kind: &str, number: usize, names: &[&str]) -> String {
    format!("{kind} {{ number: {number}, names: &{names:?} }}")
}
