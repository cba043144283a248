//! From a path to the file that defines what it names, through re-exports and `*`.

use std::path::Path;

use crate::module_tree::{ModuleTree, Use};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
}

impl ModuleTree {
    /// The file that defines what a path names, seen from a module. `None` if it is of another
    /// crate, or a module.
    pub(crate) fn defining_file(&self, module: usize, path: &[String]) -> Option<&Path> {
        match self.resolve(module, path, &mut Vec::new())? {
            Target::Item(defined_in) => Some(&self.modules[defined_in].file),
            Target::Module(_) => None,
        }
    }

    /// `seen` are the names that are being looked up, as two modules may re-export from each
    /// other.
    pub(crate) fn resolve(
        &self,
        module: usize,
        path: &[String],
        seen: &mut Vec<(usize, String)>,
    ) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent?),
            name => self.name_in(module, name, seen)?,
        };
        while let (Target::Module(module), Some((name, after))) =
            (target, rest.split_first())
        {
            target = match name.as_str() {
                "super" => Target::Module(self.modules[module].parent?),
                // What a macro defines there is not seen here.
                name => self.name_in(module, name, seen).unwrap_or(Target::Item(module)),
            };
            rest = after;
        }
        Some(target)
    }

    /// What a name means in a module.
    fn name_in(
        &self,
        index: usize,
        name: &str,
        seen: &mut Vec<(usize, String)>,
    ) -> Option<Target> {
        let module = &self.modules[index];
        if let Some(child) = module.children.get(name) {
            return Some(Target::Module(*child));
        }
        if module.definitions.iter().any(|definition| definition == name) {
            return Some(Target::Item(index));
        }
        let key = (index, name.to_owned());
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        let named = module.uses.iter().find(|one| one.name.as_deref() == Some(name));
        let found = named.and_then(|one| self.resolve_use(index, one, None, seen));
        let found = found.or_else(|| {
            let globs = module.uses.iter().filter(|one| one.name.is_none());
            globs
                .into_iter()
                .find_map(|one| self.resolve_use(index, one, Some(name), seen))
        });
        seen.pop();
        found
    }

    fn resolve_use(
        &self,
        module: usize,
        one: &Use,
        name: Option<&str>,
        seen: &mut Vec<(usize, String)>,
    ) -> Option<Target> {
        // `use serde;` or `use fastrand::Rng;` with the name of a crate.
        if one.path.len() == 1 && one.name.as_ref() == one.path.first() && name.is_none()
        {
            return None;
        }
        let target = self.resolve(module, &one.path, seen)?;
        match (target, name) {
            (target, None) => Some(target),
            (Target::Module(module), Some(name)) => self.name_in(module, name, seen),
            (Target::Item(_), Some(_)) => None,
        }
    }
}
