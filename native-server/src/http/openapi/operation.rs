//! The parts of a document: routes with what they take, and the schemas of what they give.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::http::openai::{CompletionFormat, WholeResponse};
use crate::http::schema::allow_null;

/// The statuses of errors, and what they mean.
const ERRORS: [(&str, &str); 9] = [
    ("400", "The question makes no sense, or asks for what cannot be done."),
    ("401", "The server wants a token."),
    ("403", "The page that asks is of another site."),
    ("404", "There is no such model or route."),
    ("408", "The question did not arrive in time."),
    ("413", "The question is too large."),
    ("409", "The sampler's settings leave no token to draw after this text."),
    ("500", "The server or its model has met a fault."),
    ("503", "The model is not ready, or too many ask."),
];

/// A document that is being made.
pub(super) struct Document {
    paths: Map<String, Value>,
    /// Collects the schemas of what routes give.
    answers: SchemaGenerator,
}

/// What a route answers, by its media type.
pub(super) type Contents = Map<String, Value>;

impl Default for Document {
    fn default() -> Document {
        let mut settings = SchemaSettings::draft2020_12().for_serialize();
        settings.definitions_path = "/components/schemas".into();
        Document { paths: Map::new(), answers: settings.into_generator() }
    }
}

impl Document {
    /// Adds a route that takes nothing, whose errors are of type `E`.
    pub(super) fn get<E: JsonSchema>(
        &mut self,
        path: &str,
        summary: &str,
        parameters: Option<Value>,
        answers: Contents,
    ) {
        let responses = self.responses::<E>(answers);
        let mut operation = json!({ "summary": summary });
        if let Some(parameters) = parameters {
            operation["parameters"] = parameters;
        }
        operation["responses"] = responses;
        self.paths.insert(path.into(), json!({ "get": operation }));
    }

    /// Adds a route that takes a body of type `B`, whose errors are of type `E`.
    pub(super) fn post<B: JsonSchema, E: JsonSchema>(
        &mut self,
        path: &str,
        summary: &str,
        example: Value,
        answers: Contents,
    ) {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        let mut body = settings.into_generator().into_root_schema_for::<B>().to_value();
        allow_null(&mut body);
        let operation = json!({
            "summary": summary,
            "requestBody": {
                "required": true,
                "content": { "application/json": { "schema": body, "example": example } }
            },
            "responses": self.responses::<E>(answers)
        });
        self.paths.insert(path.into(), json!({ "post": operation }));
    }

    /// An answer of type `A`, as JSON.
    pub(super) fn json<A: JsonSchema>(&mut self) -> Contents {
        let schema = self.answers.subschema_for::<A>();
        Map::from_iter([("application/json".into(), json!({ "schema": schema }))])
    }

    /// A whole completion in a format, under a name.
    pub(super) fn completion<F>(&mut self, name: &str) -> Contents
    where
        F: CompletionFormat<Choice: JsonSchema>,
    {
        let mut schema = WholeResponse::<F::Choice>::json_schema(&mut self.answers);
        if let Some(object) = schema.pointer_mut("/properties/object") {
            object["const"] = json!(F::WHOLE);
        }
        self.answers.definitions_mut().insert(name.into(), schema.into());
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        Map::from_iter([("application/json".into(), json!({ "schema": reference }))])
    }

    /// All paths, and all schemas that they refer to.
    pub(super) fn finish(mut self) -> (Map<String, Value>, Map<String, Value>) {
        let schemas = self.answers.take_definitions(true);
        (self.paths, schemas)
    }

    fn responses<E: JsonSchema>(&mut self, answers: Contents) -> Value {
        let error = self.json::<E>();
        let answer = json!({ "description": "The answer.", "content": answers });
        let errors = ERRORS.map(|(status, description)| {
            (status.into(), json!({ "description": description, "content": error }))
        });
        let all = std::iter::once(("200".into(), answer)).chain(errors);
        Value::Object(all.collect())
    }
}

/// An answer of server-sent events, each with such data.
pub(super) fn events(data: &str) -> Contents {
    let schema = json!({
        "type": "object",
        "properties": {
            "event": { "type": "string" },
            "data": { "type": "string", "description": data }
        },
        "required": ["data"]
    });
    Map::from_iter([("text/event-stream".into(), json!({ "schema": schema }))])
}
