//! Many schedules of faults: each download ends in the right bytes or in a clear error,
//! and no byte of a finished chunk is sent again.

use std::time::Duration;

use hub::{
    Access, Download, Endpoint, FoundModel, HubError, Item, Journal, ModelId, Preference,
    Reference, Store, StoreFault, Wanted, find, run,
};
use stand_in_hub::{Behaviour, HubModel, Random, StandInHub};

use crate::support::Hurried;

const SCHEDULES: u64 = 200;
const CHUNK: u64 = 64 << 10;
const ID: &str = "owner/model";
const FILES: [&str; 4] = [
    "config.json",
    "tokenizer.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
];

/// A place in memory that outlives its download as a disk does, and tells the hub's log
/// which chunks are finished.
struct Memory<'a> {
    hub: &'a StandInHub,
    bytes: Vec<u8>,
    journal: Journal,
}

impl Store for Memory<'_> {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        let start = offset as usize;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        let start = offset as usize;
        into.copy_from_slice(&self.bytes[start..start + into.len()]);
        Ok(())
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        for chunk in 0..journal.chunk_count() {
            if journal.is_finished(chunk) && !self.journal.is_finished(chunk) {
                let digest = journal.digest().expect("a hub gives hashes");
                self.hub.note_finished(digest.hex(), journal.chunk(chunk));
            }
        }
        self.journal = journal.clone();
        Ok(())
    }

    fn discard(&mut self) {
        self.journal.forget();
    }
}

fn model(seed: u64) -> HubModel {
    let mut random = Random::new(seed ^ 0xABCD);
    let sizes = [300, 40_000, 700_000 + random.below(100_000), random.below(300_000)];
    let files = FILES.iter().zip(sizes);
    let files = files.map(|(path, size)| (*path, random.bytes(size as usize)));
    HubModel::new(ID, files.collect())
}

/// One schedule: a download that is broken off some times, as by a crash, and goes on.
async fn check(seed: u64) -> Result<(), HubError> {
    let model = model(seed);
    let behaviour = Behaviour::schedule(seed, &FILES);
    let hub = StandInHub::start(vec![model.clone()], behaviour.clone()).await;
    let transport = Hurried::new();
    let endpoint = Endpoint::new(hub.endpoint()).unwrap();
    let access = Access { endpoint, ..Access::default() };
    let id = ModelId::new(ID).unwrap();
    let reference = Reference { id, revision: None, wanted: Wanted::Any };
    let found =
        find(&transport, &access, &reference, None, Preference::Compact, None).await?;
    let FoundModel { listing, choice, .. } = found;
    let fresh = |size, digest| Journal::with_chunks(size, digest, CHUNK);
    let mut places: Vec<Memory> = choice
        .files()
        .map(|file| Memory {
            hub: &hub,
            bytes: vec![0; file.size as usize],
            journal: fresh(file.size, file.digest.clone()),
        })
        .collect();
    let mut random = Random::new(seed);
    let mut crashes = random.below(3);
    let result = loop {
        let item = |file: &hub::RemoteFile| Item {
            name: file.path.clone(),
            url: access.endpoint.file(&listing.id, &listing.commit, &file.path),
            size: file.size,
            digest: file.digest.clone(),
        };
        let kept = places.iter().map(|place| place.journal.clone());
        let mut download = Download::new(choice.files().map(item).zip(kept).collect(), 4);
        let ran = run(&mut download, &mut places, &transport, &access, ID, &|_| ());
        if crashes == 0 {
            break ran.await;
        }
        crashes -= 1;
        let until_crash = Duration::from_millis(1 + random.below(20));
        if let Ok(ended) = tokio::time::timeout(until_crash, ran).await {
            break ended;
        }
        // The hub may still have to read what was asked for before the crash, and would note
        // it as asked for after what the next attempt finishes.
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    if !behaviour.no_ranges {
        assert_eq!(hub.sent_again(), None, "schedule {seed}: {behaviour:?}");
    }
    if result.is_ok() {
        assert!(!places.is_empty() && choice.files().count() == places.len());
        for (file, place) in choice.files().zip(&places) {
            let right = &model.file(&file.path).unwrap().bytes;
            assert!(**right == place.bytes, "schedule {seed}: {} is wrong", file.path);
        }
        assert_eq!(behaviour.wrong_file, None, "schedule {seed}");
    }
    result
}

#[test]
fn every_schedule_of_faults_ends_in_the_right_bytes_or_in_a_clear_error() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (mut good, mut errors) = (0, std::collections::BTreeMap::<String, u32>::new());
    runtime.block_on(async {
        let schedule = |seed| async move {
            let patience = Duration::from_secs(60);
            let ended = tokio::time::timeout(patience, check(seed)).await;
            (seed, ended.unwrap_or_else(|_| panic!("schedule {seed} never ends")))
        };
        let all = futures_util::stream::iter((0..SCHEDULES).map(schedule));
        let mut all = futures_util::StreamExt::buffer_unordered(all, 8);
        while let Some((seed, ended)) = futures_util::StreamExt::next(&mut all).await {
            match ended {
                Ok(()) => good += 1,
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.ends_with('.') && text.len() > 30, "{seed}: {text}");
                    let kind = format!("{error:?}");
                    let kind = kind.split([' ', '{']).next().unwrap_or_default();
                    *errors.entry(kind.to_owned()).or_default() += 1;
                }
            }
        }
    });
    println!("{good} of {SCHEDULES} downloads succeeded; the others: {errors:?}");
    assert!(good > SCHEDULES / 2, "{errors:?}");
    for kind in ["WrongBytes", "Gated", "Missing", "RateLimited", "Server"] {
        assert!(errors.contains_key(kind), "no schedule led to {kind}");
    }
}
