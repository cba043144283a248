use futures_util::FutureExt;

use super::*;
use crate::in_memory::{HostedFile, MemoryNetwork, MemoryStore};
use crate::{Download, Journal, WantedFile, run};

const URL: &str = "http://host.example/m/x.gguf";

fn hosted(bytes: &[u8], etag: &str) -> HostedFile {
    let headers = vec![("etag".to_owned(), format!("\"{etag}\""))];
    HostedFile { bytes: bytes.to_vec(), headers, no_ranges: false }
}

/// A host with a file of 100 bytes.
fn host() -> (MemoryNetwork, Vec<u8>) {
    let (network, bytes) = (MemoryNetwork::default(), (0..100).collect::<Vec<u8>>());
    network.put(URL, hosted(&bytes, "a"));
    (network, bytes)
}

/// A file of 100 bytes as it was begun with, in chunks of 10.
fn fresh() -> Journal {
    let etag = Some("a".into());
    let validators = Validators { etag, modified: None, length: Some("100".into()) };
    Journal::with_chunks(100, validators, 10)
}

fn download(
    network: &MemoryNetwork,
    journal: Journal,
    store: &mut MemoryStore,
) -> Result<(), HubError> {
    let file = WantedFile { name: "x".into(), url: URL.into() };
    let mut download = Download::new(vec![(file, journal)], 4);
    let (access, stores) = (Access::to_host_of(URL), std::slice::from_mut(store));
    run(&mut download, stores, network, &access, URL, &|_| ()).now_or_never().unwrap()
}

fn ranges(network: &MemoryNetwork) -> Vec<Option<std::ops::Range<u64>>> {
    network.asked().into_iter().map(|request| request.range).collect()
}

#[test]
fn a_file_without_a_hash_comes_in_one_request_without_a_range() {
    let ((network, bytes), mut store) = (host(), MemoryStore::default());
    assert_eq!(download(&network, fresh(), &mut store), Ok(()));
    assert_eq!(store.bytes, bytes);
    assert_eq!(ranges(&network), [None]);
    assert!(store.journal.unwrap().is_complete());
}

#[test]
fn what_was_cut_is_gone_on_with_where_it_was() {
    let ((network, bytes), mut store) = (host(), MemoryStore::default());
    network.cut_after(37);
    network.cut_after(8);
    assert_eq!(download(&network, fresh(), &mut store), Ok(()));
    assert_eq!(store.bytes, bytes);
    assert_eq!(ranges(&network), [None, Some(37..100), Some(45..100)]);
}

#[test]
fn at_the_next_visit_only_what_is_missing_is_asked_for() {
    let ((network, bytes), mut store) = (host(), MemoryStore::default());
    store.bytes = bytes[..60].to_vec();
    let mut journal = fresh();
    journal.finish_first(60);
    assert_eq!(download(&network, journal, &mut store), Ok(()));
    assert_eq!(store.bytes, bytes);
    assert_eq!(ranges(&network), [Some(60..100)]);
}

#[test]
fn a_host_that_sends_no_parts_sends_the_whole_again() {
    let ((network, bytes), mut store) = (host(), MemoryStore::default());
    network.put(URL, HostedFile { no_ranges: true, ..hosted(&bytes, "a") });
    network.cut_after(37);
    assert_eq!(download(&network, fresh(), &mut store), Ok(()));
    assert_eq!(store.bytes, bytes);
    assert_eq!(ranges(&network), [None, Some(37..100), None]);
}

#[test]
fn parts_of_two_files_are_never_put_together() {
    let (network, bytes) = host();
    for other in [hosted(&bytes, "b"), hosted(&bytes[..90], "a"), hosted(&[1; 110], "a")]
    {
        let mut store = MemoryStore { bytes: bytes[..60].to_vec(), journal: None };
        let mut journal = fresh();
        journal.finish_first(60);
        network.put(URL, other);
        let error = download(&network, journal, &mut store).unwrap_err().to_string();
        assert!(error.contains("changed"), "{error}");
        // The next attempt begins anew.
        assert_eq!(store, MemoryStore::default());
    }
}

#[test]
fn a_file_that_is_longer_than_its_host_says_is_refused() {
    let (network, bytes) = host();
    let encoded = |length: &str| HostedFile {
        // The first header of a name is the one that is read.
        headers: vec![("x-linked-size".into(), length.into())],
        ..hosted(&bytes, "a")
    };
    network.put(URL, encoded("50"));
    let journal = Journal::with_chunks(50, Validators::default(), 10);
    let mut store = MemoryStore::default();
    let error = download(&network, journal, &mut store).unwrap_err().to_string();
    assert!(error.contains("changed"), "{error}");
}

#[test]
fn what_an_address_has_is_told_by_its_answer() {
    let (network, bytes) = host();
    let html = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    network.put("http://h/page", HostedFile { headers: html, ..hosted(&bytes, "") });
    let access = Access::to_host_of(URL);
    let came = std::cell::Cell::new(0);
    let tell = |bytes, size| {
        came.set(came.get() + bytes);
        assert_eq!(size, Some(100));
    };
    let read = |url: &str, most: usize| {
        let read = read_small(&network, &access, url, most, &tell);
        read.now_or_never().unwrap()
    };
    assert!(matches!(read("http://h/page", 100), Ok(AtAddress::WebPage)));
    assert!(matches!(read("http://h/none", 100), Ok(AtAddress::Nothing)));
    assert!(matches!(read(URL, 99), Ok(AtAddress::File(None))));
    // A connection that breaks is tried again.
    network.cut_after(20);
    came.set(0);
    match read(URL, 100) {
        Ok(AtAddress::File(Some((read, validators)))) => {
            assert_eq!(read, bytes);
            assert_eq!(came.get(), 100);
            assert_eq!(validators.length.as_deref(), Some("100"));
        }
        other => panic!("{other:?}"),
    }
}
