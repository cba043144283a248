//! A model's chat template: renders messages to the text that the model reads.
//!
//! Templates are Jinja, written for Python's transformers. They are part of a model's
//! files and not trusted: time and memory are bounded, and a template sees only the
//! messages, what the request sets, and the time.

mod bounds;
mod continuation;
mod date;
mod error;
mod generation;
mod json;
mod marking;
mod methods;
mod percent;
mod python;
mod repr;
mod scan;
mod search;
mod strings;
mod thinking;
mod tokenizer_config;
mod turns;
mod variables;

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use protocol::{Message, TemplateVariables};

use crate::rendered::Rendered;
pub use error::ChatError;
pub use thinking::ThinkingSwitch;
pub use tokenizer_config::TokenizerConfig;

use marking::{MARK_POSITIONS, MarkPosition, Marking};

const NAME: &str = "chat template";
/// The longest template that is accepted; the longest in use have about 20 kB.
const MAX_SOURCE_BYTES: usize = 1 << 20;
/// The fuel of a rendering, which bounds its time and memory: an instruction costs 1, and
/// so do 64 bytes of new data. The templates in use take about 100, and 50 for each
/// message.
const BASE_FUEL: u64 = 100_000;
/// Additional fuel for each message.
const MESSAGE_FUEL: u64 = 1_000;
/// Additional fuel: a template may copy all messages this many times.
const COPIES: u64 = 32;
/// Bytes of new data that cost one unit of fuel in minijinja.
const BYTES_PER_FUEL: u64 = 64;

/// A chat template, ready to render.
///
/// ```
/// use protocol::{Message, Role};
/// use text::chat::ChatTemplate;
///
/// let source = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
/// let template = ChatTemplate::new(source, None, None)?;
/// let message = Message { role: Role::User, content: "Hello".into() };
/// let rendered = template.render(&[message], &[], 0)?;
/// assert_eq!(rendered.text(), "[user] Hello\n");
/// # Ok::<(), text::chat::ChatError>(())
/// ```
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: Option<String>,
    eos: Option<String>,
}

