//! The part of the conformance suite about what is taken back, and what cannot be done.

use anyhow::{Result, bail, ensure};
use e2e::Link;
use protocol::{Command, ErrorCode, Event, FinishReason, SamplerSettings, limits};
use serde_json::json;

use crate::questions::{distribution, failed, next, settings};

pub(crate) async fn can_be_cancelled(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (0..6000).map(|i| 10 + i % 200).collect();
    link.send(60, next(ids, settings())).await?;
    link.send(61, Command::Cancel { request: protocol::RequestId(60) }).await?;
    let events = link.events(60).await?;
    let Some(Event::Finished { reason: FinishReason::Cancelled, timings }) =
        events.last()
    else {
        bail!("{events:?}")
    };
    ensure!(timings.prefill_tokens < 6000);
    // It goes on as if nothing had happened.
    distribution(link.answer(62, next(vec![10, 11], settings())).await?)?;
    Ok(())
}

pub(crate) async fn refuses_what_cannot_be_done(link: &mut impl Link) -> Result<()> {
    let hot = SamplerSettings { temperature: 3.0, ..settings() };
    let cases = [
        (next(vec![], settings()), ErrorCode::EmptyPrompt),
        (next(vec![9999], settings()), ErrorCode::InvalidToken),
        (next(vec![10; 8193], settings()), ErrorCode::PromptTooLong),
        (Command::Verify { ids: vec![], candidates: 5 }, ErrorCode::EmptyPrompt),
        (Command::Verify { ids: vec![10], candidates: 0 }, ErrorCode::InvalidSettings),
        (next(vec![10], hot), ErrorCode::InvalidSettings),
        (
            Command::Generate {
                ids: vec![10],
                settings: settings(),
                max_new_tokens: limits::MAX_NEW_TOKENS + 1,
                candidates: 1,
            },
            ErrorCode::InvalidSettings,
        ),
    ];
    for (id, (command, code)) in (70..).zip(cases) {
        let sent = format!("{command:.80?}");
        let given = failed(link.answer(id, command).await?)?;
        ensure!(given == code, "{sent}: {given:?} instead of {code:?}");
    }
    link.send_raw(json!({ "id": 80, "command": { "type": "fly" } })).await?;
    let code = failed(link.events(80).await?.remove(0))?;
    ensure!(code == ErrorCode::InvalidRequest, "{code:?}");
    link.send_raw(json!("no request at all")).await?;
    let code = failed(link.events(0).await?.remove(0))?;
    ensure!(code == ErrorCode::InvalidRequest, "{code:?}");
    Ok(())
}
