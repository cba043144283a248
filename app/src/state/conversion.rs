//! Whether a quantised file runs in another number format than was asked for.

use protocol::ModelSource;

use super::engine_link::EngineLink;
use crate::texts::engine as texts;

impl EngineLink {
    /// A notice that a quantised file keeps its own format although 4 bits were asked for,
    /// or was converted although nothing was.
    pub(crate) fn conversion_notice(&self) -> Option<String> {
        let model = self.model.as_ref()?;
        if self.source == ModelSource::Demo {
            return None;
        }
        if model.converts_blocks() {
            return Some(texts::converted(&model.name, &model.stored, &model.precision));
        }
        let kept = model.kept_instead_of().filter(|bits| *bits < 8)?;
        Some(texts::keeps_format(&model.name, &model.precision, kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use protocol::{LocalFile, ModelDescription, Precision};

    fn notice(stored: &str, runs: &str, asked: Precision) -> Option<String> {
        let mut engine = State::default().engine;
        let (name, url) = ("x.gguf".to_owned(), "blob:1".to_owned());
        engine.source = ModelSource::Files { files: vec![LocalFile { name, url }] };
        engine.model = Some(ModelDescription {
            name: "x".into(),
            precision: runs.into(),
            stored: stored.into(),
            asked,
            ..ModelDescription::default()
        });
        engine.conversion_notice()
    }

    #[test]
    fn a_quantised_file_that_runs_in_another_format_gets_a_notice() {
        let said = notice("Q4_1 + Q6_K", "F16 + Q6_K", Precision::Auto).unwrap();
        assert!(
            said.contains("Q4_1 + Q6_K weights") && said.contains("as F16"),
            "{said}"
        );
        for (stored, runs) in [
            ("Q4_1", "Q4_1"),
            ("Q4_0 + F16", "Q4_0 + Q8_0"),
            ("BF16", "Q8_0"),
            ("", "Q8_0"),
        ] {
            assert_eq!(notice(stored, runs, Precision::Auto), None, "{stored}");
        }
    }

    #[test]
    fn a_format_that_was_asked_for_needs_no_notice() {
        assert_eq!(notice("Q4_1", "F32", Precision::F32), None);
        assert_eq!(notice("BF16", "Q4_K + Q6_K", Precision::Q4), None);
        assert_eq!(notice("Q4_K + Q6_K", "Q4_K + Q6_K", Precision::Q4), None);
    }

    #[test]
    fn a_quantised_file_that_is_not_rounded_again_says_so() {
        let said = notice("Q8_0", "Q8_0", Precision::Q4).unwrap();
        assert!(said.contains("its own Q8_0") && said.contains("4 bits"), "{said}");
        // Fewer bits than the eight that are the default are what the file was chosen for.
        assert_eq!(notice("Q4_K", "Q4_K", Precision::Q8), None);
    }
}
