//! Our evaluator, without component and host.

use sark_policy_rego::{
    EntrypointId, Keys, Module, Outcome, Policy, Value, Version, read_json, read_json_with,
    write_json,
};

use crate::case::Case;

/// A policy, compiled.
pub struct Ours {
    policy: Policy,
    entrypoint: EntrypointId,
    keys: Keys,
}

impl Ours {
    /// Compiles a case's policy.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let module = Module {
            path: "policy.rego".to_owned(),
            source: case.policy.clone(),
            version: Version::V1,
        };
        let data = match case.data.as_str() {
            "" => Value::new_object(),
            data => read_json(data, 64).unwrap(),
        };
        let mut policy = Policy::compile(&[module], data).unwrap();
        let entrypoint = policy.resolve(case.entrypoint).unwrap();
        Self {
            policy,
            entrypoint,
            keys: Keys::default(),
        }
    }

    /// Decides, JSON in and out.
    pub fn decide(&mut self, input: &str) -> String {
        let input = read_json_with(input, 64, &mut self.keys).unwrap();
        let evaluation = self.policy.evaluate(self.entrypoint, 0, input);
        let Outcome::Value(value) = evaluation.outcome else {
            panic!("no answer: {:?}", evaluation.outcome);
        };
        let mut text = String::new();
        write_json(&value, &mut text);
        text
    }
}
