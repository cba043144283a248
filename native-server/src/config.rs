//! What can be set, by option or by environment variable. An empty value, such as that of
//! a variable that is set to nothing, stands for the default.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use protocol::Precision;

use crate::access::{AccessToken, AllowedHost, AllowedOrigin, List, parse_host};
use crate::option_values::{
    DIST, LOG, LogFormat, Secret, at_least_one, parse_dist, parse_log, parse_port,
    parse_precision, whole,
};
use crate::task::Task;
use crate::{
    Access, DeviceChoice, FetchLimits, ServerLimits, TlsOptions, UpstreamOptions,
};

const HUB_FETCH_GB: u32 = 50;
const MAX_ACTIVE: u32 = 64;
const MAX_WAITING: u32 = 256;
const CACHE_MB: u32 = 1024;
const MAX_TOKENS: u32 = 4096;
const MAX_SECONDS: u32 = 600;

/// Serves the Next-Token Visualizer with the model on this machine.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Config {
    /// A task to do instead of serving
    #[command(subcommand)]
    pub task: Option<Task>,

    /// The model: a folder with its files, a .gguf file, the name of a model of the hub such
    /// as HuggingFaceTB/SmolLM2-360M-Instruct, which is downloaded unless it is in the Hugging
    /// Face cache, or "demo". The default is "demo"
    #[arg(long, env = "NEXTTOKEN_MODEL", default_value = "", hide_default_value = true)]
    pub model: String,

    /// An engine elsewhere.
    #[command(flatten)]
    pub upstream: UpstreamOptions,

    /// The device that the model runs on: auto, cpu, cuda or metal
    #[arg(long, env = "NEXTTOKEN_DEVICE", default_value = "auto", value_parser = DeviceChoice::parse)]
    pub device: DeviceChoice,

    /// The number format of the weights: auto, f32, f16, bf16, q8 or q4. With auto, quantised
    /// files stay as they are; others become 8-bit on the CPU and 16-bit on a GPU
    #[arg(long, env = "NEXTTOKEN_PRECISION", default_value = "auto", value_parser = parse_precision)]
    pub precision: Precision,

    /// The address to listen on. The default is 127.0.0.1, which only this machine reaches;
    /// 0.0.0.0 lets other machines in
    #[arg(long, env = "NEXTTOKEN_HOST", default_value = "", hide_default_value = true, value_parser = parse_host)]
    pub host: IpAddr,

    /// The port to listen on. The default is 5005; 0 chooses a free port
    #[arg(long, env = "NEXTTOKEN_PORT", default_value = "", hide_default_value = true, value_parser = parse_port)]
    pub port: u16,

    /// A token that all requests to the API must carry, as a Bearer token. The page gets it
    /// by ?token=TOKEN in its address. By default there is none
    #[arg(
        long,
        env = "NEXTTOKEN_TOKEN",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    token: Secret,

    /// How connections are encrypted.
    #[command(flatten)]
    pub tls: TlsOptions,

    /// Host names of this server, beside localhost and its IP addresses, separated by commas
    #[arg(long, env = "NEXTTOKEN_ALLOW_HOST")]
    allow_host: Vec<List<AllowedHost>>,

    /// Sites whose pages may use the API, such as `https://example.org`, separated by commas
    #[arg(long, env = "NEXTTOKEN_ALLOW_ORIGIN")]
    allow_origin: Vec<List<AllowedOrigin>>,

    /// The folder of the site. If it is missing, the site that was built into this program is
    /// served
    #[arg(long, env = "NEXTTOKEN_DIST", default_value = DIST, value_parser = parse_dist)]
    pub dist: PathBuf,

    /// Let pages choose which of this machine's models runs, for everyone who uses the server. By
    /// default they may as long as only this machine reaches it
    #[arg(long, env = "NEXTTOKEN_SWITCH_MODELS", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub switch_models: bool,

    /// Download models that clients ask for at /hub/ and that are not in the Hugging Face
    /// cache of this machine
    #[arg(long, env = "NEXTTOKEN_HUB_FETCH", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub hub_fetch: bool,

    /// The gigabytes that --hub-fetch may download, at most, until the server ends
    #[arg(long, env = "NEXTTOKEN_HUB_FETCH_GB", default_value_t = HUB_FETCH_GB, value_parser = at_least_one::<HUB_FETCH_GB>)]
    pub hub_fetch_gb: u32,

    /// What to log: error, warn, info, debug, or a filter such as native_server=debug
    #[arg(
        long,
        env = "NEXTTOKEN_LOG",
        default_value = LOG,
        value_parser = parse_log
    )]
    pub log: String,

    /// The format of the log: text, or json with one object per line
    #[arg(long, env = "NEXTTOKEN_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// The requests that the model processes at the same time, at most
    #[arg(long, env = "NEXTTOKEN_MAX_ACTIVE", default_value_t = MAX_ACTIVE, value_parser = at_least_one::<MAX_ACTIVE>)]
    pub max_active: u32,

    /// The requests that may wait, at most; further ones are refused
    #[arg(long, env = "NEXTTOKEN_MAX_WAITING", default_value_t = MAX_WAITING, value_parser = whole::<MAX_WAITING>)]
    pub max_waiting: u32,

    /// The megabytes of keys and values that are kept for texts that may be continued, at
    /// most; the oldest are discarded first
    #[arg(long, env = "NEXTTOKEN_CACHE_MB", default_value_t = CACHE_MB, value_parser = at_least_one::<CACHE_MB>)]
    pub cache_mb: u32,

    /// The tokens of one completion, at most
    #[arg(long, env = "NEXTTOKEN_MAX_TOKENS", default_value_t = MAX_TOKENS, value_parser = at_least_one::<MAX_TOKENS>)]
    pub max_tokens: u32,

    /// The seconds that a request may take, including the time it waits
    #[arg(long, env = "NEXTTOKEN_MAX_SECONDS", default_value_t = MAX_SECONDS, value_parser = at_least_one::<MAX_SECONDS>)]
    pub max_seconds: u32,
}

