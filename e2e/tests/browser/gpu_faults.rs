//! Whatever fails of a GPU, at whatever call: the next numbers are those of the processor, and
//! nothing that was asked for is lost.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{Command, Event, ModelDescription, PromptDevice};
use test_support::Random;

use crate::gpu_prompts::{check_alike, has_gpu, load_demo, started_by, text, whole};
use crate::questions::{distribution, next, settings};

/// What the worker runs before it starts.
const FAULTS: &str = include_str!("gpu_faults.js");

/// Hears what came about.
const LISTEN: &str = "
    window.faults = new BroadcastChannel('gpu-faults');
    window.cameAbout = 0;
    faults.onmessage = () => cameAbout += 1;";

/// What can fail while a model is brought to the device and tried, with the most calls that go
/// well before.
const AT_LOADING: [(&str, usize); 11] = [
    ("no adapter", 1),
    ("no device", 1),
    ("no pipeline", 20),
    ("buffer throws", 80),
    ("no memory", 80),
    ("write throws", 200),
    ("group throws", 60),
    ("encoder throws", 4),
    ("submit throws", 4),
    ("lost", 4),
    ("no map", 4),
];
/// What can fail while a text is read.
const AT_READING: [(&str, usize); 10] = [
    ("lost", 8),
    ("submit throws", 8),
    ("encoder throws", 8),
    ("write throws", 24),
    ("buffer throws", 8),
    ("no memory", 8),
    ("no map", 8),
    ("range throws", 8),
    ("no numbers", 8),
    ("late", 8),
];

/// A fault, and when it comes.
#[derive(Debug)]
struct Schedule {
    fault: &'static str,
    after: usize,
    at_loading: bool,
    /// Whether the device tries variants of its kernels while loading.
    hardware: bool,
    tokens: u32,
}

impl Schedule {
    /// Every fourth while loading, the others while reading.
    fn of(seed: u32) -> Schedule {
        let mut random = Random::new(seed.into());
        let at_loading = seed % 4 == 3;
        let known: &[(&str, usize)] = if at_loading { &AT_LOADING } else { &AT_READING };
        let (fault, most) = *random.of(known);
        let hardware = seed % 8 == 7;
        // It has as much to do again, and more.
        let most = if hardware { 3 * most } else { most };
        let (after, tokens) = (random.below(most), 130 + random.below(130) as u32);
        Schedule { fault, after, at_loading, hardware, tokens }
    }
}

async fn plan(browser: &Browser, schedule: &Schedule) -> Result<()> {
    let Schedule { fault, after, hardware, .. } = schedule;
    let say = format!(
        "faults.postMessage({{ fault: '{fault}', after: {after}, hardware: {hardware} }});"
    );
    browser.script(&say, vec![]).await?;
    // So that the worker has it before what is asked next.
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}

#[tokio::test]
async fn whatever_fails_of_a_gpu_the_numbers_are_those_of_the_processor() -> Result<()> {
    follow(0..4).await
}

#[tokio::test]
#[ignore = "takes a quarter of an hour on a device in software; run it by its name"]
async fn two_hundred_schedules_of_faults_of_a_gpu_end_in_the_right_numbers() -> Result<()>
{
    follow(0..200).await
}

async fn follow(seeds: std::ops::Range<u32>) -> Result<()> {
    let folder = started_by(FAULTS)?;
    let site = Site::start("/", Headers::Isolating, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let blank = site.url("blank.html");
    let mut link = WorkerLink::start(&browser, &blank).await?;
    load_demo(&mut link).await?;
    let mut expected = Vec::new();
    for seed in seeds.clone() {
        let ids = text(Schedule::of(seed).tokens, seed);
        expected.push(whole(&mut link, &ids).await?);
    }
    drop(link);

    let mut link = None;
    let (mut came_about, mut processor) = (0, 0);
    for (seed, expected) in seeds.clone().zip(&expected) {
        let schedule = Schedule::of(seed);
        let (ids, what) = (text(schedule.tokens, seed), format!("{seed}, {schedule:?}"));
        let started = match link.take() {
            Some(link) => link,
            None => start(&browser, &blank).await?,
        };
        let worker = link.insert(started);
        if schedule.at_loading {
            plan(&browser, &schedule).await?;
        }
        let model = load_demo(worker).await?;
        if !schedule.at_loading {
            ensure!(
                model.prompts == PromptDevice::GpuContinues,
                "{what}: {:?}",
                model.prompts
            );
            plan(&browser, &schedule).await?;
        }
        check_alike(expected, &whole(worker, &ids).await?, &what)?;
        // And once more, by who goes on now.
        let longer = [&ids[..], &text(40, seed + 1)].concat();
        distribution(worker.answer(70, next(longer, settings())).await?)?;
        check_alike(expected, &whole(worker, &ids).await?, &what)?;
        let now = prompts(worker).await?;
        println!("{what}: {now:?}");
        let is_right = match now {
            PromptDevice::GpuContinues | PromptDevice::Failed => true,
            PromptDevice::Same
            | PromptDevice::Gpu
            | PromptDevice::GpuAlone
            | PromptDevice::FailedAlone
            | PromptDevice::OtherModel
            | PromptDevice::Slower => false,
            PromptDevice::NoGpu | PromptDevice::TooLarge | PromptDevice::WrongNumbers => {
                schedule.at_loading
            }
        };
        ensure!(is_right, "{what}: {now:?}");
        processor += usize::from(now != PromptDevice::GpuContinues);
        let count = browser.script("return cameAbout;", vec![]).await?.as_u64();
        came_about += count.context("a count")?;
        // What has not come about is not the next one's.
        let none = "cameAbout = 0; faults.postMessage({ fault: 'none', after: 0 });";
        browser.script(none, vec![]).await?;
        // A worker that was told wrong numbers asks this device for nothing more.
        if now == PromptDevice::WrongNumbers {
            link = None;
        }
    }
    let all = seeds.count();
    println!("{came_about} of {all} faults came about; {processor} times the processor");
    ensure!(came_about as usize > all / 2, "{came_about} of {all} faults came about");
    drop(link);
    browser.quit().await
}

async fn start<'a>(browser: &'a Browser, blank: &str) -> Result<WorkerLink<'a>> {
    let link = WorkerLink::start_by(browser, blank, "'watched/worker.js'").await?;
    browser.script(LISTEN, vec![]).await?;
    Ok(link)
}

/// Who reads prompts now.
async fn prompts(link: &mut WorkerLink<'_>) -> Result<PromptDevice> {
    match link.answer(60, Command::Describe).await? {
        Event::Ready(ModelDescription { prompts, .. }) => Ok(prompts),
        other => bail!("{other:?}"),
    }
}
