//! The sampler's steps, many draws and sweeps, through the worker and the native server alike.

use anyhow::{Result, bail, ensure};
use e2e::Link;
use protocol::{
    AllowedTexts, Command, ErrorCode, Event, FinishReason, SamplerKind, SamplerOrder,
    SamplerSettings, SweptKnob, TokenBias,
};

use crate::questions::{distribution, failed, next, settings};

/// The sampler to its full depth, on one distribution, without a forward pass.
pub(crate) async fn samples_in_every_way(link: &mut impl Link) -> Result<()> {
    let ids = vec![10, 11, 12];
    let plain = distribution(link.answer(100, next(ids.clone(), settings())).await?)?;
    let passed = plain.timings.forward_tokens;
    let (first, second) = (&plain.candidates[0].token, &plain.candidates[1].token);
    let all = SamplerSettings {
        order: SamplerOrder::TemperatureLast,
        typical_p: 0.9,
        repetition_penalty: 1.1,
        presence_penalty: 0.5,
        frequency_penalty: 0.5,
        penalty_window: 2,
        logit_bias: vec![TokenBias { id: second.id, bias: 50.0 }],
        banned: vec![first.id],
        prompt_tokens: Some(1),
        ..settings()
    };
    let seen = distribution(link.answer(101, next(ids.clone(), all.clone())).await?)?;
    ensure!(seen.settings == all, "{:?}", seen.settings);
    ensure!(seen.sampled.token == *second, "{:?}", seen.sampled);
    ensure!(seen.candidates[0].cut_by == Some(SamplerKind::Banned));
    ensure!(seen.candidates[0].probability == plain.candidates[0].probability);
    ensure!(seen.stages.len() == 6 && seen.stages[1].changed == 2, "{:?}", seen.stages);

    let (draws, candidates) = (20_000, 10);
    let draw =
        Command::Draw { ids: ids.clone(), settings: settings(), draws, candidates };
    let Event::Drawn(drawn) = link.answer(102, draw).await? else { bail!("no draws") };
    let listed: u32 = drawn.tokens.iter().map(|token| token.draws).sum();
    ensure!(listed + drawn.outside_draws == draws && drawn.tokens.len() == 10);
    ensure!(drawn.chi_square.is_some_and(|test| test.p_value > 1e-6), "{drawn:?}");
    let sweep = Command::Sweep {
        ids: ids.clone(),
        settings: settings(),
        knob: SweptKnob::TopP,
        values: vec![0.1, 1.0],
        candidates,
    };
    let Event::Swept(swept) = link.answer(103, sweep).await? else { bail!("no sweep") };
    ensure!(swept.points[0].kept < 259 && swept.points[1].kept == 259);
    ensure!(swept.timings.forward_tokens == passed);

    let texts = vec!["up".to_owned(), "down".to_owned()];
    let allowed = |allowed| SamplerSettings { allowed: Some(allowed), ..settings() };
    let generate = Command::Generate {
        ids: ids.clone(),
        settings: allowed(AllowedTexts::Choices(texts)),
        max_new_tokens: 9,
        candidates: 1,
    };
    let mut written = Vec::new();
    for event in link.ask(104, generate).await? {
        match event {
            Event::Token(seen) => written.extend(seen.sampled.token.bytes),
            Event::Finished { reason, .. } => ensure!(reason == FinishReason::EndOfText),
            _ => {}
        }
    }
    ensure!(written == b"up" || written == b"down", "{written:?}");
    let broken = next(ids, allowed(AllowedTexts::Pattern("(".into())));
    ensure!(failed(link.answer(105, broken).await?)? == ErrorCode::InvalidSettings);
    Ok(())
}
