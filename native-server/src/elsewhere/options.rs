//! The options that name an engine elsewhere. Its key stands in the environment alone, where
//! other users of the machine do not see it.

use std::path::Path;

use clap::Args;
use upstream::{Address, AddressError, Key, Kind, Listed, Settings, read_list};

use crate::option_values::whole;

/// The variable that has the key of the engine that `--upstream` names by its address.
const KEY: &str = "NEXTTOKEN_UPSTREAM_KEY";

/// An engine elsewhere that runs the model.
#[derive(Clone, Debug, Default, Args)]
pub struct UpstreamOptions {
    /// The address of an engine that runs the model in place of this machine: vLLM, SGLang,
    /// llama.cpp's server, another native server, or one with OpenAI's completions. Several,
    /// separated by commas, are replicas of one. Or a name of --upstream-list. --model names
    /// the folder, file or model whose tokenizer it has. Its key is what the environment
    /// variable NEXTTOKEN_UPSTREAM_KEY says
    #[arg(
        long,
        env = "NEXTTOKEN_UPSTREAM",
        default_value = "",
        hide_default_value = true
    )]
    upstream: String,

    /// What that engine is: auto, vllm, sglang, llamacpp or openai
    #[arg(long, env = "NEXTTOKEN_UPSTREAM_KIND", default_value = "auto", value_parser = parse_kind)]
    upstream_kind: KindChoice,

    /// The model's name there; by default the first that it lists
    #[arg(
        long,
        env = "NEXTTOKEN_UPSTREAM_MODEL",
        default_value = "",
        hide_default_value = true
    )]
    upstream_model: String,

    /// The tokens that it is asked to list of a distribution, at most; 0 stands for as many
    /// as it lists
    #[arg(long, env = "NEXTTOKEN_UPSTREAM_LOGPROBS", default_value_t = 0, value_parser = whole::<0>)]
    upstream_logprobs: u32,

    /// A file in JSON that lists engines, each with its name, addresses, kind and the name of
    /// the variable with its key. The first is asked unless --upstream names another
    #[arg(
        long,
        env = "NEXTTOKEN_UPSTREAM_LIST",
        default_value = "",
        hide_default_value = true
    )]
    upstream_list: String,
}

/// A kind, or none to find out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct KindChoice(Option<Kind>);

fn parse_kind(text: &str) -> Result<KindChoice, String> {
    Kind::named(text).map(KindChoice)
}

/// An engine that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    /// Its name in the list; none where its address was given.
    pub(crate) name: Option<String>,
    pub(crate) settings: Settings,
    /// The model whose tokenizer it has, where the list says that.
    pub(crate) tokenizer: Option<String>,
}

impl UpstreamOptions {
    /// The engines that these options name, the one that is asked first before the others of the
    /// list; none if they name none.
    ///
    /// # Errors
    /// If one cannot be used, in a sentence.
    pub(crate) fn engines(&self) -> Result<Vec<Chosen>, String> {
        let mut engines: Vec<Chosen> =
            self.list()?.into_iter().map(Chosen::from).collect();
        let wanted = self.upstream.as_str();
        match engines.iter().position(|engine| engine.name.as_deref() == Some(wanted)) {
            Some(at) => engines[..=at].rotate_right(1),
            None if wanted.is_empty() => {}
            // Its name is told nowhere, so that pages cannot come back to it from another.
            None => engines = vec![self.by_address()?],
        }
        if let Some(first) = engines.first_mut() {
            let settings = &mut first.settings;
            settings.kind = self.upstream_kind.0.or(settings.kind);
            if !self.upstream_model.is_empty() {
                settings.model = Some(self.upstream_model.clone());
            }
            if self.upstream_logprobs > 0 {
                settings.most_listed = self.upstream_logprobs as usize;
            }
        }
        Ok(engines)
    }

    fn by_address(&self) -> Result<Chosen, String> {
        let addresses = self.upstream.split(',').map(str::trim);
        let addresses: Vec<Address> = addresses
            .filter(|address| !address.is_empty())
            .map(str::parse)
            .collect::<Result<_, AddressError>>()
            .map_err(|error| format!("--upstream cannot be used: {error}."))?;
        let mut settings = Settings::new(addresses);
        settings.key = Key::new(&std::env::var(KEY).unwrap_or_default())?;
        Ok(Chosen { name: None, settings, tokenizer: None })
    }

    fn list(&self) -> Result<Vec<Listed>, String> {
        if self.upstream_list.is_empty() {
            return Ok(Vec::new());
        }
        let file = Path::new(&self.upstream_list);
        let json = std::fs::read(file)
            .map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
        let variable = |name: &str| std::env::var(name).ok();
        read_list(&json, &variable).map_err(|error| error.to_string())
    }
}

impl From<Listed> for Chosen {
    fn from(listed: Listed) -> Chosen {
        let Listed { name, tokenizer, settings } = listed;
        Chosen { name: Some(name), settings, tokenizer }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::Config;

    fn chosen(arguments: &[&str]) -> Result<Option<Chosen>, String> {
        let program = std::iter::once(&"native-server");
        let config = Config::try_parse_from(program.chain(arguments));
        let engines = config.map_err(|error| error.to_string())?.upstream.engines()?;
        Ok(engines.into_iter().next())
    }

    #[test]
    fn an_engine_is_named_by_addresses_or_by_its_name_in_a_list() {
        assert_eq!(chosen(&[]), Ok(None));
        assert_eq!(chosen(&["--upstream="]), Ok(None));
        let replicas = "http://a:8000, http://b:8000/v1";
        let found = chosen(&["--upstream", replicas, "--upstream-kind", "vllm"]);
        let settings = found.unwrap().unwrap().settings;
        assert_eq!(settings.addresses.len(), 2);
        assert_eq!(settings.kind, Some(Kind::Vllm));
        let error = chosen(&["--upstream", "localhost:8000"]).unwrap_err();
        assert!(error.contains("http://localhost:8000"), "{error}");
        let error = chosen(&["--upstream-kind", "tgi"]).unwrap_err();
        assert!(error.contains(Kind::NAMES), "{error}");

        let file = tempfile::NamedTempFile::new().unwrap();
        let list = r#"[{"name": "a", "addresses": ["http://a"]},
            {"name": "b", "addresses": ["http://b"], "tokenizer": "owner/name"}]"#;
        std::fs::write(file.path(), list).unwrap();
        let path = file.path().to_str().unwrap();
        let first = chosen(&["--upstream-list", path]).unwrap().unwrap();
        assert_eq!(first.settings.addresses[0].to_string(), "http://a");
        let second = chosen(&["--upstream-list", path, "--upstream", "b"]);
        assert_eq!(second.unwrap().unwrap().tokenizer.as_deref(), Some("owner/name"));
        // The others of the list can be chosen later, with settings of their own.
        let options = ["native-server", "--upstream-list", path, "--upstream", "b"];
        let more = ["--upstream-kind", "vllm"];
        let config = Config::try_parse_from(options.iter().chain(&more)).unwrap();
        let engines = config.upstream.engines().unwrap();
        let told: Vec<_> = engines
            .iter()
            .map(|engine| (engine.name.as_deref().unwrap(), engine.settings.kind))
            .collect();
        assert_eq!(told, [("b", Some(Kind::Vllm)), ("a", None)]);
    }
}
