//! The box in which a message is edited.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};

use crate::dom::{self, Slot};
use crate::elements::{Template, part};
use crate::state::{Editing, Part};
use crate::texts::chat as texts;

/// The editor of a message, while it is open.
#[derive(Debug)]
pub(super) struct Editor {
    element: Element,
    text: HtmlTextAreaElement,
    take: Slot,
    go_on: Slot,
}

impl Editor {
    /// Opens an editor after an element.
    ///
    /// # Errors
    /// Names what the template lacks.
    pub(super) fn open(
        template: &Template,
        after: &Element,
        part_of: Part,
    ) -> Result<Editor, String> {
        let element = template.copy();
        let text = part(&element, ".edit-box")?.element().clone();
        let text = text.dyn_into().map_err(|_| ".edit-box is no text box")?;
        let editor = Editor {
            text,
            take: part(&element, ".take-edit")?,
            go_on: part(&element, ".continue-edit")?,
            element,
        };
        dom::set(&editor.text, "aria-label", texts::edit_label(part_of));
        editor.take.text(texts::take_edit(part_of));
        editor.go_on.show(part_of == Part::Reply);
        after
            .insert_adjacent_element("afterend", &editor.element)
            .map_err(|_| "an editor could not be opened")?;
        Ok(editor)
    }

    pub(super) fn render(&self, editing: &Editing) {
        // Setting the same text again would move the cursor.
        if self.text.value() != editing.text {
            self.text.set_value(&editing.text);
        }
        let empty = editing.text.trim().is_empty();
        self.take.state("aria-disabled", empty);
        self.go_on.state("aria-disabled", empty);
    }

    pub(super) fn focus(&self) {
        dom::focus(&self.text);
    }

    pub(super) fn close(self) {
        self.element.remove();
    }
}
