//! Whether a quantised file runs in another number format than its own.

use protocol::{ModelSource, Precision};

use super::engine_link::EngineLink;

impl EngineLink {
    /// A notice that the weights of a quantised file were converted, judged by the format in
    /// the file's name. None if the person chose a format.
    pub(crate) fn conversion_notice(&self) -> Option<String> {
        let model = self.model.as_ref().filter(|_| self.precision == Precision::Auto)?;
        let name = match &self.source {
            ModelSource::Files { files } => &files.first()?.name,
            ModelSource::Address { url } => url.split(['?', '#']).next()?,
            ModelSource::Hub(model) => &model.name,
            ModelSource::Demo => return None,
        };
        let file = name.rsplit('/').next().unwrap_or(name);
        let file = file.split(" from ").next().unwrap_or(file);
        let format = format_named(file)?;
        let runs = model.precision.to_ascii_uppercase();
        // A "Q4_K_M" file has mostly "Q4_K" matrices.
        let same = format.starts_with(&runs) || runs.contains(&format);
        (!same).then(|| {
            format!(
                "{file} holds {format} weights. They were converted: here the model runs as {}.",
                model.precision
            )
        })
    }
}

/// The number format in a file's name, such as `Q4_K_M`.
fn format_named(file: &str) -> Option<String> {
    let stem = file.strip_suffix(".gguf").or_else(|| file.strip_suffix(".GGUF"))?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    stem.split(|c| !is_part(c)).rev().map(str::to_ascii_uppercase).find(|part| {
        let digits = part.strip_prefix('I').unwrap_or(part).strip_prefix('Q');
        let mut parts = digits.unwrap_or_default().split('_');
        let bits = parts.next().unwrap_or_default();
        matches!(bits.as_bytes(), [b'1'..=b'8']) && parts.next().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use protocol::{LocalFile, ModelDescription};

    fn notice(file: &str, runs: &str, precision: Precision) -> Option<String> {
        let mut engine = State::default().engine;
        let (name, url) = (file.to_owned(), "blob:1".to_owned());
        engine.source = ModelSource::Files { files: vec![LocalFile { name, url }] };
        engine.precision = precision;
        engine.model = Some(ModelDescription {
            name: "x".into(),
            architecture: "x".into(),
            parameters: 1,
            precision: runs.into(),
            weight_bytes: 1,
            context_length: 1,
            vocab_size: 1,
            device: "CPU".into(),
            threads: 1,
            chat: false,
            chat_fault: None,
            end_of_generation: vec![],
        });
        engine.conversion_notice()
    }

    #[test]
    fn a_quantised_file_that_runs_in_another_format_gets_a_notice() {
        let notice = |file, runs| notice(file, runs, Precision::Auto);
        let said = notice("model-Q4_1.gguf", "Q8_0").unwrap();
        assert!(said.contains("Q4_1") && said.contains("Q8_0"), "{said}");
        assert!(notice("x.IQ4_XS.gguf", "Q8_0").is_some());
        assert!(notice("x-q4_k_m.gguf", "Q8_0").is_some());
        for (file, runs) in [
            ("model-q8_0.gguf", "Q8_0"),
            ("x-Q4_K_M.gguf", "Q4_K"),
            ("Qwen2-0.5B.gguf", "Q8_0"),
            ("model.gguf", "Q8_0"),
            ("model-Q4_1.safetensors", "Q8_0"),
        ] {
            assert_eq!(notice(file, runs), None, "{file}");
        }
    }

    #[test]
    fn a_format_that_was_asked_for_needs_no_notice() {
        assert_eq!(notice("model-Q4_1.gguf", "Q4_0", Precision::Q4), None);
    }
}
