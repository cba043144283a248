//! Which file uses what of which other file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::module_tree::{ModuleTree, Use};
use crate::paths::Paths;
use crate::resolve::Target;

/// For each file, the files that it imports from, with the names.
pub(crate) type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// The imports among the files of a crate.
pub(crate) fn of_crate(root: &Path) -> Imports {
    let mut tree = ModuleTree::read(root);
    let paths: Vec<Paths> =
        tree.modules.iter().map(|module| Paths::of(&module.items)).collect();
    for (module, paths) in tree.modules.iter_mut().zip(&paths) {
        module.uses.extend(paths.local_uses.iter().cloned());
    }
    let mut imports = Imports::new();
    for (index, module) in tree.modules.iter().enumerate() {
        let used = module.uses.iter().filter(|one| counts(&tree, index, one));
        let used = used.map(|one| &one.path);
        for path in used.chain(&paths[index].paths) {
            let Some(file) = tree.defining_file(index, path) else { continue };
            if file != module.file {
                let names = imports.entry(module.file.clone()).or_default();
                let name = path.last().unwrap().clone();
                names.entry(file.to_owned()).or_default().insert(name);
            }
        }
    }
    imports
}

/// Whether a `use` declaration is an import by itself. A re-export of what lies below a module
/// is not: it is a line of a table of contents.
fn counts(tree: &ModuleTree, module: usize, one: &Use) -> bool {
    let target = tree.resolve(module, &one.path, &mut Vec::new());
    let (Some(Target::Item(found) | Target::Module(found)), true) =
        (target, one.is_reexport)
    else {
        return true;
    };
    let mut above = Some(found);
    while let Some(index) = above {
        if index == module {
            return false;
        }
        above = tree.modules[index].parent;
    }
    true
}
