//! Whether a template can be told to have the model think before it answers: by which variable,
//! and what it does unasked. Rendering with either value tells: a template may rename the
//! variable, or set it where it is missing, which its source alone does not show.

use protocol::{Message, Role, TemplateValue};

use super::ChatTemplate;

/// The names of the variable in the templates of models that think, the more usual one first.
const VARIABLES: [&str; 2] = ["enable_thinking", "thinking"];

/// How a template is told whether the model is to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThinkingSwitch {
    /// The variable, which is true or false.
    pub variable: &'static str,
    /// Whether what is rendered without the variable is what is rendered if it is true.
    pub unasked: bool,
}

impl ChatTemplate {
    /// The switch of the template; none if a plain conversation is rendered alike with either
    /// value of every such variable, or refused.
    pub fn thinking(&self) -> Option<ThinkingSwitch> {
        VARIABLES.into_iter().find_map(|variable| self.switch(variable))
    }

    fn switch(&self, variable: &'static str) -> Option<ThinkingSwitch> {
        let conversation = [Message { role: Role::User, content: "1".into() }];
        let render = |value: Option<bool>| {
            let value = value.map(|value| (variable.into(), TemplateValue::Flag(value)));
            let variables = value.into_iter().collect();
            let rendered = self.render_with(&conversation, &variables, false, &[], 0);
            Some(rendered.ok()?.text().into_owned())
        };
        let (on, off) = (render(Some(true))?, render(Some(false))?);
        let unasked = render(None).is_some_and(|text| text == on);
        (on != off).then_some(ThinkingSwitch { variable, unasked })
    }
}
