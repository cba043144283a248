//! Packed weights in storage, in place of the files that they came from: written while the
//! model is loaded for the first time, read back without conversion at every later visit.

use model_files::weights::PackedSink;
use model_files::weights::{is_packed, verify_packed};
use model_files::{BoxedFile, ModelFile, ModelFiles};

use super::copy::Copy;
use super::load::BESIDE;
use super::manifest::Manifest;
use super::storage::{Folder, OpenFile};

const NAME: &str = "weights.packed";

/// Packed weights on their way into storage.
pub(crate) struct Keeping {
    folder: Folder,
    file: OpenFile,
    /// What is of no more use once they are there.
    instead_of: Vec<String>,
    /// A file that says that they are there, where it is not known before.
    proof: Option<(String, Vec<u8>)>,
    /// A folder that is of no use without them, with the one that it is in.
    in_vain: Option<(Folder, String)>,
}

impl Keeping {
    /// Makes room in a model's folder; none where storage fails.
    pub(super) async fn begin(folder: &Folder, manifest: &Manifest) -> Option<Keeping> {
        let file = folder.open(NAME).await.ok()?;
        file.set_size(0).ok()?;
        let weights = manifest.files.iter().filter(|file| file.weights);
        let instead_of = weights
            .flat_map(|file| [file.stored_name().to_owned(), file.journal_name()])
            .collect();
        let folder = folder.clone();
        Some(Keeping { folder, file, instead_of, proof: None, in_vain: None })
    }

    /// Makes room in the folder of a model that came from an address, and writes the files
    /// beside the weights; none where storage fails, and then nothing stays.
    pub(super) async fn begin_copy(
        root: &Folder,
        folder: Folder,
        folder_name: &str,
        copy: &Copy,
        files: &ModelFiles,
    ) -> Option<Keeping> {
        let begun = async {
            for (name, bytes) in BESIDE.iter().zip(super::load::contents(files)) {
                if let Some(bytes) = bytes {
                    folder.write(name, bytes).await.ok()?;
                }
            }
            let file = folder.open(NAME).await.ok()?;
            file.set_size(0).ok()?;
            Some(file)
        };
        let Some(file) = begun.await else {
            let _ = root.remove(folder_name).await;
            return None;
        };
        Some(Keeping {
            folder,
            file,
            instead_of: Vec::new(),
            proof: Some(copy.to_file()),
            in_vain: Some((root.clone(), folder_name.to_owned())),
        })
    }

    /// Ends it: with so many bytes that were written, or without. Only what is found as it
    /// was written takes the place of the files.
    pub(crate) async fn finish(self, written: Result<u64, String>) {
        let Keeping { folder, file, instead_of, proof, in_vain } = self;
        let sound = written.and_then(|length| {
            let flushed = file.set_size(length).and_then(|()| file.flush());
            flushed.map_err(|error| crate::describe(&error))?;
            let file = InStorage { file, size: length };
            verify_packed(&file).map_err(|error| error.to_string())
        });
        let sound = match (sound, proof) {
            (Ok(()), Some((name, bytes))) => {
                let written = folder.write(&name, &bytes).await;
                written.map_err(|error| crate::describe(&error))
            }
            (sound, _) => sound,
        };
        let (gone, reason) = match sound {
            Ok(()) => (instead_of, None),
            Err(reason) => (vec![NAME.to_owned()], Some(reason)),
        };
        if let Some(reason) = reason {
            let reason = format!("The packed weights are not kept: {reason}.");
            web_sys::console::info_1(&reason.into());
            if let Some((root, name)) = in_vain {
                let _ = root.remove(&name).await;
                return;
            }
        }
        for name in gone {
            // What stays behind takes room and goes with the model.
            let _ = folder.remove(&name).await;
        }
    }
}

impl PackedSink for Keeping {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        self.file.write(offset, bytes).map_err(|error| crate::describe(&error))
    }
}

/// The packed weights of a model's folder, if they are there as a whole.
pub(super) async fn open(folder: &Folder) -> Option<BoxedFile> {
    let file = folder.open_existing(NAME).await.ok()?;
    let size = file.size().ok()?;
    let file = InStorage { file, size };
    is_packed(&file).then(|| Box::new(file) as BoxedFile)
}

/// How many bytes the packed weights of a model's folder have.
pub(super) async fn size(folder: &Folder) -> Option<u64> {
    folder.size(NAME).await.ok().filter(|size| *size > 0)
}

/// A file that stays in storage.
pub(super) struct InStorage {
    pub(super) file: OpenFile,
    pub(super) size: u64,
}

impl ModelFile for InStorage {
    fn length(&self) -> u64 {
        self.size
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        self.file.read(offset, into).map_err(|error| crate::describe(&error))
    }
}
