//! `POST /v1/responses`, in its text form: the newer of OpenAI's APIs, without tools, without
//! stored responses, and with one answer.
//! <https://platform.openai.com/docs/api-reference/responses>

mod input;
mod object;
mod stream;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use protocol::{Message, Role, SamplerSettings, TemplateVariables};
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::choice::{Finish, Prompt};
use super::choice_options::ChoiceOptions;
use super::choices::Choices;
use super::error::{OpenAiBody, OpenAiError};
use super::options::{token_limit, token_limit_schema};
use super::unsupported::{IsDefault, is_empty, is_false, is_no_tool, never};
use super::{models, sampling, template_variables};
use crate::http::error::ApiError;
use crate::http::members::{Members, RequestBody};
use crate::http::query::EngineQuery;
use crate::http::schema::{MAX_PART_CHARACTERS, ServerValue};
use crate::http::state::AppState;

pub(crate) use object::ResponseObject;
use object::Told;

/// Members that do not change the answer, whatever their value.
const IGNORED: [&str; 8] = [
    "metadata",
    "user",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "parallel_tool_calls",
    "stream_options",
];

/// Members that can only have the value that has no effect, with what that is.
const UNSUPPORTED: [(&str, IsDefault, &str); 9] = [
    ("tools", is_empty, "empty, as tools are not supported"),
    ("tool_choice", is_no_tool, "\"none\" or \"auto\", as tools are not supported"),
    (
        "text",
        is_text,
        "{\"format\":{\"type\":\"text\"}}, as other formats are not supported",
    ),
    ("truncation", is_disabled, "\"disabled\", as a text is never cut"),
    ("background", is_false, "false"),
    ("include", is_empty, "empty"),
    (
        "previous_response_id",
        never,
        "left out, as no response is stored: send all messages",
    ),
    ("conversation", never, "left out, as none is stored: send all messages"),
    (
        "reasoning",
        is_without_effort,
        "left out, as a model thinks as its template has it",
    ),
];

/// The body of `POST /v1/responses`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = sampling::as_openai, extend("allOf" = [
    sampling::allowed_once()
]))]
pub(crate) struct ResponseRequest {
    /// The model that runs; it can be left out.
    #[schemars(extend("enum" = ServerValue::ModelNames))]
    model: Option<String>,
    /// A text, or messages with texts, the newest last.
    #[schemars(schema_with = "input::schema")]
    input: Vec<Message>,
    /// A system message before them.
    #[schemars(length(max = MAX_PART_CHARACTERS))]
    instructions: Option<String>,
    /// Tokens of the answer, at most.
    #[schemars(schema_with = "token_limit_schema", default)]
    max_output_tokens: Option<u32>,
    /// Variables of the model's chat template, which OpenAI's own API has not.
    #[schemars(schema_with = "template_variables::schema", default)]
    chat_template_kwargs: TemplateVariables,
    /// The answer comes in pieces, as server-sent events.
    #[schemars(with = "Option<bool>")]
    stream: bool,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

impl RequestBody for ResponseRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        for name in IGNORED {
            members.take(name);
        }
        for (name, is_default, what) in UNSUPPORTED {
            if let Some(value) = members.take(name).filter(|value| !is_default(value)) {
                return Err(members.wrong(name, &value, what));
            }
        }
        Ok(ResponseRequest {
            model: members.text("model")?,
            input: input::read(members)?,
            instructions: members.text("instructions")?,
            max_output_tokens: members
                .integer_or_minus_one("max_output_tokens", 0..=u32::MAX)?,
            chat_template_kwargs: template_variables::read(members)?,
            stream: members.boolean("stream")?.unwrap_or(false),
            settings: sampling::settings(members)?,
        })
    }
}

/// `POST /v1/responses`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(request): OpenAiBody<ResponseRequest>,
) -> Result<Response, OpenAiError> {
    let ResponseRequest { model: wanted, input, instructions, settings, .. } = request;
    let usual = state.limits.max_tokens;
    let limit = request.max_output_tokens;
    let max_tokens = token_limit(&state.limits, "max_output_tokens", limit, usual)?;
    let model = EngineQuery::new(&state).describe().await?;
    models::check(&state, wanted.as_deref())?;
    let told = Told {
        model: state.models.id(),
        instructions: instructions.clone(),
        max_output_tokens: limit,
        temperature: settings.temperature,
        top_p: settings.top_p,
    };
    let options = ChoiceOptions {
        settings,
        max_tokens,
        min_tokens: 0,
        stops: Vec::new(),
        stop_ids: Vec::new(),
        ignores_end: false,
        ends: model.end_of_generation.clone(),
        context_length: model.context_length as usize,
        logprobs: None,
    };
    let system = instructions.map(|content| Message { role: Role::System, content });
    let messages = system.into_iter().chain(input).collect();
    let prompt = Prompt::Chat {
        messages,
        continue_final_message: false,
        template_variables: request.chat_template_kwargs,
    };
    let mut choices = Choices::start(&state, vec![prompt], 1, &options).await?;
    if request.stream {
        return stream::send(ResponseObject::begun(told), choices).await;
    }
    let (mut text, mut finish) = (String::new(), Finish::Length);
    while let Some((_, delta)) = choices.next().await? {
        text.push_str(&delta.text);
        finish = delta.finish.unwrap_or(finish);
    }
    let response = ResponseObject::begun(told).ended(text, finish, choices.usage());
    Ok(Json(response).into_response())
}

fn is_text(value: &Value) -> bool {
    [json!({}), json!({ "format": { "type": "text" } })].contains(value)
}

fn is_disabled(value: &Value) -> bool {
    value == "disabled"
}

fn is_without_effort(value: &Value) -> bool {
    let members = value.as_object();
    members.is_some_and(|members| members.values().all(Value::is_null))
}
