//! What people copy together with a model's name: quotes and signs of a sentence, a link of
//! Markdown, the command of another program, a line of Python.

use std::borrow::Cow;

use crate::ModelId;
use crate::hub_name::quantization;
use crate::paths::is_gguf;

/// Commands that end in a model's name, as hubs show them to be copied.
const COMMANDS: [&str; 8] = [
    "git clone ",
    "ollama run ",
    "ollama pull ",
    "hf download ",
    "huggingface-cli download ",
    "llama-server -hf ",
    "llama-cli -hf ",
    "vllm serve ",
];
/// Programs whose commands name a model somewhere.
const PROGRAMS: [&str; 18] = [
    "aria2c",
    "curl",
    "docker",
    "git",
    "hf",
    "huggingface-cli",
    "llama",
    "llama-cli",
    "llama-server",
    "lms",
    "mlx_lm.chat",
    "mlx_lm.generate",
    "mlx_lm.server",
    "ollama",
    "python",
    "python3",
    "vllm",
    "wget",
];
/// What a line of Python has that loads a model.
const PYTHON: [&str; 8] = [
    "from_pretrained(",
    "pipeline(",
    "hf_hub_download(",
    "snapshot_download(",
    "LLM(",
    "model=",
    "model_id=",
    "repo_id=",
];
/// Options whose values are no model. Of those that are not listed here, the value may be.
const WITH_VALUES: [&str; 14] = [
    "--cache-dir",
    "--ctx-size",
    "--depth",
    "--exclude",
    "--host",
    "--local-dir",
    "--max-model-len",
    "--output",
    "--port",
    "--prompt",
    "--token",
    "-c",
    "-o",
    "-p",
];
const FILE_OPTIONS: [&str; 3] = ["--hf-file", "-hff", "filename"];
const PATTERN_OPTIONS: [&str; 1] = ["--include"];
const REVISION_OPTIONS: [&str; 1] = ["revision"];

/// The name or address alone.
pub(crate) fn bare(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    let text = text.strip_prefix(['$', '!', '%']).unwrap_or(text).trim_start();
    if let Some(target) = link_target(text) {
        return Cow::Borrowed(trimmed(target));
    }
    let command = COMMANDS.iter().find_map(|command| strip(text, command));
    let rest = trimmed(command.unwrap_or(text));
    if !rest.contains(char::is_whitespace) && !is_python(text) {
        return Cow::Borrowed(rest);
    }
    let words = words(text);
    let is_command = words.first().is_some_and(|word| PROGRAMS.contains(word));
    match is_command || is_python(text) {
        true => within(&words).map_or(Cow::Borrowed(rest), Cow::Owned),
        false => Cow::Borrowed(rest),
    }
}

/// What follows a prefix, whose case does not matter.
pub(crate) fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Without spaces, quotes, brackets and the signs of a sentence around it.
fn trimmed(text: &str) -> &str {
    let wraps = |c: char| c.is_whitespace() || "\"'`“”‘’«»<>".contains(c);
    let text = text.trim_matches(wraps);
    let text = text.trim_end_matches(|c: char| wraps(c) || ",;".contains(c));
    // A name may have a point within, and none has one at its end. Paths have.
    let text = match text.ends_with("/.") || text.ends_with("..") {
        true => text,
        false => text.strip_suffix('.').unwrap_or(text),
    };
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inner.map_or(text, |inner| inner.trim_matches(wraps))
}

/// The address of `[words](address)`.
fn link_target(text: &str) -> Option<&str> {
    let (_, target) = text.strip_prefix('[')?.split_once("](")?;
    target.split(')').next()
}

fn is_python(text: &str) -> bool {
    let close = text.replace(" = ", "=");
    PYTHON.iter().any(|mark| close.contains(mark))
}

/// The words of a command or of Python, without what sets them apart.
fn words(text: &str) -> Vec<&str> {
    let between = |c: char| c.is_whitespace() || "\"'`“”‘’()[],;=\\".contains(c);
    text.split(between).filter(|word| !word.is_empty()).collect()
}

