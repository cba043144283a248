//! The engine's next turn. Posting to oneself gives the page's messages theirs between two
//! steps, without the delay that timers have.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::MessagePort;

/// Asks for the engine's next step.
#[derive(Clone)]
pub(crate) struct Turn {
    /// What is posted here comes back as a message, on which the engine is stepped.
    port: MessagePort,
    /// Whether such a message is on its way.
    is_due: Rc<Cell<bool>>,
}

impl Turn {
    /// Turns that come as messages at the other end of this port.
    pub(crate) fn new(port: MessagePort) -> Turn {
        Turn { port, is_due: Rc::default() }
    }

    /// Asks for a step, unless one is due.
    pub(crate) fn ask(&self) {
        if !self.is_due.replace(true)
            && let Err(error) = self.port.post_message(&JsValue::NULL)
        {
            self.is_due.set(false);
            web_sys::console::error_1(&error);
        }
    }

    /// Notes that its message has come.
    pub(crate) fn has_come(&self) {
        self.is_due.set(false);
    }
}
