//! The modules of a crate, read from its root file on, and what each of them names. Code that
//! is compiled for tests alone is left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// All modules of a crate; the first one is its root.
pub(crate) struct ModuleTree {
    pub(crate) modules: Vec<Module>,
}

/// A module, in a file of its own or inside of another.
pub(crate) struct Module {
    pub(crate) parent: Option<usize>,
    pub(crate) file: PathBuf,
    pub(crate) children: BTreeMap<String, usize>,
    /// Names of what is defined here.
    pub(crate) definitions: Vec<String>,
    pub(crate) uses: Vec<Use>,
    /// What is not a module or a `use`.
    pub(crate) items: Vec<Item>,
}

/// One name of a `use` declaration.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) path: Vec<String>,
    /// The name that it gets here; `None` for `*`.
    pub(crate) name: Option<String>,
    pub(crate) is_reexport: bool,
}

impl ModuleTree {
    /// Reads a crate.
    pub(crate) fn read(root: &Path) -> ModuleTree {
        let mut tree = ModuleTree { modules: Vec::new() };
        let folder = root.parent().unwrap();
        tree.add_file(None, root.to_owned(), folder);
        tree
    }

    /// Reads a module's file; `folder` is where the files of its children are.
    fn add_file(&mut self, parent: Option<usize>, file: PathBuf, folder: &Path) -> usize {
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add_module(parent, file, folder, parsed.items)
    }

    fn add_module(
        &mut self,
        parent: Option<usize>,
        file: PathBuf,
        folder: &Path,
        items: Vec<Item>,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module {
            parent,
            file,
            children: BTreeMap::new(),
            definitions: Vec::new(),
            uses: Vec::new(),
            items: Vec::new(),
        });
        for item in items {
            match item {
                Item::Mod(module) if !is_for_tests(&module.attrs) => {
                    let name = module.ident.to_string();
                    let folder = folder.join(&name);
                    let child = match module.content {
                        Some((_, items)) => {
                            let file = self.modules[index].file.clone();
                            self.add_module(Some(index), file, &folder, items)
                        }
                        None => self.add_file(Some(index), file_of(&folder), &folder),
                    };
                    self.modules[index].children.insert(name, child);
                }
                Item::Use(declaration) if !is_for_tests(&declaration.attrs) => {
                    let is_reexport = !matches!(declaration.vis, Visibility::Inherited);
                    self.modules[index].uses.extend(uses(&declaration.tree, is_reexport));
                }
                Item::Mod(_) | Item::Use(_) => {}
                item => {
                    let module = &mut self.modules[index];
                    module.definitions.extend(defined_name(&item));
                    module.items.push(item);
                }
            }
        }
        index
    }
}

/// The file of a module that is declared by name, given the folder of its children.
fn file_of(folder: &Path) -> PathBuf {
    let beside = folder.with_extension("rs");
    if beside.is_file() { beside } else { folder.join("mod.rs") }
}

/// Whether something is compiled for tests alone.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("test") {
            return true;
        }
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        attribute.path().is_ident("cfg")
            && (condition == "test" || condition.starts_with("all(test,"))
    })
}

/// The names of a `use` declaration.
pub(crate) fn uses(tree: &UseTree, is_reexport: bool) -> Vec<Use> {
    fn walk(tree: &UseTree, path: &[String], is_reexport: bool, out: &mut Vec<Use>) {
        let longer = |name: String| [path, &[name]].concat();
        let mut add = |path: Vec<String>, name| out.push(Use { path, name, is_reexport });
        match tree {
            UseTree::Path(tree) => {
                walk(&tree.tree, &longer(tree.ident.to_string()), is_reexport, out);
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                add(path.to_vec(), path.last().cloned());
            }
            UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                add(longer(name.clone()), Some(name));
            }
            UseTree::Rename(tree) => {
                let path = match tree.ident == "self" {
                    true => path.to_vec(),
                    false => longer(tree.ident.to_string()),
                };
                add(path, Some(tree.rename.to_string()));
            }
            UseTree::Glob(_) => add(path.to_vec(), None),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| walk(tree, path, is_reexport, out));
            }
        }
    }
    let mut out = Vec::new();
    walk(tree, &[], is_reexport, &mut out);
    out
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
