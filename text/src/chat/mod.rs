//! A model's chat template: from messages to the text that the model reads.
//!
//! Templates are Jinja, written for Python's transformers. They are part of a model's
//! files and may be anything: what one may cost is bounded, and nothing in it reaches
//! beyond the messages and the clock that it is given. (One thing is not bounded: how long
//! minijinja compares or prints a list that holds itself twice, over and over.)

mod date;
mod error;
mod generation;
mod json;
mod marking;
mod methods;
mod percent;
mod python;
mod search;
mod strings;
mod tokenizer_config;
mod turns;

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use protocol::Message;

use crate::rendered::Rendered;
pub use error::ChatError;
pub use tokenizer_config::TokenizerConfig;

use marking::{MARK_POSITIONS, MarkPosition, Marking};

const NAME: &str = "chat template";
/// A template longer than this is not one; the longest in use have some 20 kB.
const MAX_SOURCE_BYTES: usize = 1 << 20;
/// What a rendering may cost: an instruction is 1, and so are 64 bytes of new data, so
/// this bounds both its time and its memory. The templates in use take about 100 and 50
/// for each message.
const BASE_FUEL: u64 = 100_000;
/// For each message in addition.
const MESSAGE_FUEL: u64 = 1_000;
/// How often a template may copy all messages, in addition.
const COPIES: u64 = 32;
/// What minijinja asks for one unit of fuel.
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
    /// end a sequence, which it may write.
    ///
    /// # Errors
    /// If it is not a template.
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
        // As transformers compiles them.
        let syntax =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(ChatError::syntax)?);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        python::install(&mut environment);
        environment.add_filter("tojson", json::to_json);
        let source = percent::as_filter(&generation::as_scopes(&with_line_feeds(source)));
        environment.add_template_owned(NAME, source).map_err(ChatError::syntax)?;
        let (bos, eos) = (bos.map(str::to_owned), eos.map(str::to_owned));
        Ok(ChatTemplate { environment, bos, eos })
    }

    /// The text of a conversation up to where the model's reply begins.
    ///
    /// `special_tokens` are the texts of the tokenizer's control tokens; where a message
    /// holds one, it stays text. The clock, in seconds since 1970
    /// (UTC), is for templates that state the date.
    ///
    /// # Errors
    /// If the template refuses the messages, is at fault, or does too much work.
    pub fn render(
        &self,
        messages: &[Message],
        special_tokens: &[String],
        now_unix_seconds: i64,
    ) -> Result<Rendered, ChatError> {
        let marking = Marking::new(messages, special_tokens)?;
        let fuel = BASE_FUEL
            + MESSAGE_FUEL * messages.len() as u64
            + COPIES * (marking.bytes() as u64).div_ceil(BYTES_PER_FUEL);
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(fuel));
        let template = environment.get_template(NAME).map_err(ChatError::syntax)?;
        let render = |place: Option<MarkPosition>| {
            let context =
                self.context(messages, now_unix_seconds, |content| match place {
                    Some(place) => Value::from(marking.mark(content, place)),
                    None => Value::from(content),
                });
            template.render(context).map_err(ChatError::rendering)
        };
        let text = render(None)?;
        if marking.is_empty() {
            return Ok(Rendered::new(text, None));
        }
        for place in MARK_POSITIONS {
            if let Ok(marked) = render(Some(place))
                && marking.unmarked(&marked) == text
            {
                return Ok(marking.rendered(&marked, place));
            }
        }
        Ok(marking.doubtful(&text))
    }

    /// What a template can name.
    fn context(
        &self,
        messages: &[Message],
        now_unix_seconds: i64,
        content: impl Fn(&str) -> Value,
    ) -> Value {
        let messages = messages.iter().map(|message| {
            let role = python::role(message.role);
            context! { role, content => content(&message.content) }
        });
        context! {
            messages => messages.collect::<Vec<Value>>(),
            add_generation_prompt => true,
            tools => (),
            documents => (),
            bos_token => python::optional(self.bos.as_deref()),
            eos_token => python::optional(self.eos.as_deref()),
            strftime_now => python::strftime_now(now_unix_seconds),
        }
    }
}

/// A source whose lines all end in line feeds, as Jinja's lexer makes them before all else.
/// Escapes in its texts are not touched by that.
fn with_line_feeds(source: &str) -> Cow<'_, str> {
    match source.contains('\r') {
        true => Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(source),
    }
}
