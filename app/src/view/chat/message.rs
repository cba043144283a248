//! The elements of an exchange: the message of the person, and the model's.

use web_sys::Element;

use super::editor::Editor;
use crate::dom::{self, Slot};
use crate::elements::{Template, part};
use crate::state::{Editing, Part};
use crate::texts::chat as texts;

/// What both messages of an exchange have.
#[derive(Debug)]
pub(super) struct MessageElements {
    which: Part,
    pub(super) role: Slot,
    steps: Slot,
    step: Slot,
    foot: Slot,
    pub(super) copy: Slot,
    pub(super) edit: Slot,
    editor: Option<Editor>,
}

impl MessageElements {
    /// The elements of a message in an exchange.
    ///
    /// # Errors
    /// Names what the template lacks.
    pub(super) fn new(article: &Element, which: Part) -> Result<MessageElements, String> {
        let selector = match which {
            Part::Question => "[data-part=question]",
            Part::Reply => "[data-part=reply]",
        };
        let message: Element = part(article, selector)?.element().clone().into();
        Ok(MessageElements {
            which,
            role: part(&message, ".role")?,
            steps: part(&message, ".steps")?,
            step: part(&message, ".step")?,
            foot: part(&message, ".message-foot")?,
            copy: part(&message, ".copy-message")?,
            edit: part(&message, ".edit-message")?,
            editor: None,
        })
    }

    /// Shows which of several texts is shown, if there are several.
    pub(super) fn render_steps(&self, (count, shown): (usize, usize), locked: bool) {
        self.steps.show(count > 1 && !locked);
        self.step.text(&texts::variant(shown, count));
    }

    /// Opens, renders or closes the editor. `text` is the element of the message's text.
    pub(super) fn render_editor(
        &mut self,
        template: &Template,
        text: &Slot,
        editing: Option<&Editing>,
    ) {
        let editing = editing.filter(|editing| editing.part == self.which);
        if editing.is_none() {
            if let Some(editor) = self.editor.take() {
                editor.close();
            }
        } else if self.editor.is_none() {
            self.editor = Editor::open(template, text.element(), self.which).ok();
        }
        if let (Some(editor), Some(editing)) = (&self.editor, editing) {
            editor.render(editing);
        }
        self.foot.show(editing.is_none());
    }

    pub(super) fn is_open(&self) -> bool {
        self.editor.is_some()
    }

    pub(super) fn focus_editor(&self) {
        if let Some(editor) = &self.editor {
            editor.focus();
        }
    }

    pub(super) fn focus_edit_button(&self) {
        dom::focus(self.edit.element());
    }
}
