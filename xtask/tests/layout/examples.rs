//! The checker on small trees of modules.

use std::fs;

use crate::circles;

/// The circles in a crate of these files, each as the names of its files.
fn circles_in(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let found = circles::of_crate(&folder.path().join("lib.rs"));
    let name = |file: &std::path::PathBuf| {
        file.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned()
    };
    found.iter().map(|circle| circle.files.iter().map(name).collect()).collect()
}

#[test]
fn files_that_only_use_what_lies_below_are_no_circle() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub fn f() -> A { a::new() }"),
        ("a.rs", "use crate::b::B; pub struct A(B); pub fn new() -> A { A(B) }"),
        ("b.rs", "pub struct B;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_circle_through_a_re_export_is_found() {
    let found = circles_in(&[
        ("lib.rs", "mod top; mod low;"),
        ("top/mod.rs", "mod part; pub(crate) use part::Part;"),
        ("top/part.rs", "pub(crate) struct Part(crate::low::Low);"),
        ("low.rs", "use crate::top::Part; pub(crate) struct Low(Box<Part>);"),
    ]);
    assert_eq!(found, [["low.rs", "top/part.rs"]]);
}

#[test]
fn a_circle_through_super_and_a_star_is_found() {
    let found = circles_in(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; struct Shared; fn f() { b::g(Shared) }"),
        ("a/b.rs", "use super::*; pub(super) fn g(_: Shared) {}"),
    ]);
    assert_eq!(found, [["a/b.rs", "a/mod.rs"]]);
}

#[test]
fn a_circle_of_three_is_one() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "pub fn a() { crate::b::b() }"),
        ("b.rs", "pub fn b() { let _ = vec![crate::c::c()]; }"),
        ("c.rs", "pub fn c() { use crate::a; a::a(); crate::d::d() }"),
        ("d.rs", "pub fn d() {}"),
    ]);
    assert_eq!(found, [["a.rs", "b.rs", "c.rs"]]);
}

#[test]
fn a_module_that_re_exports_what_lies_below_does_not_use_it() {
    let found = circles_in(&[
        ("lib.rs", "mod a; pub const SIZE: usize = 1; pub use a::A;"),
        ("a.rs", "pub struct A([u8; crate::SIZE]);"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_re_export_that_the_same_file_uses_is_an_import() {
    let found = circles_in(&[
        ("lib.rs", "mod a; pub const SIZE: usize = 1; pub use a::A; fn f(_: A) {}"),
        ("a.rs", "pub struct A([u8; crate::SIZE]);"),
    ]);
    assert_eq!(found, [["a.rs", "lib.rs"]]);
}

#[test]
fn a_re_export_from_elsewhere_is_an_import() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B(crate::a::A);"),
    ]);
    assert_eq!(found, [["a.rs", "b.rs"]]);
}

#[test]
fn tests_may_use_what_they_test() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn a() { crate::b::b() }"),
        ("b.rs", "pub fn b() {} #[cfg(test)] mod tests { fn t() { crate::a::a() } }"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}
