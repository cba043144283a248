//! Names as people and programs write them.

use super::*;
use crate::Wanted;

fn hub() -> Endpoint {
    Endpoint::new("http://hub.example:81/mirror").unwrap()
}

/// What a text means, in one line.
fn means(text: &str) -> String {
    match Named::parse(text, &hub()) {
        Ok(Named::Hub(reference)) => {
            let Reference { id, revision, wanted } = reference;
            let revision = revision.map_or_else(String::new, |r| format!(" at {r}"));
            let wanted = match wanted {
                Wanted::Any => String::new(),
                Wanted::File(file) => format!(" file {file}"),
                Wanted::Folder(folder) => format!(" folder {folder}"),
                Wanted::Quantization(kind) => format!(" kind {kind}"),
            };
            format!("{id}{revision}{wanted}")
        }
        Ok(Named::File(address)) => format!("the file {address}"),
        Ok(Named::Folder(address)) => format!("the folder {address}"),
        Err(HubError::NotAModel { kind, .. }) => kind.into(),
        Err(_) => "?".into(),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(means(text), *expected, "{text}");
    }
}

#[test]
fn a_model_is_found_by_every_way_to_write_its_name() {
    for text in [
        "o/n",
        " o/n ",
        "o/n/",
        "\"o/n\"",
        " “o/n” ",
        "`o/n`",
        "<https://huggingface.co/o/n>",
        "models/o/n",
        "huggingface.co/o/n",
        "HuggingFace.co/o/n",
        "www.huggingface.co/o/n",
        "http://huggingface.co/o/n",
        "https://huggingface.co/o/n/",
        "https://huggingface.co/o/n?library=transformers#use",
        "https://huggingface.co/models/o/n",
        "https://huggingface.co/api/models/o/n",
        "https://huggingface.co/o/n.git",
        "https://huggingface.co/o/n/discussions/3",
        "https://huggingface.co/o/n/commits/main",
        "https://hf.co/o/n",
        "hf.co/o/n",
        "hf.co/o/n:latest",
        "hf://o/n",
        "hf://models/o/n",
        "git clone https://huggingface.co/o/n",
        "git@hf.co:o/n",
        "ollama run hf.co/o/n",
        "http://hub.example:81/mirror/o/n",
        "hub.example:81/mirror/o/n",
        "(o/n)",
        "o/n,",
        "o/n.",
        "[o/n](https://huggingface.co/o/n)",
        "https:/huggingface.co/o/n",
        "huggingface.co//o/n",
        "https://hf-mirror.com/o/n",
        "https://huggingface.co/o/n?local-app=ollama",
        "https://huggingface.co/o/n/edit/main/README.md",
        "https://huggingface.co/o/n/blame/main/config.json",
        "https://huggingface.co/o/n/upload/main",
        "https://huggingface.co/o/n/settings",
        "docker model run hf.co/o/n",
        "git lfs clone https://huggingface.co/o/n",
        "AutoModelForCausalLM.from_pretrained(\"o/n\")",
        "models--o--n",
    ] {
        assert_eq!(means(text), "o/n", "{text}");
    }
    check(&[
        ("gpt2", "gpt2"),
        ("https://huggingface.co/gpt2", "gpt2"),
        ("https://huggingface.co/gpt2/tree/main", "gpt2 at main"),
    ]);
}

#[test]
fn kinds_of_gguf_files_are_told_after_a_colon() {
    check(&[
        ("o/n:Q4_K_M", "o/n kind Q4_K_M"),
        ("hf.co/o/n:Q8_0", "o/n kind Q8_0"),
        ("ollama run hf.co/o/n:UD-Q4_K_XL", "o/n kind UD-Q4_K_XL"),
        ("llama-server -hf o/n:q4_0", "o/n kind q4_0"),
        ("o/n@v1:Q8_0", "o/n at v1 kind Q8_0"),
        ("o/n:Q4_K_M.gguf", "o/n kind Q4_K_M"),
        ("o/n:", "?"),
        ("o/n/x.gguf:Q8_0", "?"),
    ]);
}

