//! Copies of a template in a list, as many as there is something to show.

use web_sys::Element;

use crate::dom::Slot;
use crate::elements::{Page, Template, part};

/// The copies of a template in an element.
#[derive(Debug)]
pub(in crate::view) struct Copies {
    host: Element,
    template: Template,
    selectors: &'static [&'static str],
    copies: Vec<TemplateCopy>,
}

/// A copy, with its parts in the order of the selectors.
#[derive(Debug)]
pub(in crate::view) struct TemplateCopy {
    pub(in crate::view) root: Slot,
    pub(in crate::view) parts: Vec<Slot>,
}

impl Copies {
    /// No copies in the element with the id `host`; each will have the parts that the
    /// selectors select.
    ///
    /// # Errors
    /// Names what is missing.
    pub(in crate::view) fn new(
        page: &Page,
        host: &str,
        template: &str,
        selectors: &'static [&'static str],
    ) -> Result<Copies, String> {
        let template = page.template(template)?;
        for selector in selectors {
            part(&template.copy(), selector)?;
        }
        let host = page.slot(host)?.element().clone().into();
        Ok(Copies { host, template, selectors, copies: Vec::new() })
    }

    /// Makes it `count` copies. Those that stay keep their elements, and so the focus.
    pub(in crate::view) fn show(&mut self, count: usize) -> &[TemplateCopy] {
        for copy in self.copies.drain(count.min(self.copies.len())..) {
            copy.root.element().remove();
        }
        while self.copies.len() < count {
            let root = self.template.copy();
            let parts = self.selectors.iter().map(|selector| part(&root, selector));
            // The template was checked at the start.
            let Ok(parts) = parts.collect() else { break };
            let appended = self.host.append_child(&root);
            debug_assert!(appended.is_ok(), "a copy has no other place");
            self.copies.push(TemplateCopy { root: Slot::new(root), parts });
        }
        &self.copies
    }
}
