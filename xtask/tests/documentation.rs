//! The pages of documentation: what they point to is there, and what they name exists.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The pages in the repository's root and in `docs`.
fn pages() -> Vec<PathBuf> {
    let root = repository();
    let files = [root.clone(), root.join("docs")].into_iter().flat_map(|folder| {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
    });
    let pages: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "md"))
        .collect();
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// Where the links of a page go: what stands in `](…)`.
fn links(page: &str) -> Vec<String> {
    let starts = page.match_indices("](").map(|(place, found)| place + found.len());
    starts
        .filter_map(|start| page[start..].split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// The anchor of a heading, as hosts of Markdown make it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_within_the_documentation_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if link.starts_with("http") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let is_there = target.exists()
                && (heading.is_empty()
                    || fs::read_to_string(&target)
                        .unwrap()
                        .lines()
                        .any(|line| line.starts_with('#') && anchor(line) == heading));
            if !is_there {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_command_of_xtask_that_is_named_exists() {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_xtask")).output().unwrap();
    let usage = String::from_utf8(output.stdout).unwrap();
    let mut unknown = Vec::new();
    for page in pages() {
        // It tells of commands as they were.
        if page.ends_with("CHANGELOG.md") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for (place, name) in text.match_indices("cargo xtask ") {
            let rest = &text[place + name.len()..];
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '-');
            let command = &rest[..end.unwrap_or(rest.len())];
            if !usage.contains(&format!("\n  {command} "))
                && !usage.contains(&format!("\n  {command}\n"))
            {
                unknown.push(format!("{}: cargo xtask {command}", page.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "no such commands:\n{}", unknown.join("\n"));
}

#[test]
fn every_action_of_a_workflow_is_pinned_by_its_hash() {
    let folder = repository().join(".github/workflows");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("permissions:"),
            "{} takes all permissions",
            path.display()
        );
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            if action.starts_with("./") {
                continue;
            }
            count += 1;
            let (name, pin) = action.split_once('@').unwrap();
            let hash = pin.split(' ').next().unwrap();
            let is_hash = hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_hash, "{}: {name} is not pinned", path.display());
        }
    }
    assert!(count >= 5, "{count} actions");
}