#[test]
fn a_revision_with_slashes_is_one_revision() {
    let at = |path: &str| format!("http://hub.example:81/mirror/o/n/{path}");
    for (path, expected) in [
        ("tree/refs%2Fpr%2F1", "o/n at refs/pr/1"),
        ("resolve/refs%2Fpr%2F1/x.gguf", "o/n at refs/pr/1 file x.gguf"),
        ("blob/refs/pr/1/x.gguf", "o/n at refs/pr/1 file x.gguf"),
        (
            "blob/refs/convert/parquet/a/x.gguf",
            "o/n at refs/convert/parquet file a/x.gguf",
        ),
        ("tree/feature%2Fx", "o/n at feature/x"),
        ("tree/feature%2Fx/sub%20folder/y", "o/n at feature/x folder sub folder/y"),
        ("tree/main/sub", "o/n at main folder sub"),
        ("commit/0123abc", "o/n at 0123abc"),
        ("resolve/main/c%20d.gguf?download=true", "o/n at main file c d.gguf"),
        ("raw/v1/a/b.gguf", "o/n at v1 file a/b.gguf"),
        ("?show_file_info=x.Q4_K_M.gguf", "o/n file x.Q4_K_M.gguf"),
        ("?a=b&show_file_info=sub%2Fx.gguf", "o/n file sub/x.gguf"),
        ("tree/main?show_file_info=x.gguf", "o/n at main file x.gguf"),
        ("blob/main/README.md", "o/n at main"),
        ("blob/v1/sub/config.json", "o/n at v1 folder sub"),
        (
            "blob/main/model.safetensors.index.json",
            "o/n at main file model.safetensors.index.json",
        ),
    ] {
        assert_eq!(means(&at(path)), expected, "{path}");
    }
    check(&[
        ("o/n/tree/main", "o/n at main"),
        ("o/n/blob/main/sub/x.gguf", "o/n at main file sub/x.gguf"),
        ("o/n/resolve/main/x.gguf?download=true", "o/n at main file x.gguf"),
        ("hf download o/n x.gguf --revision v1", "o/n at v1 file x.gguf"),
        ("o/n@refs/pr/1", "o/n at refs/pr/1"),
        ("o/n@refs/pr/1/x.gguf", "o/n at refs/pr/1 file x.gguf"),
        ("hf://o/n@v1/x.gguf", "o/n at v1 file x.gguf"),
        ("hf://o/n@refs%2Fpr%2F1/x.gguf", "o/n at refs/pr/1 file x.gguf"),
    ]);
}

#[test]
fn an_address_of_a_gguf_file_is_one_whatever_follows_it() {
    for address in [
        "http://host/x.gguf",
        "http://host/x.gguf?download=true",
        "http://host/x.gguf?X-Amz-Signature=abc/def",
        "http://host/X.GGUF",
        "http://host/x.gguf#a",
        "https://host/a%20b%2Egguf",
        "https://host/a/1f?response-content-disposition=inline%3B+filename%3D%22x.gguf%22%3B",
        "x.gguf",
        "x.gguf?v=2",
        "./models/x.gguf",
        "/models/X.Gguf?a=b#c",
    ] {
        assert_eq!(means(address), format!("the file {address}"));
    }
    for address in [
        "http://host/x/",
        "http://host/x",
        "http://host/x?file=y.gguf",
        "https://host",
        "model/",
        "a/b/c/",
        "./o/n",
        "../x",
        "/x",
    ] {
        assert_eq!(means(address), format!("the folder {address}"));
    }
}

#[test]
fn what_a_hub_has_besides_models_is_called_by_its_name() {
    check(&[
        ("https://huggingface.co/datasets/o/n", "a data set"),
        ("datasets/o/n", "a data set"),
        ("hf://datasets/o/n", "a data set"),
        ("https://hf.co/spaces/o/n", "a space"),
        ("https://huggingface.co/docs/transformers", "a page of the hub"),
        ("https://huggingface.co/models?search=x", "a page of the hub"),
        ("https://huggingface.co/papers/2401.00001", "a page of the hub"),
        // On other hubs, and as models, these are names as any other.
        ("http://hub.example:81/mirror/new/docs", "new/docs"),
        ("docs/settings", "docs/settings"),
        ("https://huggingface.co/o/settings", "o/settings"),
    ]);
}

#[test]
fn what_leads_elsewhere_or_means_nothing_is_not_understood() {
    let long = format!("o/{}", "n".repeat(3000));
    for text in [
        "",
        "/../../x y\\z",
        "\"\"",
        "not a model",
        "a b/c",
        "../x\\y",
        "C:\\models\\x.gguf",
        "//evil.example/x/",
        "o/.b",
        "o/n@../x",
        "o/n@../../x",
        "o/n/../c",
        "o/n@.git",
        "example.org/o/n",
        "localhost:5005/hub/o/n",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "blob:http://host/1",
        "ftp://host/x.gguf",
        "http://",
        "http:///x.gguf",
        "http://host\\@evil/x.gguf",
        "https://huggingface.co/o/n/blob/main/../x",
        "https://huggingface.co/o/n/blob/main/..%2Fx",
        "https://huggingface.co/o/n/tree/..%2F..%2Fx",
        "https://huggingface.co/o/n/resolve/main/a%5Cb.gguf",
        "https://huggingface.co/",
        "https://huggingface.co",
        "o/n\0",
        &long,
    ] {
        assert_eq!(means(text), "?", "{text}");
    }
}

#[test]
fn the_sentence_about_a_text_says_what_is_understood_and_repeats_no_secret() {
    let error = Named::parse("not a model", &hub()).unwrap_err().to_string();
    for form in ["owner/name", "@revision", ".gguf", "slash"] {
        assert!(error.contains(form), "{error}");
    }
    for text in ["https://me:hf_secret@elsewhere.example/o/n", "ftp://hf_secret@x"] {
        let error = Named::parse(text, &hub()).unwrap_err().to_string();
        assert!(!error.contains("hf_secret"), "{error}");
    }
    // What was copied to clone with is understood without the token in it.
    assert_eq!(means("https://me:hf_secret@huggingface.co/o/n"), "o/n");
}
