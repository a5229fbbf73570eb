//! Real OPA, asked through the program that `just oracle-build` builds.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Answer, Outcome, Problem};
use crate::engine::Engine;
use crate::question::{Question, present};

/// Real OPA, in a process of its own that takes question after question.
#[derive(Debug)]
pub struct Oracle {
    process: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    results: Vec<Vec<Found>>,
    #[serde(default)]
    problems: Vec<Problem>,
    #[serde(default)]
    failure: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default, deserialize_with = "present")]
    value: Option<Box<RawValue>>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

impl Oracle {
    /// Where the program lies: `$ORACLE`, or where the recipe puts it.
    #[must_use]
    pub fn program() -> PathBuf {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/oracle");
        std::env::var_os("ORACLE").map_or(built, |named: OsString| named.into())
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start() -> io::Result<Self> {
        let mut process = Command::new(Self::program())
            .arg("eval")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = process.stdin.take().map(BufWriter::new);
        let answers = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            process,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// Sends a question; its answer is received in turn. No more than a few may be on their way: pipes are narrow.
    ///
    /// # Errors
    ///
    /// The process is gone.
    pub fn send(&mut self, question: &Question) -> io::Result<()> {
        let pipe = self.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        serde_json::to_writer(&mut *pipe, question)?;
        pipe.write_all(b"\n")?;
        pipe.flush()
    }

    /// Receives the answer to the oldest question without one.
    ///
    /// # Errors
    ///
    /// The process is gone.
    pub fn receive(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line: Line = serde_json::from_str(&line)?;
        Ok(line.into())
    }
}

impl From<Line> for Answer {
    fn from(line: Line) -> Self {
        if !line.failure.is_empty() {
            return Self::Broken(line.failure);
        }
        if !line.problems.is_empty() {
            return Self::Refused(line.problems);
        }
        let outcomes = line.results.into_iter();
        Self::Decided(
            outcomes
                .map(|found| found.into_iter().map(Outcome::from).collect())
                .collect(),
        )
    }
}

impl From<Found> for Outcome {
    fn from(found: Found) -> Self {
        match found.value {
            Some(value) => Self::Value(value.get().to_owned()),
            None if found.error.is_empty() => Self::Undefined,
            None => Self::Failed {
                code: found.error,
                message: found.message,
            },
        }
    }
}

impl Engine for Oracle {
    fn ask(&mut self, question: &Question) -> Answer {
        let answer = self.send(question).and_then(|()| self.receive());
        answer.unwrap_or_else(|error| Answer::Broken(format!("the oracle: {error}")))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends when its input does.
        self.questions = None;
        let _ = self.process.wait();
    }
}
