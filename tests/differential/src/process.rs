//! An engine in a process of its own, which takes questions and gives answers, one a line.
//!
//! What bounds its life: it dies with whoever asks it, and it is ended and started afresh when it takes too long. So an
//! engine may hang, or overflow its stack, and still be asked the next question.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::answer::Answer;
use crate::engine::Engine;
use crate::question::Question;

/// Longer than any question takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine in a process of its own.
#[derive(Debug)]
pub struct Process {
    command: Command,
    running: Running,
    /// Questions without an answer yet, as lines.
    waiting: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Process {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        let running = Running::start(&mut command)?;
        Ok(Self {
            command,
            running,
            waiting: VecDeque::new(),
        })
    }

    /// Sends a question; its answer is received in turn. No more than a few may be on their way: pipes are narrow.
    ///
    /// # Errors
    ///
    /// The process cannot be started again.
    pub fn send(&mut self, question: &Question) -> io::Result<()> {
        let mut line = serde_json::to_vec(question)?;
        line.push(b'\n');
        // A process that is gone is found out about when its answer is missing.
        let _ = self.running.write(&line);
        self.waiting.push_back(line);
        Ok(())
    }

    /// Receives the answer to the oldest question without one.
    ///
    /// # Errors
    ///
    /// No question is without one, or the process cannot be started again.
    pub fn receive(&mut self) -> io::Result<Answer> {
        self.waiting.pop_front().ok_or(io::ErrorKind::NotFound)?;
        let broken = match self.running.answers.recv_timeout(PATIENCE) {
            Ok(line) => {
                return serde_json::from_str(&line).map_err(io::Error::from);
            }
            Err(RecvTimeoutError::Timeout) => format!("no answer within {} s", PATIENCE.as_secs()),
            Err(RecvTimeoutError::Disconnected) => {
                format!("its process ended: {}", self.running.end())
            }
        };
        self.running.end();
        self.running = Running::start(&mut self.command)?;
        for line in &self.waiting {
            let _ = self.running.write(line);
        }
        Ok(Answer::Broken(broken))
    }
}

impl Running {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).lines();
        let (tell, answers) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            questions,
            answers,
        })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let pipe = self.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.write_all(line)?;
        pipe.flush()
    }

    /// Ends it, and tells how it ended.
    fn end(&mut self) -> String {
        self.questions = None;
        let _ = self.child.kill();
        let ended = self.child.wait();
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Engine for Process {
    fn ask(&mut self, question: &Question) -> Answer {
        let answer = self.send(question).and_then(|()| self.receive());
        answer.unwrap_or_else(|error| Answer::Broken(error.to_string()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
