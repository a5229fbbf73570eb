//! A data file: JSON or YAML, and the path in `data` it is for.

use sark_policy_rego::{Code, JsonError, JsonFault, Problem, Value, read_json};

use crate::path::data_path;
use crate::quote::one_line;
use crate::yaml::{Budget, read_yaml};

/// How a data file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    Json,
    Yaml,
}

/// A data file, read.
#[derive(Debug)]
pub(crate) struct Data {
    /// Where its value goes.
    pub folder: Vec<String>,
    pub value: Value,
}

impl Data {
    /// Reads the data file at `path`, which may nest `depth` levels, its folders included.
    pub(crate) fn read(
        path: &str,
        text: &str,
        notation: Notation,
        depth: u32,
        budget: &mut Budget,
    ) -> Result<Self, Problem> {
        let folder: Vec<String> = data_path(path).into_iter().map(str::to_owned).collect();
        let levels = u32::try_from(folder.len())
            .ok()
            .and_then(|folders| depth.checked_sub(folders));
        let Some(levels) = levels else {
            let message = format!("data is nested deeper than {depth} levels, folders included");
            return Err(too_deep(message).in_file(path));
        };
        let value = match read_json(text, levels) {
            // What is JSON is read as JSON even in a YAML file, as in OPA: its numbers stay exact.
            Err(JsonError {
                fault: JsonFault::Syntax(_),
                ..
            }) if notation == Notation::Yaml => yaml(path, text, levels, budget)?,
            read => read.map_err(|error| json_problem(path, depth, &error))?,
        };
        if folder.is_empty() && !matches!(value, Value::Object(_)) {
            let message = "data at the bundle's root is not an object";
            let cure = "write an object, or move the file to the folder its value is for";
            return Err(Problem::new(Code::BundleData, message, cure).at(path, 1, 1));
        }
        Ok(Self { folder, value })
    }
}

fn yaml(path: &str, text: &str, levels: u32, budget: &mut Budget) -> Result<Value, Problem> {
    read_yaml(text, levels, budget).map_err(|error| {
        let code = if error.fault.is_limit() {
            Code::BundleTooLarge
        } else {
            Code::BundleData
        };
        let problem = Problem::new(code, error.fault.to_string(), error.fault.cure());
        problem.at(path, error.row, error.column)
    })
}

fn json_problem(path: &str, depth: u32, error: &JsonError) -> Problem {
    let message = one_line(&error.to_string());
    let problem = match error.fault {
        JsonFault::Syntax(_) => Problem::new(Code::BundleData, message, "write the file as JSON"),
        JsonFault::DuplicateKey(_) => {
            let cure = "give the key once; OPA would use the last one only";
            Problem::new(Code::BundleData, message, cure)
        }
        JsonFault::TooDeep(_) => too_deep(format!(
            "data is nested deeper than {depth} levels, folders included"
        )),
    };
    problem.at(path, error.row, error.column)
}

fn too_deep(message: String) -> Problem {
    let cure = "nest less deeply, or raise the limit `depth`";
    Problem::new(Code::BundleTooLarge, message, cure)
}
