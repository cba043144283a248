//! Circles among files that import from each other: the strongly connected components of their
//! imports (Tarjan, 1972, doi:10.1137/0201010).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::imports::{self, Imports};

/// Files each of which imports from all others, directly or through them.
#[derive(Debug)]
pub(crate) struct Circle {
    pub(crate) files: BTreeSet<PathBuf>,
    imports: Vec<(PathBuf, PathBuf, BTreeSet<String>)>,
}

/// The circles in a crate.
pub(crate) fn of_crate(root: &Path) -> Vec<Circle> {
    let imports = imports::of_crate(root);
    let mut search = Search { imports: &imports, ..Search::new(&imports) };
    imports.keys().for_each(|file| search.visit(file));
    let circle = |files: BTreeSet<PathBuf>| {
        let mut inside = Vec::new();
        for (from, used) in imports.iter().filter(|(from, _)| files.contains(*from)) {
            for (to, names) in used.iter().filter(|(to, _)| files.contains(*to)) {
                inside.push((from.clone(), to.clone(), names.clone()));
            }
        }
        Circle { files, imports: inside }
    };
    search.found.into_iter().map(circle).collect()
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "a circle of {} files:", self.files.len())?;
        for (from, to, names) in &self.imports {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            writeln!(
                f,
                "  {} uses {} of {}",
                from.display(),
                names.join(", "),
                to.display()
            )?;
        }
        Ok(())
    }
}

/// Tarjan's search.
struct Search<'a> {
    imports: &'a Imports,
    /// In which order files were first seen.
    order: BTreeMap<&'a Path, usize>,
    /// The earliest file on the stack that a file leads to.
    earliest: BTreeMap<&'a Path, usize>,
    stack: Vec<&'a Path>,
    found: Vec<BTreeSet<PathBuf>>,
}

impl<'a> Search<'a> {
    fn new(imports: &'a Imports) -> Search<'a> {
        let (order, earliest) = (BTreeMap::new(), BTreeMap::new());
        Search { imports, order, earliest, stack: Vec::new(), found: Vec::new() }
    }

    fn visit(&mut self, file: &'a Path) {
        if self.order.contains_key(file) {
            return;
        }
        let number = self.order.len();
        self.order.insert(file, number);
        self.earliest.insert(file, number);
        self.stack.push(file);
        for next in self.imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            let next = next.as_path();
            let is_new = !self.order.contains_key(next);
            self.visit(next);
            if is_new || self.stack.contains(&next) {
                let reached = if is_new { self.earliest[next] } else { self.order[next] };
                let earliest = self.earliest[file].min(reached);
                self.earliest.insert(file, earliest);
            }
        }
        if self.earliest[file] == number {
            let start = self.stack.iter().position(|other| *other == file).unwrap();
            let files: BTreeSet<PathBuf> =
                self.stack.split_off(start).into_iter().map(Path::to_owned).collect();
            if files.len() > 1 {
                self.found.push(files);
            }
        }
    }
}