impl ChatTemplate {
    /// Compiles a template. `bos` and `eos` are the texts of the tokens that begin and
    /// end a sequence, which a template can use.
    ///
    /// # Errors
    /// If it is too long or cannot be compiled.
    pub fn new(
        source: &str,
        bos: Option<&str>,
        eos: Option<&str>,
    ) -> Result<ChatTemplate, ChatError> {
        if source.len() > MAX_SOURCE_BYTES {
            return Err(ChatError::TooLong {
                bytes: source.len(),
                limit: MAX_SOURCE_BYTES,
            });
        }
        let mut environment = Environment::new();
        // The settings of transformers.
        let syntax =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(ChatError::syntax)?);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        python::install(&mut environment);
        environment.add_filter("tojson", json::to_json);
        let source = percent::as_filter(&generation::as_scopes(&with_line_feeds(source)));
        let source = bounds::counted(&source);
        environment.add_template_owned(NAME, source).map_err(ChatError::syntax)?;
        let (bos, eos) = (bos.map(str::to_owned), eos.map(str::to_owned));
        Ok(ChatTemplate { environment, bos, eos })
    }

    /// Renders a conversation up to where the model's reply begins.
    ///
    /// `special_tokens` are the texts of the tokenizer's control tokens; if a message
    /// contains one, it stays text. `now_unix_seconds`, the time in seconds since
    /// 1970-01-01 00:00 UTC, is for templates with a date.
    ///
    /// # Errors
    /// If the template refuses the messages, fails, or does too much work, or the
    /// messages contain all of Unicode's noncharacters.
    pub fn render(
        &self,
        messages: &[Message],
        special_tokens: &[String],
        now_unix_seconds: i64,
    ) -> Result<Rendered, ChatError> {
        self.render_with(
            messages,
            &TemplateVariables::new(),
            false,
            special_tokens,
            now_unix_seconds,
        )
    }

    /// Renders a conversation up to the end of its last message, which the model continues,
    /// such as a reply that was begun for it. Otherwise as [`render`](Self::render).
    ///
    /// # Errors
    /// As for `render`, and if the template does not render the end of the last message.
    pub fn render_begun(
        &self,
        messages: &[Message],
        special_tokens: &[String],
        now_unix_seconds: i64,
    ) -> Result<Rendered, ChatError> {
        self.render_with(
            messages,
            &TemplateVariables::new(),
            true,
            special_tokens,
            now_unix_seconds,
        )
    }

    /// Renders a conversation with `variables` that the template may read, up to where the
    /// reply begins, or if it has `begun`, up to the end of the last message.
    ///
    /// # Errors
    /// As for [`render`](Self::render) and [`render_begun`](Self::render_begun), and if a
    /// variable cannot be set, or there is too much in them.
    pub fn render_with(
        &self,
        messages: &[Message],
        variables: &TemplateVariables,
        begun: bool,
        special_tokens: &[String],
        now_unix_seconds: i64,
    ) -> Result<Rendered, ChatError> {
        let start = if begun { ReplyStart::Begun } else { ReplyStart::Fresh };
        let variable_bytes = variables::check(variables, special_tokens)?;
        let variables = variables::values(variables);
        let marking = Marking::new(messages, special_tokens)?;
        let bytes = (marking.bytes() + variable_bytes) as u64;
        let fuel = BASE_FUEL
            + MESSAGE_FUEL * messages.len() as u64
            + COPIES * bytes.div_ceil(BYTES_PER_FUEL);
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(fuel));
        let template = environment.get_template(NAME).map_err(ChatError::syntax)?;
        let render = |position: Option<MarkPosition>| {
            let context = self.context(start, messages, now_unix_seconds, |content| {
                position.map_or(Cow::Borrowed(content), |position| {
                    marking.mark(content, position).into()
                })
            });
            let context = context! { ..context, ..variables.clone() };
            let text = template.render(context).map_err(ChatError::rendering)?;
            match start {
                ReplyStart::Fresh => Ok(text),
                ReplyStart::Begun => continuation::up_to_end(&text).map(str::to_owned),
            }
        };
        let text = render(None)?;
        if marking.is_empty() {
            return Ok(Rendered::new(text, None));
        }
        for position in MARK_POSITIONS {
            if let Ok(marked) = render(Some(position))
                && marking.unmarked(&marked) == text
            {
                return Ok(marking.rendered(&marked, position));
            }
        }
        Ok(marking.all_as_text(&text))
    }

    /// The variables of a template.
    fn context(
        &self,
        start: ReplyStart,
        messages: &[Message],
        now_unix_seconds: i64,
        content: impl Fn(&str) -> Cow<'_, str>,
    ) -> Value {
        let last = messages.len().wrapping_sub(1);
        let messages = messages.iter().enumerate().map(|(index, message)| {
            let role = python::role(message.role);
            let content = content(&message.content);
            let content = match start == ReplyStart::Begun && index == last {
                true => Value::from(continuation::with_end(&content)),
                false => Value::from(content.as_ref()),
            };
            context! { role, content }
        });
        context! {
            messages => messages.collect::<Vec<Value>>(),
            add_generation_prompt => start == ReplyStart::Fresh,
            tools => (),
            documents => (),
            bos_token => python::optional(self.bos.as_deref()),
            eos_token => python::optional(self.eos.as_deref()),
            strftime_now => python::strftime_now(now_unix_seconds),
        }
    }
}

/// Where the model's reply begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReplyStart {
    /// After the last message.
    Fresh,
    /// With the last message, which goes on.
    Begun,
}

/// A source whose lines end in line feeds, as Jinja's lexer converts them first. Escapes
/// in strings are not changed.
fn with_line_feeds(source: &str) -> Cow<'_, str> {
    match source.contains('\r') {
        true => Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(source),
    }
}
