//! Commands become jobs.

use protocol::{Command, limits};

use super::checks::{
    check_candidates, check_generation, check_growth, check_limit, check_sampling,
};
use super::compare::Compare;
use super::generate::Generate;
use super::grow::Grow;
use super::inspect::Inspect;
use super::job::Job;
use super::look_up::LookUp;
use super::next_token::{NextToken, Question};
use super::score::Score;
use super::token_source::{Conversation, TokenSource};
use super::verify::Verify;
use super::whole::WholeDistribution;
use crate::error::{EngineError, Result};
use crate::session::Session;

impl Job {
    /// Checks a command against the model before it is queued.
    pub(super) fn new(command: Command, session: &mut Session) -> Result<Job> {
        match command {
            Command::Tokenize { text, options } => {
                Ok(Job::Tokens(TokenSource::Text { text, options }))
            }
            Command::Detokenize { ids } => Ok(Job::Tokens(TokenSource::Ids(ids))),
            Command::RenderChat {
                messages,
                continue_final_message: begun,
                template_variables: variables,
            } => {
                let conversation = Conversation { messages, begun, variables };
                Ok(Job::Tokens(TokenSource::Conversation(conversation)))
            }
            Command::NextToken { ids, settings, candidates, watch } => {
                let question = Question::Distribution { watch };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Draw { ids, settings, draws, candidates } => {
                let question = Question::Draws { draws };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Sweep { ids, settings, knob, values, candidates } => {
                let question = Question::Sweep { knob, values };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Verify { ids, candidates } => {
                session.check(&ids)?;
                check_candidates(candidates)?;
                session.config()?;
                Ok(Job::Verify(Box::new(Verify::new(ids, candidates))))
            }
            Command::LookUp { ids, texts, settings } => {
                session.check(&ids)?;
                check_sampling(&settings, 1, session)?;
                check_limit("texts", texts.len(), 1, limits::MAX_LOOKED_UP)?;
                Ok(Job::LookUp(Box::new(LookUp::new(ids, texts, settings))))
            }
            Command::Grow { ids, growth } => {
                session.check(&ids)?;
                check_growth(&growth)?;
                Ok(Job::Grow(Box::new(Grow::new(ids, growth))))
            }
            Command::Compare { first, second, candidates } => {
                for side in [&first, &second] {
                    session.check(&side.ids)?;
                    check_sampling(&side.settings, candidates, session)?;
                }
                Ok(Job::Compare(Box::new(Compare::new(*first, *second, candidates))))
            }
            Command::LogProbabilities { ids } => {
                session.check(&ids)?;
                Ok(Job::Whole(WholeDistribution::new(ids)))
            }
            Command::Score { ids } => {
                session.check(&ids)?;
                Ok(Job::Score(Score::new(ids)))
            }
            Command::Inspect { ids, question } => {
                session.check(&ids)?;
                Ok(Job::Inspect(Box::new(Inspect::new(ids, question, session)?)))
            }
            Command::Generate { ids, settings, max_new_tokens, candidates } => {
                session.check(&ids)?;
                check_generation(&settings, candidates, max_new_tokens, session)?;
                Ok(Job::Generate(Generate::new(
                    ids,
                    settings,
                    max_new_tokens,
                    candidates,
                )))
            }
            Command::Chat {
                messages,
                continue_final_message: begun,
                template_variables: variables,
                settings,
                max_new_tokens,
                candidates,
            } => {
                check_limit("messages", messages.len(), 1, limits::MAX_MESSAGES)?;
                check_generation(&settings, candidates, max_new_tokens, session)?;
                Ok(Job::Generate(Generate::chat(
                    Conversation { messages, begun, variables },
                    settings,
                    max_new_tokens,
                    candidates,
                )))
            }
            Command::Load { .. } => Err(EngineError::Unsupported(
                "This engine runs the model that it was started with.".into(),
            )),
            Command::ListModels | Command::DeleteModel { .. } => {
                Err(EngineError::Unsupported("This engine stores no models.".into()))
            }
            Command::ListFiles { .. } => {
                Err(EngineError::Unsupported("This engine asks no hub.".into()))
            }
            Command::Describe | Command::Cancel { .. } => Err(EngineError::Unsupported(
                "This command is answered without waiting.".into(),
            )),
        }
    }
}