/// The model that the words name: an address first, else `owner/name`, with the file,
/// kind and revision that they add.
fn within(words: &[&str]) -> Option<String> {
    let (mut address, mut name, mut file, mut kind, mut revision) =
        (None, None, None, None, None);
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next() {
        let option = word.trim_start_matches('-');
        if FILE_OPTIONS.contains(&word) {
            file = words.next();
        } else if REVISION_OPTIONS.contains(&option) {
            revision = words.next();
        } else if PATTERN_OPTIONS.contains(&word) {
            let pattern = words.next().unwrap_or_default();
            let bare = pattern.trim_matches(|c: char| "*-._".contains(c));
            let bare = bare.trim_end_matches(".gguf").trim_matches(['*', '.']);
            kind =
                quantization(bare).and(Some(bare)).filter(|b| !b.contains("safetensors"));
        } else if WITH_VALUES.contains(&word) {
            // Of some programs, these have no value.
            words.next_if(|value| !is_address(value));
        } else if is_address(word) {
            address = address.or(Some(word));
        } else if is_name(word) && name.is_none() {
            name = Some(word);
        } else if name.is_some() && is_gguf(word) && !word.contains('*') {
            file = file.or(Some(word));
        }
    }
    if let Some(address) = address {
        return Some(address.to_owned());
    }
    let name = name?;
    let revision = revision.map(|revision| format!("@{revision}")).unwrap_or_default();
    Some(match (file, kind) {
        (Some(file), _) => format!("{name}{revision}/{file}"),
        (None, Some(kind)) => format!("{name}{revision}:{kind}"),
        (None, None) => format!("{name}{revision}"),
    })
}

fn is_address(word: &str) -> bool {
    let starts = ["https://", "http://", "hf://", "git@", "hf.co/", "huggingface.co/"];
    starts.iter().any(|start| strip(word, start).is_some())
}

/// Whether a word is `owner/name`, with a revision or a kind or without.
fn is_name(word: &str) -> bool {
    let name = word.split(['@', ':']).next().unwrap_or(word);
    name.matches('/').count() == 1 && ModelId::new(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_name_is_left_out() {
        for text in [
            "(o/n)",
            "o/n,",
            "o/n.",
            "“o/n”,",
            "[the model](o/n)",
            "docker model run o/n",
            "lms get o/n",
            "hf download o/n --local-dir x",
            "!hf download o/n",
            "$ vllm serve o/n --port 8",
            "python -m mlx_lm.generate --model o/n --prompt a/b",
            "AutoModelForCausalLM.from_pretrained(\"o/n\")",
            "tokenizer = AutoTokenizer.from_pretrained('o/n', use_fast=True)",
            "model = \"o/n\"",
            "model=\"o/n\",",
            "pipeline(\"text-generation\", model=\"o/n\")",
        ] {
            assert_eq!(bare(text), "o/n", "{text}");
        }
    }

    #[test]
    fn what_a_command_says_of_files_and_revisions_is_kept() {
        for (text, expected) in [
            ("llama-server --hf-repo o/g --hf-file x-Q4_K_M.gguf", "o/g/x-Q4_K_M.gguf"),
            ("hf download o/g sub/x.gguf", "o/g/sub/x.gguf"),
            ("hf download o/g --include '*Q4_K_M*'", "o/g:Q4_K_M"),
            ("hf download o/g --include \"*Q8_0*.gguf\"", "o/g:Q8_0"),
            ("hf download o/g --include \"*.safetensors\"", "o/g"),
            ("hf download o/n --revision refs/pr/1", "o/n@refs/pr/1"),
            ("hf_hub_download(repo_id=\"o/g\", filename=\"x.gguf\")", "o/g/x.gguf"),
            ("git clone --depth 1 https://h/o/n", "https://h/o/n"),
            (
                "wget -c https://h/o/g/resolve/main/x.gguf",
                "https://h/o/g/resolve/main/x.gguf",
            ),
            ("ollama run hf.co/o/g:Q8_0", "hf.co/o/g:Q8_0"),
        ] {
            assert_eq!(bare(text), expected, "{text}");
        }
    }

    #[test]
    fn sentences_and_paths_are_no_commands() {
        for text in ["not a model", "a b/c", "see o/n", "../x", "./models/.", ".."] {
            assert_eq!(bare(text), text);
        }
    }
}
