//! How long looks into the model take, from the request to the last thing that is found: on
//! this machine's processor, and in headless Chromium in both builds of the worker.

mod browser;
mod native;
mod work;

pub(crate) use work::Options;

use std::path::Path;

use anyhow::{Result, ensure};

use crate::report::spread;
use work::{Place, Times, questions};

/// Measures and prints, in milliseconds: until the first finding, and until all.
///
/// # Errors
/// If the model cannot be loaded or asked, or the site is not built.
pub(crate) fn run(options: &Options) -> Result<()> {
    let model = options.model.display();
    ensure!(
        options.model.exists(),
        "there is no {model}; cargo xtask real-model fetches it"
    );
    let is_meant = |place: Place| options.only.is_none_or(|only| only == place);
    println!("{model}, a text of {} tokens, {} rounds", options.tokens, options.rounds);
    println!("others on this machine, as its load says: {}", load());
    if is_meant(Place::Native) {
        print("natively", &native::measure(options)?);
    }
    for (place, threads) in [(Place::Browser, 2), (Place::BrowserPlain, 1)] {
        if is_meant(place) {
            let runtime = tokio::runtime::Runtime::new()?;
            let (device, times) = runtime.block_on(browser::measure(options, threads))?;
            print(&format!("in the browser: {device}"), &times);
        }
    }
    println!("\nload at the end: {}", load());
    Ok(())
}

fn print(place: &str, times: &[Times]) {
    println!("\n{place}\n{:<22}{:>28}{:>28}", "", "first, ms", "all, ms");
    for (times, (name, _)) in times.iter().zip(questions(1)) {
        println!("{name:<22}{:>28}{:>28}", spread(&times.first), spread(&times.all));
    }
}

/// The numbers of processes that ran or waited, on average, in 1, 5 and 15 minutes.
fn load() -> String {
    let read = std::fs::read_to_string(Path::new("/proc/loadavg"));
    let first = |text: String| text.split(' ').take(3).collect::<Vec<_>>().join(", ");
    read.map_or("unknown".into(), first)
}