impl Config {
    /// Whether pages may choose the model that runs.
    pub(crate) fn lets_pages_choose(&self) -> bool {
        let others = !self.allow_host.is_empty() || !self.allow_origin.is_empty();
        self.switch_models || self.host.is_loopback() && !others
    }

    /// How many requests and sequences the engine holds.
    pub(crate) fn engine_limits(&self) -> engine::Limits {
        let active = self.max_active as usize;
        engine::Limits {
            active,
            // A client that pauses finds its sequence again.
            sequences: (4 * active).max(256),
            cache_bytes: u64::from(self.cache_mb) << 20,
            waiting: self.max_waiting as usize,
        }
    }

    /// How much is downloaded for clients of the hub.
    pub(crate) fn fetch_limits(&self) -> FetchLimits {
        let bytes = u64::from(self.hub_fetch_gb) * 1_000_000_000;
        FetchLimits { bytes, ..FetchLimits::default() }
    }

    /// The limits of requests and connections.
    pub(crate) fn limits(&self) -> ServerLimits {
        let request_timeout = Duration::from_secs(self.max_seconds.into());
        ServerLimits {
            request_timeout,
            max_tokens: self.max_tokens,
            ..ServerLimits::default()
        }
    }

    /// Who may use the server.
    ///
    /// # Errors
    /// If the token is not valid. It is checked here and not by the parser of the options,
    /// whose error would repeat it.
    pub(crate) fn access(&self) -> Result<Access, String> {
        let hosts = self.allow_host.iter().flat_map(|List(names)| names.clone());
        let origins = self.allow_origin.iter().flat_map(|List(sites)| sites.clone());
        let token: Option<AccessToken> = match &*self.token.0 {
            "" => None,
            token => Some(token.parse()?),
        };
        Ok(Access {
            host: self.host,
            hosts: hosts.collect(),
            origins: origins.collect(),
            token,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, String> {
        let program = std::iter::once(&"native-server");
        Config::try_parse_from(program.chain(arguments))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_this_machine_is_served_at_first() {
        let config = parse(&[]).unwrap();
        assert!(config.host.is_loopback());
        assert_eq!(config.port, 5005);
        assert_eq!(config.precision, Precision::Auto);
    }

    #[test]
    fn pages_choose_the_model_where_only_this_machine_comes_or_the_owner_lets_them() {
        let may = |arguments: &[&str]| parse(arguments).unwrap().lets_pages_choose();
        assert!(may(&[]));
        assert!(!may(&["--host", "0.0.0.0"]));
        assert!(!may(&["--allow-host", "class.example"]));
        assert!(!may(&["--allow-origin", "https://a.example"]));
        assert!(may(&["--host", "0.0.0.0", "--switch-models"]));
    }

    #[test]
    fn values_that_could_never_match_are_refused_at_the_start() {
        for (option, value, reason) in [
            ("--allow-origin", "*", "every site"),
            ("--allow-origin", "https://a.example, example.org", "example.org"),
            ("--allow-host", "http://class.example", "without http://"),
            ("--host", "class.example", "--allow-host"),
        ] {
            let error = parse(&[option, value]).unwrap_err();
            assert!(error.contains(reason), "{option} {value} gave {error}");
        }
        let several = ["--allow-origin", "https://a.example, HTTPS://B.example:443"];
        let config = parse(&several).unwrap();
        let origins = config.access().unwrap().origins;
        assert!(origins.len() == 2 && origins[1].is("https://b.example"), "{origins:?}");
        let token = parse(&["--token", "two\nlines"]).unwrap();
        assert!(!token.access().unwrap_err().contains("two"));
        assert!(!format!("{token:?}").contains("two"), "{token:?}");
    }

    #[test]
    fn names_are_read_whatever_their_case_and_empty_ones_are_none() {
        let config = parse(&["--device", "MPS", "--precision", "Q8"]).unwrap();
        assert_eq!(config.device, DeviceChoice::Metal);
        assert_eq!(config.precision, Precision::Q8);
        let config = parse(&["--device", "", "--precision", "", "--port", ""]).unwrap();
        assert_eq!(config.device, DeviceChoice::Auto);
        assert_eq!(config.port, 5005);
    }

    #[test]
    fn an_empty_value_of_any_option_stands_for_its_default() {
        let usual = parse(&[]).unwrap();
        for argument in Config::command().get_arguments() {
            let Some(long) = argument.get_long() else { continue };
            let takes_none = ["hub-fetch", "switch-models", "tls"].contains(&long);
            if argument.get_env().is_none() || takes_none {
                continue;
            }
            let given = parse(&[&format!("--{long}="), "--allow-host="]);
            let given = given.unwrap_or_else(|error| panic!("--{long}: {error}"));
            let said = |config: &Config| {
                let (engine, limits) = (config.engine_limits(), config.limits());
                let (fetch, access) = (config.fetch_limits(), config.access());
                let Config { model, device, precision, port, dist, .. } = config;
                let Config { log, log_format, .. } = config;
                format!(
                    "{engine:?} {limits:?} {fetch:?} {access:?} {model} {device:?} \
                     {precision:?} {port} {dist:?} {log} {log_format:?}"
                )
            };
            assert_eq!(said(&given), said(&usual), "--{long}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        assert!(
            parse(&["--device", "tpu"]).unwrap_err().contains("auto, cpu, cuda or metal")
        );
        assert!(parse(&["--precision", "f8"]).unwrap_err().contains(Precision::NAMES));
        assert!(parse(&["--port", "70000"]).unwrap_err().contains("0 to 65535"));
    }
}
