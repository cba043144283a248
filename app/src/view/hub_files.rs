//! The GGUF files of a model of a hub, as the picker lists them.

use protocol::HubFile;

use super::model_list::{ModelLine, ModelList};
use crate::state::{FileList, Models};
use crate::texts::models as texts;

/// The lines of the files that are expected to run.
pub(super) fn file_lines(models: &Models) -> Vec<ModelLine> {
    let Some(FileList::Found(found)) = &models.files else { return Vec::new() };
    let files = found.files.iter().filter(|file| file.runs);
    files.map(|file| line(file, models)).collect()
}

/// What is said of the list; none if no list was asked for.
pub(super) fn what_is_said(models: &Models) -> Option<String> {
    let found = match models.files.as_ref()? {
        FileList::Asked => return Some(texts::ASKING_HUB.into()),
        FileList::Failed(reason) => return Some(reason.clone()),
        FileList::Found(found) => found,
    };
    let count = found.files.iter().filter(|file| file.runs).count();
    let others = found.files.iter().filter(|file| !file.runs);
    let mut formats: Vec<&str> = others.map(name_of).collect();
    formats.sort_unstable();
    formats.dedup();
    Some(match found.files.is_empty() {
        true => texts::NO_GGUF.into(),
        false => texts::files(count, &formats),
    })
}

fn line(file: &HubFile, models: &Models) -> ModelLine {
    let stored = models.is_stored(&file.name);
    let fit = file.bytes.map(|bytes| models.fit_of_file(&file.name, bytes));
    let path = file.name.split(" from ").next().unwrap_or(&file.name);
    ModelLine {
        list: ModelList::Files,
        stored: None,
        title: Some(name_of(file).to_owned()),
        tag: if stored { texts::SAVED.get() } else { "" },
        note: String::new(),
        facts: texts::file(path, fit.as_ref().map(|fit| fit.memory)),
        fit: fit.map(|fit| texts::fit(&fit, models.room())).unwrap_or_default(),
        action: match stored {
            true => texts::LOAD.into(),
            false => texts::download(file.bytes.map(|bytes| bytes as f64)),
        },
        name: file.name.clone(),
    }
}

/// The format of a file, or its name if that says none.
fn name_of(file: &HubFile) -> &str {
    let last = || file.name.rsplit('/').next().unwrap_or(&file.name);
    if file.format.is_empty() { last() } else { &file.format }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::HubFiles;

    fn file(format: &str, bytes: Option<u64>, runs: bool) -> HubFile {
        let name = format!("o/n/m-{format}.gguf");
        HubFile { name, format: format.into(), bytes, runs }
    }

    fn models(files: Vec<HubFile>) -> Models {
        let found = HubFiles { model: "o/n".into(), files };
        Models { files: Some(FileList::Found(found)), ..Models::default() }
    }

    #[test]
    fn files_are_listed_with_their_formats_and_what_each_costs() {
        let models = models(vec![
            file("Q8_0", Some(5_000_000_000), true),
            file("Q4_K_M", Some(105_000_000), true),
            file("F16", None, true),
            file("IQ2_M", Some(60_000_000), false),
        ]);
        let lines = file_lines(&models);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.title.as_deref().unwrap(), &*line.action))
            .collect();
        assert_eq!(
            shown,
            [
                ("Q8_0", "Download 5.00 GB"),
                ("Q4_K_M", "Download 105 MB"),
                ("F16", "Download")
            ]
        );
        assert_eq!(lines[0].fit, "Too large for any browser.");
        assert_eq!(lines[1].facts, "o/n/m-Q4_K_M.gguf · needs 255 MB of memory");
        let said = what_is_said(&models).unwrap();
        assert!(said.starts_with("3 files to choose from."), "{said}");
        assert!(said.ends_with("Not supported: IQ2_M."), "{said}");
    }

    #[test]
    fn an_empty_list_and_one_that_failed_are_told() {
        assert_eq!(what_is_said(&Models::default()), None);
        let said = what_is_said(&models(Vec::new())).unwrap();
        assert!(said.contains("no GGUF files"), "{said}");
        let failed = Some(FileList::Failed("The hub is gone.".into()));
        let models = Models { files: failed, ..Models::default() };
        assert_eq!(what_is_said(&models).as_deref(), Some("The hub is gone."));
        assert!(file_lines(&models).is_empty());
    }
}
