//! Shaders are made of text with a few lines for flags, and names for numbers:
//!
//! - `#if FLAG`, `#if !FLAG`, `#else` and `#endif`, each alone on its line, may be nested;
//! - `$NAME` stands for a constant.

use std::fmt::Display;

/// What a shader's text is completed with.
#[derive(Debug, Default)]
pub(crate) struct Template {
    flags: Vec<(&'static str, bool)>,
    constants: Vec<(&'static str, String)>,
}

impl Template {
    /// Says whether a flag is set. Every flag that a text asks for has to be named.
    pub(crate) fn flag(mut self, name: &'static str, set: bool) -> Template {
        self.flags.push((name, set));
        self
    }

    /// Sets exactly one of some flags.
    pub(crate) fn one_of(self, names: &[&'static str], chosen: &'static str) -> Template {
        debug_assert!(names.contains(&chosen));
        names.iter().fold(self, |template, name| template.flag(name, *name == chosen))
    }

    /// Gives a constant its value.
    pub(crate) fn constant(
        mut self,
        name: &'static str,
        value: impl Display,
    ) -> Template {
        self.constants.push((name, value.to_string()));
        self
    }

    /// The shader that some texts make, one after the other.
    ///
    /// # Panics
    /// If a text asks for what has no value, or its conditions are not closed. Texts are part
    /// of this program, and tests make all of them.
    pub(crate) fn expand(&self, texts: &[&str]) -> String {
        #[cfg(test)]
        EXPANDED.with(|count| count.set(count.get() + 1));
        let mut shader = String::new();
        // Whether the lines of each open condition are taken.
        let mut open: Vec<bool> = Vec::new();
        for line in texts.iter().flat_map(|text| text.lines()) {
            match line.trim_start().split_once(' ').unwrap_or((line.trim(), "")) {
                ("#if", condition) => open.push(self.holds(condition.trim())),
                ("#else", _) => match open.last_mut() {
                    Some(taken) => *taken = !*taken,
                    None => panic!("#else without #if"),
                },
                ("#endif", _) => assert!(open.pop().is_some(), "#endif without #if"),
                _ if open.iter().all(|taken| *taken) => {
                    self.substitute(line, &mut shader);
                    shader.push('\n');
                }
                _ => {}
            }
        }
        assert!(open.is_empty(), "#if without #endif");
        shader
    }

    fn holds(&self, condition: &str) -> bool {
        let (name, expected) = match condition.strip_prefix('!') {
            Some(name) => (name, false),
            None => (condition, true),
        };
        let flag = self.flags.iter().find(|flag| flag.0 == name);
        flag.unwrap_or_else(|| panic!("the flag {name} is not named")).1 == expected
    }

    fn substitute(&self, line: &str, shader: &mut String) {
        let mut parts = line.split('$');
        shader.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let in_name =
                |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let end = part.find(|c| !in_name(c)).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            let constant = self.constants.iter().find(|constant| constant.0 == name);
            let (_, value) =
                constant.unwrap_or_else(|| panic!("the constant {name} has no value"));
            shader.push_str(value);
            shader.push_str(rest);
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How many shaders this thread has made.
    pub(crate) static EXPANDED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_nest_and_constants_are_put_in() {
        let text = "#if A\na $N_1;\n  #if !B\n  not b\n  #else\n  b\n  #endif\n#else\nc\n#endif\nd";
        let template =
            Template::default().flag("A", true).flag("B", true).constant("N_1", 7);
        assert_eq!(template.expand(&[text]), "a 7;\n  b\nd\n");
        let template = Template::default().flag("A", false).flag("B", true);
        assert_eq!(template.expand(&[text, "e"]), "c\nd\ne\n");
    }

    #[test]
    #[should_panic(expected = "the constant WIDTH has no value")]
    fn a_constant_without_a_value_is_no_shader() {
        Template::default().expand(&["let a = $WIDTHu;"]);
    }
}
