//! Everything that the page knows, as plain data: no element, no connection, no clock.

mod access_tokens;
mod answers;
mod answers_json;
mod answers_read;
mod chat;
mod conversion;
mod draft;
mod engine_link;
mod exchange;
mod explorer;
mod fit;
mod hub_question;
mod in_view;
mod inspecting;
mod json_parts;
mod knobs;
mod known_models;
mod lesson;
mod model_source;
mod models;
mod node;
mod number_check;
mod page;
mod page_query;
mod problem;
mod remembered;
mod reply;
mod requests;
mod room;
mod sampler_card;
mod sampler_steps;
mod sampling;
mod saved_chat;
mod session_json;
mod sharing;
mod side_engine;
mod snapshot;
mod tab;
mod target;
mod text_distribution;
mod thinking;
mod tools;
mod tree;
mod verifying;
mod web_origin;

pub(crate) use chat::{Editing, Part};
pub(crate) use draft::Draft;
pub(crate) use engine_link::{Readiness, Step};
pub(crate) use exchange::Exchange;
pub(crate) use explorer::{MAX_TOKENS_SHOWN, TypedPrompt, WhenReady};
pub(crate) use fit::{Alternative, Fit, Verdict};
pub(crate) use hub_question::{AskedBy, HubQuestion};
pub(crate) use in_view::{About, InView};
pub(crate) use knobs::{Knob, Scale};
pub(crate) use known_models::ModelId;
pub(crate) use lesson::{Lesson, LessonAction, OpenLesson, lesson_address};
pub(crate) use models::{
    FileList, FoundFiles, Models, ServerModels, stored_precision, token_not_sent,
};
pub(crate) use node::{Node, NodeId, TokenChoice, TokenOrigin};
pub(crate) use number_check::{NumberCheck, TextInView};
pub(crate) use page::{Inspected, State};
pub(crate) use page_query::PageQuery;
pub(crate) use problem::{Problem, Remedy};
pub(crate) use remembered::{LastModel, Remembered};
pub(crate) use reply::{ChatReply, ChatToken, ReplyId, ReplyToken, Writer};
pub(crate) use requests::{DistributionTerms, Purpose};
pub(crate) use room::Sheet;
pub(crate) use sampler_card::SamplerAction;
pub(crate) use sampler_steps::{AllowedKind, MAX_NAMED, NamedText, forms};
pub(crate) use session_json::{read_answer, write_request};
pub(crate) use sharing::{
    Answer, FigureKind, PastSession, Session, SharedFor, SharingAction, Title,
    name_to_open,
};
pub(crate) use tab::Tab;
pub(crate) use target::{BackendKind, GpuUse, LastGood, Target};
pub(crate) use text_distribution::TextDistribution;
pub(crate) use tools::Tool;
pub(crate) use tools::branches::{
    BranchesAction, CameTo, GrowKnob, Stretch, fork as fork_of,
    log_probability as log_probability_of, newest_end as newest_end_of,
    stretches as stretches_of,
};
pub(crate) use tools::comparison::{ComparisonAction, ComparisonTerms, OtherText};
pub(crate) use tools::draws::{
    DRAWN_ROWS, DrawsAction, SWEPT_ROWS, TEMPERATURES, TOP_P, TrialTerms,
};
pub(crate) use tools::guess::{Bets, Guess, GuessAction};
pub(crate) use tools::inside::{
    Inside, InsideAction, InsideAnswer, InsideQuestion, InsideView, MAX_RIVALS,
    SavedFormat,
};
pub(crate) use tools::scores::{
    Heat, Landmark, PAGE_TOKENS, ScoredText, ScoresAction, Totals,
    expected as expected_token,
};
pub(crate) use tools::side::{Other, SideParts, SideResult, SideTerms};
pub(crate) use tools::words::{
    LookUpTerms, MAX_WATCHED as MAX_WATCHED_WORDS, WordsAction,
};
pub(crate) use tree::VocabularyMatch;
pub(crate) use web_origin::{WebOrigin, host_of, origin_of};
