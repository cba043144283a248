//! The paths in a file's code: of types and expressions, inside of macros too.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, Item};

use crate::module_tree::{Use, is_for_tests, uses};

/// What the items of a module name, and the `use` declarations inside of functions.
#[derive(Default)]
pub(crate) struct Paths {
    pub(crate) paths: Vec<Vec<String>>,
    pub(crate) local_uses: Vec<Use>,
}

impl Paths {
    pub(crate) fn of(items: &[Item]) -> Paths {
        let mut paths = Paths::default();
        items.iter().for_each(|item| paths.visit_item(item));
        paths
    }

    fn add(&mut self, path: &syn::Path) {
        self.paths
            .push(path.segments.iter().map(|part| part.ident.to_string()).collect());
    }

    /// The paths in the tokens of a macro: names joined by `::`, and single ones that are
    /// called or begin with a capital letter.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while is_colon(at + 1)
                        && is_colon(at + 2)
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    let is_called = match tokens.get(at + 1) {
                        Some(TokenTree::Group(_)) => true,
                        Some(TokenTree::Punct(mark)) => mark.as_char() == '!',
                        _ => false,
                    };
                    if path.len() > 1 || is_called || has_capital(&path[0]) {
                        self.paths.push(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

fn has_capital(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs[..],
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => {
                self.local_uses.extend(uses(&item.tree, false));
                return;
            }
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        // A single name in lower case is mostly a local variable, unless it is called.
        match expression {
            Expr::Path(path) if path.path.segments.len() == 1 => {
                let name = path.path.segments[0].ident.to_string();
                if has_capital(&name) {
                    self.add(&path.path);
                }
            }
            Expr::Call(call) => {
                if let Expr::Path(path) = &*call.func {
                    self.add(&path.path);
                }
                visit::visit_expr(self, expression);
            }
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(path);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.add(&invocation.path);
        self.add_tokens(invocation.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}
