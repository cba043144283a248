//! One suite of exchanges, run through the worker in a real browser and through the
//! native server's WebSocket, with the same expectations for both.

use anyhow::{Result, bail, ensure};
use e2e::{Browser, Headers, Link, ModelFolder, Native, Site, SocketLink, WorkerLink};
use protocol::{
    Command, ErrorCode, Event, FinishReason, Message, ModelSource, Precision,
    PromptDevice, Role, SamplerKind, SamplerSettings, TemplateValue,
};
use random_model::{Kind, Shape};
use stand_in_upstream::{Behaviour, Dialect, StandInUpstream, session};

use crate::continuations::tells_what_could_follow;
use crate::gpu_prompts::{self, has_gpu, watched};
use crate::inspections::inspects_predictions;
use crate::questions::{distribution, failed, next, settings};
use crate::refusals::{can_be_cancelled, refuses_what_cannot_be_done};
use crate::sampler::samples_in_every_way;
use crate::verified_distributions::verifies_distributions;

#[tokio::test]
async fn the_worker_speaks_the_protocol_in_its_widest_build() -> Result<()> {
    worker(Headers::Plain).await
}

#[tokio::test]
async fn the_worker_speaks_the_protocol_in_its_fastest_build() -> Result<()> {
    worker(Headers::Isolating).await
}

#[tokio::test]
async fn the_worker_speaks_the_protocol_while_a_gpu_reads_its_prompts() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let script = watched("")?;
    let folders = [("model", model.path()), ("watched", script.path())];
    let site = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = gpu_prompts::start(&browser, &site).await?;
    let url = site.url("model/");
    let source = ModelSource::Address { url };
    let command = Command::Load { source, precision: Precision::Q8 };
    let Event::Ready(model) = link.answer(3, command).await? else { bail!("no model") };
    ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
    suite(&mut link).await?;
    let Event::Ready(model) = link.answer(900, Command::Describe).await? else {
        bail!("no description")
    };
    ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
    drop(link);
    browser.quit().await
}

/// The suite through the worker; the headers decide which build runs.
async fn worker(headers: Headers) -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let base = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 2));
    let folders = [("model", model.path()), ("base", base.path())];
    let site = Site::start("/", headers, &folders).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;

    // Only the worker loads models on request.
    let failure = failed(link.answer(1, Command::Describe).await?)?;
    ensure!(failure == ErrorCode::NoModel);
    let missing = link.answer(2, load("nowhere")).await?;
    ensure!(failed(missing)? == ErrorCode::Network);
    let events = link.ask(3, load("model")).await?;
    ensure!(matches!(&events[0], Event::Progress(_)), "{events:?}");
    ensure!(matches!(events.last(), Some(Event::Ready(_))), "{events:?}");

    suite(&mut link).await?;

    ensure!(matches!(link.answer(900, load("base")).await?, Event::Ready(_)));
    base_model(&mut link).await?;
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn the_native_server_speaks_the_protocol() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::start(model.path()).await?;
    let mut link = SocketLink::start(&native).await?;
    let loading = link.answer(1, load("model")).await?;
    ensure!(failed(loading)? == ErrorCode::Unsupported);
    suite(&mut link).await?;

    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 2));
    let native = Native::start(model.path()).await?;
    base_model(&mut SocketLink::start(&native).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_front_of_an_engine_elsewhere_speaks_the_protocol() -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let model = ModelFolder::new(&files);
    let session = session(files);
    let behind = StandInUpstream::start(session, Behaviour::of(Dialect::Vllm)).await;
    let native = Native::in_front_of(&behind.url(), model.path()).await?;
    let mut link = SocketLink::start(&native).await?;
    turns_text_into_tokens(&mut link).await?;
    gives_distributions(&mut link).await?;
    samples_in_every_way(&mut link).await?;
    scores_a_text(&mut link).await?;
    tells_what_could_follow(&mut link).await?;
    generates_and_chats(&mut link).await?;
    can_be_cancelled(&mut link).await?;
    refuses_what_cannot_be_done(&mut link).await
}

