//! The environment variables of Hugging Face's own programs: the hub, the token and whether
//! downloads are allowed.
//! <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>
//!
//! One thing differs. Those programs send any token to any `HF_ENDPOINT`. Here a token from a
//! variable is for the hub of `HF_ENDPOINT`; the token file that `hf auth login` leaves is
//! for huggingface.co alone.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use hub::{Access, Credential, Endpoint, HubError};

use crate::model::HubCache;

/// The settings of the hub on this machine.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The hub (`HF_ENDPOINT`), and the token with the hub that it belongs to (`HF_TOKEN`,
    /// the file at `HF_TOKEN_PATH`, or the usual token file).
    pub access: Access,
    /// The folder of the cache (`HF_HUB_CACHE`, `HF_HOME`); none if no variable names one.
    pub cache: Option<PathBuf>,
    /// Whether downloads are forbidden (`HF_HUB_OFFLINE`).
    pub offline: bool,
}

impl HubSettings {
    /// The settings of this machine.
    ///
    /// # Errors
    /// If `HF_ENDPOINT` is not an address.
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
        let endpoint = Endpoint::new(&text("HF_ENDPOINT").unwrap_or_default())?;
        let token = text("HF_TOKEN").or_else(|| text("HUGGING_FACE_HUB_TOKEN"));
        let named_file = text("HF_TOKEN_PATH").map(PathBuf::from);
        let usual_file = || HubCache::home(&variable).map(|home| home.join("token"));
        let of_file = |file: PathBuf, hub: &Endpoint| {
            Credential::new(hub, &fs::read_to_string(file).ok()?)
        };
        let credential = match (token, named_file) {
            (Some(token), _) => Credential::new(&endpoint, &token),
            (None, Some(file)) => of_file(file, &endpoint),
            (None, None) => {
                usual_file().and_then(|file| of_file(file, &Endpoint::default()))
            }
        };
        Ok(HubSettings {
            access: Access { endpoint, credential, ..Access::default() },
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
        assert_eq!(sent(&of_file).as_deref(), Some("Bearer of-file"));
        assert!(of_file.offline);
        let given = settings(&[
            ("HF_HOME", home),
            ("HF_TOKEN", "given"),
            ("HF_ENDPOINT", "https://hub.example/"),
            ("HF_HUB_OFFLINE", "0"),
        ]);
        assert_eq!(sent(&given).as_deref(), Some("Bearer given"));
        assert_eq!(given.access.endpoint.as_str(), "https://hub.example");
        assert!(!given.offline);
    }

    /// What the hub of these settings is sent.
    fn sent(settings: &HubSettings) -> Option<String> {
        let Access { endpoint, credential, .. } = &settings.access;
        let secret = credential.as_ref()?.for_request(endpoint.as_str())?;
        Some(secret.bearer())
    }

    #[test]
    fn the_token_that_a_login_left_goes_to_no_other_hub() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("token");
        fs::write(&file, "of-file").unwrap();
        let home = home.path().to_str().unwrap();
        let hub = ("HF_ENDPOINT", "https://mirror.example");
        assert_eq!(sent(&settings(&[("HF_HOME", home), hub])), None);
        // Who names the file beside the hub has chosen it for that hub.
        let named = ("HF_TOKEN_PATH", file.to_str().unwrap());
        assert!(sent(&settings(&[named, hub])).is_some());
        let clear = ("HF_ENDPOINT", "http://mirror.example");
        assert_eq!(sent(&settings(&[("HF_TOKEN", "x"), clear])), None);
    }
}
