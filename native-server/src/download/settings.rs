//! Which hub, whose access, and whether to go there at all: the variables of Hugging
//! Face's own programs.
//! <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use hub::{Access, Endpoint, HubError};

use crate::model::HubCache;

/// How the hub is used on this machine.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The hub, and the token for it (`HF_ENDPOINT`, `HF_TOKEN` or the token file).
    pub access: Access,
    /// The folder of the cache (`HF_HUB_CACHE`, `HF_HOME`); none if there is no place.
    pub cache: Option<PathBuf>,
    /// Nothing is to be fetched (`HF_HUB_OFFLINE`).
    pub offline: bool,
}

impl HubSettings {
    /// The settings of this machine.
    ///
    /// # Errors
    /// If `HF_ENDPOINT` is no address.
    pub fn of_this_machine() -> Result<HubSettings, HubError> {
        HubSettings::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<HubSettings, HubError> {
        let text = |name: &str| {
            let value = variable(name)?.into_string().ok()?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let on = |name: &str| {
            let value = text(name).unwrap_or_default().to_ascii_uppercase();
            matches!(value.as_str(), "1" | "ON" | "YES" | "TRUE")
        };
        let home = HubCache::home(&variable);
        let token_file = text("HF_TOKEN_PATH")
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join("token")));
        let from_file = || {
            let token = fs::read_to_string(token_file?).ok()?.trim().to_owned();
            (!token.is_empty()).then_some(token)
        };
        let token = text("HF_TOKEN").or_else(|| text("HUGGING_FACE_HUB_TOKEN"));
        Ok(HubSettings {
            access: Access {
                endpoint: Endpoint::new(&text("HF_ENDPOINT").unwrap_or_default())?,
                token: token.or_else(from_file),
                ..Access::default()
            },
            cache: HubCache::from_variables(&variable).root().map(PathBuf::from),
            offline: on("HF_HUB_OFFLINE") || on("TRANSFORMERS_OFFLINE"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> HubSettings {
        HubSettings::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
        .unwrap()
    }

    #[test]
    fn the_variables_of_the_hubs_own_programs_count() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("token"), " of-file \n").unwrap();
        let home = home.path().to_str().unwrap();
        let of_file = settings(&[("HF_HOME", home), ("HF_HUB_OFFLINE", "yes")]);
        assert_eq!(of_file.access.token.as_deref(), Some("of-file"));
        assert!(of_file.offline);
        let given = settings(&[
            ("HF_HOME", home),
            ("HF_TOKEN", "given"),
            ("HF_ENDPOINT", "http://hub.example/"),
            ("HF_HUB_OFFLINE", "0"),
        ]);
        assert_eq!(given.access.token.as_deref(), Some("given"));
        assert_eq!(given.access.endpoint.as_str(), "http://hub.example");
        assert!(!given.offline);
    }
}
