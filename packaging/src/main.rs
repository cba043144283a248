//! `cargo xtask package`: the archives of a release and their checksums. They are the same
//! bytes whenever and wherever they are packed from the same files.

// What it writes is said on the terminal.
#![allow(clippy::print_stdout)]

mod archive;
mod checksums;
mod contents;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use archive::Kind;

#[derive(Parser)]
#[command(name = "cargo xtask package")]
struct Arguments {
    /// The folder that the archives go to
    #[arg(long, global = true, default_value = "target/packages")]
    out: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The site, as any static host takes it
    Site {
        /// The folder with the built site
        #[arg(long, default_value = "dist")]
        dist: PathBuf,
    },
    /// The native server as a program, with its licences
    Server {
        /// The program
        program: PathBuf,
        /// What it runs on, such as linux-x86-64; a part of the archive's name
        #[arg(long)]
        platform: String,
    },
    /// SHA256SUMS of all archives that are there
    Checksums,
}

fn main() -> Result<()> {
    let Arguments { out, what } = Arguments::parse();
    std::fs::create_dir_all(&out)
        .with_context(|| format!("{} cannot be made", out.display()))?;
    let version = env!("CARGO_PKG_VERSION");
    let made = match what {
        What::Site { dist } => {
            let name = format!("next-token-visualizer-site-{version}");
            archive::write(Kind::TarGz, &out, &name, &contents::site(&dist)?)?
        }
        What::Server { program, platform } => {
            let name = format!("next-token-visualizer-{version}-{platform}");
            // What people unpack with a double click there.
            let is_windows = program.extension().is_some_and(|ending| ending == "exe");
            let kind = if is_windows { Kind::Zip } else { Kind::TarGz };
            archive::write(kind, &out, &name, &contents::server(&root(), &program)?)?
        }
        What::Checksums => checksums::write(&out)?,
    };
    println!("{}", made.display());
    Ok(())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