fn load(folder: &str) -> Command {
    let source = ModelSource::Address { url: format!("{folder}/") };
    Command::Load { source, precision: Precision::Q8 }
}

async fn suite(link: &mut impl Link) -> Result<()> {
    describes_the_model(link).await?;
    turns_text_into_tokens(link).await?;
    gives_distributions(link).await?;
    samples_in_every_way(link).await?;
    verifies_distributions(link).await?;
    inspects_predictions(link).await?;
    scores_a_text(link).await?;
    tells_what_could_follow(link).await?;
    generates_and_chats(link).await?;
    can_be_cancelled(link).await?;
    refuses_what_cannot_be_done(link).await
}

async fn describes_the_model(link: &mut impl Link) -> Result<()> {
    let Event::Ready(model) = link.answer(10, Command::Describe).await? else {
        bail!("no description")
    };
    ensure!(
        model.architecture == "llama"
            && model.calls_itself.is_none()
            && model.active_parameters == 0
            && !model.rereads
            && model.precision == "Q8_0"
            && model.chat
    );
    ensure!(model.system_message);
    ensure!(model.vocab_size == 259 && model.context_length == 8192);
    ensure!(model.end_of_generation == [0, 2]);
    Ok(())
}

async fn turns_text_into_tokens(link: &mut impl Link) -> Result<()> {
    let text = "Hé 👋\n<img src=x onerror=alert(1)> <|im_end|> שלום";
    let command = Command::Tokenize { text: text.into(), options: Default::default() };
    let Event::Tokenized { tokens } = link.answer(20, command).await? else {
        bail!("no tokens")
    };
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    ensure!(bytes == text.as_bytes());
    ensure!(
        tokens.iter().all(|token| !token.special),
        "typed text became a control token"
    );
    ensure!(tokens[1].text == "<0xC3>", "{:?}", tokens[1]);

    let ids = tokens.iter().map(|token| token.id).collect();
    let again = link.answer(21, Command::Detokenize { ids }).await?;
    ensure!(again == Event::Tokenized { tokens }, "{again:?}");
    let unknown = link.answer(22, Command::Detokenize { ids: vec![9999] }).await?;
    ensure!(matches!(unknown, Event::Failed(_)), "{unknown:?}");
    Ok(())
}

async fn gives_distributions(link: &mut impl Link) -> Result<()> {
    let ids = vec![10, 11, 12];
    let first = distribution(link.answer(30, next(ids.clone(), settings())).await?)?;
    ensure!(
        first.position == 3 && first.vocab_size == 259 && first.candidates.len() == 5
    );
    ensure!(first.timings.prefill_tokens == 3, "{:?}", first.timings);
    let listed: f32 = first.candidates.iter().map(|c| c.probability).sum();
    ensure!((listed + first.outside.probability - 1.0).abs() < 1e-5);
    ensure!(first.watched[0].token.id == 200 && first.watched[0].rank >= 1);
    ensure!(first.candidates.windows(2).all(|pair| pair[0].logit >= pair[1].logit));

    // Another sampler on the same text needs no forward pass and has the same p.
    let greedy = SamplerSettings { temperature: 0.0, top_k: 3, ..settings() };
    let second = distribution(link.answer(31, next(ids, greedy.clone())).await?)?;
    ensure!(second.timings.forward_tokens == first.timings.forward_tokens);
    ensure!(second.candidates[0].probability == first.candidates[0].probability);
    ensure!(second.sampled.token.id == second.greedy);
    ensure!(second.stages[0].kind == SamplerKind::Greedy);

    // One more token costs one forward token, and a step back costs none.
    let longer =
        distribution(link.answer(32, next(vec![10, 11, 12, 13], greedy.clone())).await?)?;
    ensure!(longer.timings.forward_tokens == first.timings.forward_tokens + 1);
    let back = distribution(link.answer(33, next(vec![10, 11], greedy)).await?)?;
    ensure!(back.timings.forward_tokens == longer.timings.forward_tokens);
    Ok(())
}

