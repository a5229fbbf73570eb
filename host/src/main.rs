//! `sark-policy`: checks a bundle, and decides by it, from the command line.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sark_policy::{Error, PolicyHost, Settings, Tried};

/// In-process authorisation: OPA policies in a WebAssembly sandbox.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a bundle and list what it holds. Ends with 1 if the bundle is refused.
    Check {
        /// A bundle: an archive or a folder.
        bundle: PathBuf,
        /// An entry point that must exist, such as `mcp/gateway/result`. May be repeated.
        #[arg(long)]
        entrypoint: Vec<String>,
    },
    /// Show what the rule index can tell apart, and why not, of every rule that has several definitions.
    ExplainIndex {
        /// A bundle: an archive or a folder.
        bundle: PathBuf,
    },
    /// Decide one input and print the answer, `{"result":…}` or `{}`. Ends with 1 where undecided.
    Decide {
        /// A bundle: an archive or a folder.
        bundle: PathBuf,
        /// The entry point, such as `mcp/gateway/result`.
        entrypoint: String,
        /// A file of JSON, or `-` for standard input.
        #[arg(default_value = "-")]
        input: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sark-policy: {error}");
            let mut cause = std::error::Error::source(&*error);
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Check { bundle, entrypoint } => check(&bundle, entrypoint)?,
        Command::ExplainIndex { bundle } => explain_index(&bundle)?,
        Command::Decide {
            bundle,
            entrypoint,
            input,
        } => {
            let input = if input.as_os_str() == "-" {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text)?;
                text
            } else {
                fs::read_to_string(&input)?
            };
            let host = open(&bundle, Vec::new())?;
            println!("{}", host.decide_json(&entrypoint, &input)?.json());
        }
    }
    Ok(())
}

fn check(bundle: &PathBuf, entrypoints: Vec<String>) -> Result<(), Error> {
    let description = open(bundle, entrypoints)?.describe()?;
    println!("revision {}", description.revision);
    for (title, names) in [
        ("modules", &description.modules),
        ("tests", &description.tests),
        ("rules", &description.rules),
    ] {
        println!("{title}: {}", names.len());
        for name in names {
            println!("  {name}");
        }
    }
    Ok(())
}

fn explain_index(bundle: &PathBuf) -> Result<(), Error> {
    for index in open(bundle, Vec::new())?.explain_index()? {
        let (definitions, tried) = (index.definitions, index.tried.len());
        println!(
            "{}: {tried} of {definitions} definitions are tried one by one",
            index.rule
        );
        if !index.asks.is_empty() {
            println!("  asks {}", index.asks.join(", "));
        }
        for Tried { file, row, reasons } in index.tried {
            println!("  {file}:{row}: {}", reasons.join("; "));
        }
    }
    Ok(())
}

fn open(bundle: &PathBuf, entrypoints: Vec<String>) -> Result<PolicyHost, Error> {
    let settings = Settings {
        entrypoints,
        shards: std::num::NonZeroUsize::MIN,
        ..Settings::default()
    };
    PolicyHost::open(bundle, settings)
}