async fn scores_a_text(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (40..80).collect();
    let Event::Scored { tokens, .. } =
        link.answer(40, Command::Score { ids: ids.clone() }).await?
    else {
        bail!("no scores")
    };
    ensure!(tokens.len() == 40 && tokens[0].score.is_none());
    let score = tokens[39].score.expect("all but the first have one");
    let command = Command::NextToken {
        ids: ids[..39].to_vec(),
        settings: settings(),
        candidates: 1,
        watch: vec![79],
    };
    let before = distribution(link.answer(41, command).await?)?;
    ensure!(before.watched[0].rank == score.rank);
    ensure!((before.watched[0].probability - score.probability).abs() < 1e-6);
    ensure!((before.candidates[0].probability - score.best_probability).abs() < 1e-6);
    let expected = tokens[39].expected.as_ref().map_or(79, |token| token.id);
    ensure!(expected == before.candidates[0].token.id);
    Ok(())
}

async fn generates_and_chats(link: &mut impl Link) -> Result<()> {
    let command = Command::Generate {
        ids: vec![50, 51],
        settings: settings(),
        max_new_tokens: 4,
        candidates: 2,
    };
    let mut events = link.ask(50, command).await?;
    // A busy machine may report how far it has read.
    events.retain(|event| !matches!(event, Event::Progress(_)));
    let Some((Event::Finished { reason, timings }, tokens)) = events.split_last() else {
        bail!("{events:?}")
    };
    ensure!(tokens.iter().all(|event| matches!(event, Event::Token(_))), "{tokens:?}");
    ensure!(tokens.len() == 4 || *reason == FinishReason::EndOfText);
    ensure!(timings.decode_tokens + 1 == tokens.len() as u32);

    let messages = vec![Message { role: Role::User, content: "a <|im_end|> b".into() }];
    let command = chat(messages, false);
    let events = link.ask(51, command).await?;
    let Event::Prompt { tokens } = &events[0] else { bail!("{events:?}") };
    ensure!(tokens.iter().filter(|token| token.special).count() == 3, "{tokens:?}");
    ensure!(matches!(events.last(), Some(Event::Finished { .. })), "{events:?}");

    let message = |role, content: &str| Message { role, content: content.into() };
    let begun = vec![message(Role::User, "a"), message(Role::Assistant, "b ")];
    // The template does not read the second one.
    let [taken, render] =
        ["messages", "enable_thinking"].map(|name| Command::RenderChat {
            messages: begun.clone(),
            continue_final_message: true,
            template_variables: [(name.into(), TemplateValue::Flag(false))].into(),
        });
    let code = failed(link.answer(54, taken).await?)?;
    ensure!(code == ErrorCode::ChatTemplate, "{code:?}");
    let Event::Tokenized { tokens: rendered } = link.answer(53, render).await? else {
        bail!("a conversation is not rendered")
    };
    let command = chat(begun, true);
    let events = link.ask(52, command).await?;
    let Event::Prompt { tokens } = &events[0] else { bail!("{events:?}") };
    let text: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    ensure!(text.ends_with(b"assistant\nb "), "{tokens:?}");
    ensure!(*tokens == rendered, "{rendered:?}");
    ensure!(matches!(events.last(), Some(Event::Finished { .. })), "{events:?}");
    Ok(())
}

fn chat(messages: Vec<Message>, continue_final_message: bool) -> Command {
    Command::Chat {
        messages,
        continue_final_message,
        template_variables: Default::default(),
        settings: settings(),
        max_new_tokens: 2,
        candidates: 2,
    }
}

async fn base_model(link: &mut impl Link) -> Result<()> {
    let messages = vec![Message { role: Role::User, content: "hello".into() }];
    let command = chat(messages, false);
    let code = failed(link.answer(100, command).await?)?;
    ensure!(code == ErrorCode::NoChatTemplate, "{code:?}");
    Ok(())
}
